# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The curriculum of the language model: short and clean dialogues first, long ones later.

The first stage of a run trains the vision tower (see `perception`). The second teaches the
language model to follow a stream; the third continues with what the second leaves half learned,
with auxiliary heads (`probes`); the fourth refines; the fifth widens what may be said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamo_ros.tiny.sampling_mix import FIFTH_STAGE
from streamo_ros.tiny.sampling_mix import FOURTH_STAGE
from streamo_ros.tiny.sampling_mix import SamplingMix
from streamo_ros.tiny.sampling_mix import SECOND_STAGE_EARLY
from streamo_ros.tiny.sampling_mix import SECOND_STAGE_LATE
from streamo_ros.tiny.sampling_mix import THIRD_STAGE

_TURNS = 144
"""Total number of frames in a step."""
_SHORT, _FRESH = 4, 0.65
"""Windows of fewer frames always begin with a lane's first frame; so does this share of others."""
_OWN_HISTORY, _OWN_FROM = 0.3, 0.4
"""Share of steps whose history holds the model's own states, and the progress from which on."""
_STRESSED = 0.6
"""Progress up to which starts and ends of events are weighted more than other frames."""
_LATE = 0.4285
"""Progress from which on families are sampled as in `SECOND_STAGE_LATE`."""
_ALIGN, _ALIGN_LATE = 0.4, 0.15
_GROUND, _GROUND_UNTIL = 0.5, 0.8
_PROBE, _PROBE_UNTIL = 0.25, 0.85
_FINE_UNTIL = 0.7


@dataclass(frozen=True)
class AuxiliaryWeights:
    """Weights of the losses that are added to those of states and answers.

    Attributes:
        align: vision tokens should resemble the words for what their cells contain.
        ground: in the middle layer, they should tell whether they match the instruction.
        probe: what a decision depends on should be decodable before the last layer.
        condition: each detection should tell whether it does what is waited for.
        main: factor of the losses of states and answers themselves.
    """

    align: float = 0.0
    ground: float = 0.0
    probe: float = 0.0
    condition: float = 0.0
    main: float = 1.0


@dataclass(frozen=True)
class StepPlan:
    """What a training step learns from.

    Attributes:
        turns: frames per dialogue.
        size: number of dialogues.
        corruption: share of turns with a wrong state in the history.
        fresh: whether the windows begin with a lane's first frame.
        own_history: whether the history holds the model's own states.
        stress: extra weight of the starts and ends of events.
        mix: what the dialogues are about.
        auxiliary: weights of the auxiliary losses.
    """

    turns: int
    size: int
    corruption: float
    fresh: bool
    own_history: bool
    stress: float
    mix: SamplingMix
    auxiliary: AuxiliaryWeights


def second_stage(progress: float, rng: np.random.Generator) -> StepPlan:
    """A step of the second stage: learn to follow a stream and to answer.

    Args:
        progress: completed share of the stage, 0 to 1.
        rng: makes all random choices.
    """
    turns, size, corruption = dialogue_sizes(progress, rng)
    fresh = turns < _SHORT or rng.random() < _FRESH
    own_history = turns > 1 and progress > _OWN_FROM and rng.random() < _OWN_HISTORY
    return StepPlan(
        turns,
        size,
        corruption,
        fresh,
        own_history,
        max(0.0, 1 - progress / _STRESSED),
        SECOND_STAGE_LATE if progress > _LATE else SECOND_STAGE_EARLY,
        AuxiliaryWeights(
            _ALIGN if progress < 0.5 else _ALIGN_LATE,
            _GROUND if progress < _GROUND_UNTIL else 0.0,
        ),
    )


def third_stage(progress: float, rng: np.random.Generator) -> StepPlan:
    """A step of the third stage: what the second left half learned; see `second_stage`."""
    stress, probed = 0.5 * max(0.0, 1 - progress / _STRESSED), progress < _PROBE_UNTIL
    grounded = progress < _GROUND_UNTIL
    return _later_stage(rng, (0.06, 0.14, 0.4), stress, THIRD_STAGE, grounded, probed)


def fourth_stage(progress: float, rng: np.random.Generator) -> StepPlan:
    """A step of the fourth stage: lists and narration; see `second_stage`."""
    early = progress < _FINE_UNTIL
    return _later_stage(rng, (0.25, 0.33, 0.45), 0.0, FOURTH_STAGE, early, early)


def fifth_stage(progress: float, rng: np.random.Generator) -> StepPlan:
    """A step of the fifth stage: the words of people; see `second_stage`."""
    early = progress < _FINE_UNTIL
    return _later_stage(rng, (0.2, 0.3, 0.45), 0.0, FIFTH_STAGE, early, early)


def _later_stage(
    rng: np.random.Generator,
    lengths: tuple[float, float, float],
    stress: float,
    mix: SamplingMix,
    grounded: bool,
    probed: bool,
) -> StepPlan:
    """A step of a later stage; `lengths`: cumulative shares of one, few and some frames."""
    kind = rng.random()
    single, few, some = lengths
    low, high, corruption = (
        (1, 2, 0.0)
        if kind < single
        else (2, 5, 0.0)
        if kind < few
        else (6, 12, 0.05)
        if kind < some
        else (12, 18, 0.05)
    )
    turns = int(rng.integers(low, high))
    fresh = turns < _SHORT or rng.random() < _FRESH
    own_history = turns > 1 and rng.random() < _OWN_HISTORY
    return StepPlan(
        turns,
        _TURNS // turns // (2 if turns == 1 else 1),
        corruption,
        fresh,
        own_history,
        stress,
        mix,
        AuxiliaryWeights(_ALIGN_LATE, _GROUND / 2 if grounded else 0.0, _PROBE if probed else 0.0),
    )


def dialogue_sizes(progress: float, rng: np.random.Generator) -> tuple[int, int, float]:
    """Frames per dialogue, number of dialogues and corruption at a step of the second stage."""
    kind, late = rng.random(), progress > 0.7
    if kind < (0.08 if late else 0.15):
        return 1, _TURNS // 2, 0.0
    if kind < (0.2 if late else 0.35):
        return int(rng.integers(2, 5)), _TURNS // 4, 0.0
    low, high, corruption = (
        (4, 8, 0.02) if progress < 0.15 else (6, 13, 0.04) if progress < 0.4 else (12, 18, 0.05)
    )
    turns = int(rng.integers(low, high))
    return turns, _TURNS // turns, corruption
