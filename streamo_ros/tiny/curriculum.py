# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the language model is taught when: short and clean dialogues first, long ones later.

Knows shares of a run and draws; knows no network. A run's second lesson teaches it to watch, a
third one what the second leaves half learned, with `facts` asked for on the way; a fourth refines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamo_ros.tiny.sampling_mix import AGAIN
from streamo_ros.tiny.sampling_mix import AT_FIRST
from streamo_ros.tiny.sampling_mix import FINE
from streamo_ros.tiny.sampling_mix import LATER
from streamo_ros.tiny.sampling_mix import SamplingMix

_TURNS = 144
"""Frames of all dialogues of a step."""
_SHORT, _FRESH = 4, 0.65
"""Fewer frames than this always begin a lane; of the longer windows so many do."""
_OWN_HISTORY, _OWN_FROM = 0.3, 0.4
"""Share of the steps with the model's own states as the history, and from when on in the run."""
_STRESSED = 0.6
"""Share of the run in which beginnings and ends of events count more than other frames."""
_LATER = 0.4285
"""Share of the run after which families are drawn as `LATER` says."""
_ALIGN, _ALIGN_LATER = 0.4, 0.15
_GROUND, _GROUND_UNTIL = 0.5, 0.8
_PROBE, _PROBE_UNTIL = 0.25, 0.85
_FINE_UNTIL = 0.7


@dataclass(frozen=True)
class AuxiliaryWeights:
    """Weights of what is learned beside states and answers.

    Attributes:
        align: that vision tokens mean the words for what their cells hold.
        ground: that they know, halfway up, whether they are what is asked for.
        probe: that what a decision follows from is known before the last layer.
    """

    align: float = 0.0
    ground: float = 0.0
    probe: float = 0.0


@dataclass(frozen=True)
class Lesson:
    """What is learned from at a step.

    Attributes:
        turns: frames of a dialogue.
        size: dialogues.
        corruption: share of turns with a wrong state in the history.
        fresh: whether the windows begin with a lane's first frame.
        own: whether the history holds the model's own states.
        stress: how much more beginnings and ends of events count.
        choices: what the dialogues are about.
        beside: see `AuxiliaryWeights`.
    """

    turns: int
    size: int
    corruption: float
    fresh: bool
    own: bool
    stress: float
    choices: SamplingMix
    beside: AuxiliaryWeights


def second_lesson(share: float, draw: np.random.Generator) -> Lesson:
    """To watch and to speak.

    Args:
        share: of the lesson that is over.
        draw: decides.
    """
    turns, size, corruption = dialogue_sizes(share, draw)
    fresh = turns < _SHORT or draw.random() < _FRESH
    own = turns > 1 and share > _OWN_FROM and draw.random() < _OWN_HISTORY
    return Lesson(
        turns,
        size,
        corruption,
        fresh,
        own,
        max(0.0, 1 - share / _STRESSED),
        LATER if share > _LATER else AT_FIRST,
        AuxiliaryWeights(
            _ALIGN if share < 0.5 else _ALIGN_LATER, _GROUND if share < _GROUND_UNTIL else 0.0
        ),
    )


def third_lesson(share: float, draw: np.random.Generator) -> Lesson:
    """What the second leaves half learned; see `second_lesson`."""
    stress, probed = 0.5 * max(0.0, 1 - share / _STRESSED), share < _PROBE_UNTIL
    return _later(draw, (0.06, 0.14, 0.4), stress, AGAIN, share < _GROUND_UNTIL, probed)


def fourth_lesson(share: float, draw: np.random.Generator) -> Lesson:
    """What lies there and what happens, word by word; see `second_lesson`."""
    until = share < _FINE_UNTIL
    return _later(draw, (0.25, 0.33, 0.45), 0.0, FINE, until, until)


def _later(
    draw: np.random.Generator,
    lengths: tuple[float, float, float],
    stress: float,
    choices: SamplingMix,
    grounded: bool,
    probed: bool,
) -> Lesson:
    """A step of a later lesson; `lengths`: shares, added up, of one, few and some frames."""
    kind = draw.random()
    one, few, some = lengths
    least, most, corruption = (
        (1, 2, 0.0)
        if kind < one
        else (2, 5, 0.0)
        if kind < few
        else (6, 12, 0.05)
        if kind < some
        else (12, 18, 0.05)
    )
    turns = int(draw.integers(least, most))
    fresh = turns < _SHORT or draw.random() < _FRESH
    own = turns > 1 and draw.random() < _OWN_HISTORY
    return Lesson(
        turns,
        _TURNS // turns // (2 if turns == 1 else 1),
        corruption,
        fresh,
        own,
        stress,
        choices,
        AuxiliaryWeights(
            _ALIGN_LATER, _GROUND / 2 if grounded else 0.0, _PROBE if probed else 0.0
        ),
    )


def dialogue_sizes(share: float, draw: np.random.Generator) -> tuple[int, int, float]:
    """Frames of a dialogue, dialogues and corruption at a step of the second lesson."""
    kind, late = draw.random(), share > 0.7
    if kind < (0.08 if late else 0.15):
        return 1, _TURNS // 2, 0.0
    if kind < (0.2 if late else 0.35):
        return int(draw.integers(2, 5)), _TURNS // 4, 0.0
    least, most, corruption = (
        (4, 8, 0.02) if share < 0.15 else (6, 13, 0.04) if share < 0.4 else (12, 18, 0.05)
    )
    turns = int(draw.integers(least, most))
    return turns, _TURNS // turns, corruption
