# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a training step of streamo-objects learns from: short dialogues first, long ones later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamo_ros.tiny.curriculum import AuxiliaryWeights
from streamo_ros.tiny.export import MAX_FRAMES
from streamo_ros.tiny.objects.dialogues import DialoguePlan

WEIGHTS = {
    'appear': 4.4,
    'leave': 3.6,
    'back': 1.0,
    'presence': 1.2,
    'count': 2.0,
    'more': 2.4,
    'together': 2.8,
    'where': 2.2,
    'side': 2.2,
    'move': 2.4,
    'near': 2.2,
    'closer': 2.8,
    'see': 1.2,
    'narrate': 2.0,
    'ground': 3.0,
    'unknown': 1.1,
}
"""Sampling weight of each family. With half as many arrivals, who came in beside others was told
late."""
_NAMING = ('appear', 'leave', 'count', 'presence', 'where', 'near', 'together')
"""Families of the first stage."""
_READINGS, _LAST_READINGS = 0.35, 0.15
"""Shares of steps in which all dialogues are about one reading, until the last part and there.
With more, things are answered that are not there."""
_GROWTH, _SECONDS, _CHANGES, _NUMBERS = 0.2, 0.35, 0.6, 0.75
"""Cumulative shares of those about growth, about the seconds of tags, about what comes and goes,
and about numbers; the rest: `_PLACED`."""
_NUMBERED = {'count': 1.0, 'more': 2.0}
_PLACED = {'side': 1.0, 'move': 1.0, 'near': 0.6, 'where': 3.0}
"""Families whose answers are read off one or two frames: a place or a size."""
_GROWING_TURNS, _COUNTED_TURNS, _CHANGED_TURNS, _PLACED_TURNS = (6, 15), (3, 17), (4, 17), (2, 4)
"""Frames of each. Seconds are read from anywhere in a window: learned in short ones, they were
wrong once the window was full."""
_COMPARED = 0.5
"""Share of steps about numbers that are as short as those about places, all about `more`: what a
wording means by a number is learned from many wordings."""
_MISSES = 0.02
"""Corruption with which growth is learned: it is clear only frames after the first that may show
it, and what was missed must be due still."""
_PAIRS = 64
"""Total number of frames in a step of the first stage."""
_FRAMES = 150
"""Total number of frames in a step."""
_OWN_HISTORY, _OWN_FROM = 0.5, 0.2
_FRESH = 0.6
_STRESSED, _LEAST_STRESS = 0.6, 0.3
_PROBE_UNTIL = 0.9
_CONDITION = 1.0
_FULL = 0.6
"""Share of long windows that are as long as a lane's."""
_LAST_FROM = 0.85
"""Progress from which fewer steps are about one reading."""


@dataclass(frozen=True)
class ObjectStep:
    """What a step learns from.

    Attributes:
        plan: what its dialogues are to be like.
        size: number of dialogues.
        own_history: whether the history holds the model's own states.
        auxiliary: weights of the auxiliary losses.
    """

    plan: DialoguePlan
    size: int
    own_history: bool
    auxiliary: AuxiliaryWeights


def plan_step(progress: float, rng: np.random.Generator) -> ObjectStep:
    """Plan a step.

    Args:
        progress: completed share of the stage, 0 to 1.
        rng: makes all random choices.
    """
    if rng.random() < (_READINGS if progress < _LAST_FROM else _LAST_READINGS):
        return plan_readings(rng)
    turns, corruption = _length(progress, rng)
    own = turns > 2 and progress > _OWN_FROM and rng.random() < _OWN_HISTORY
    plan = DialoguePlan(
        turns,
        WEIGHTS,
        corruption,
        max(_LEAST_STRESS, 1 - progress / _STRESSED),
        bool(turns < 2 or rng.random() < _FRESH),
    )
    auxiliary = AuxiliaryWeights(
        ground=0.5,
        probe=0.5 if progress < _PROBE_UNTIL else 0.0,
        condition=_CONDITION,
    )
    return ObjectStep(plan, max(1, _FRAMES // turns // (2 if turns < 3 else 1)), own, auxiliary)


def plan_readings(rng: np.random.Generator) -> ObjectStep:
    """Plan a step about one reading: growth, seconds, what comes and goes, numbers, or places.

    Few frames show a place as well as twenty, so a step has many dialogues.

    Args:
        rng: makes all random choices.
    """
    kind = rng.random()
    if kind < _GROWTH:
        turns, weights = int(rng.integers(*_GROWING_TURNS)), {'closer': 1.0}
    elif kind < _SECONDS:
        turns, weights = int(rng.integers(*_COUNTED_TURNS)), {'ground': 1.0}
    elif kind < _CHANGES:
        turns, weights = int(rng.integers(*_CHANGED_TURNS)), {'narrate': 1.0}
    elif kind < _NUMBERS:
        compared = rng.random() < _COMPARED
        turns = int(rng.integers(*(_PLACED_TURNS if compared else _CHANGED_TURNS)))
        weights = {'more': 1.0} if compared else _NUMBERED
    else:
        turns, weights = int(rng.integers(*_PLACED_TURNS)), _PLACED
    corruption = _MISSES if kind < _GROWTH else 0.0
    fresh = kind < _GROWTH or kind >= _NUMBERS or bool(rng.random() < _FRESH)
    plan = DialoguePlan(turns, weights, corruption, _LEAST_STRESS, fresh)
    auxiliary = AuxiliaryWeights(ground=0.5, probe=0.5, condition=2 * _CONDITION)
    # A growth follows from the Standby before it, unless that is the model's own.
    own = kind < _GROWTH or bool(turns > 3 and rng.random() < _OWN_HISTORY)
    return ObjectStep(plan, _FRAMES // turns, own, auxiliary)


def plan_words(rng: np.random.Generator) -> ObjectStep:
    """Plan a step of the first stage: which detections are of what the instruction names.

    Args:
        rng: makes all random choices.
    """
    turns = int(rng.integers(1, 3))
    plan = DialoguePlan(turns, {name: WEIGHTS[name] for name in _NAMING})
    return ObjectStep(plan, _PAIRS // turns, False, AuxiliaryWeights(ground=1.0, main=0.0))


def _length(progress: float, rng: np.random.Generator) -> tuple[int, float]:
    """Frames per dialogue, and the share of wrong states in its history."""
    kind = rng.random()
    if kind < 0.15:
        return int(rng.integers(1, 3)), 0.0
    if kind < (0.35 if progress > 0.3 else 0.5):
        return int(rng.integers(2, 5)), 0.02
    if progress < 0.15:
        return int(rng.integers(5, 10)), 0.02
    # Almost all decisions of a lane are made at the end of a full window.
    return MAX_FRAMES if rng.random() < _FULL else int(rng.integers(8, MAX_FRAMES)), 0.04
