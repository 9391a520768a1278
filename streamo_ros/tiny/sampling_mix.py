# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How often each family of tasks is sampled, and how its dialogues are made harder.

The mix changes over the run, as what is left to learn does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SPAN_WEIGHTS = {'narrate': 4.0, 'leave': 1.0, 'recolour': 1.0, 'move': 1.0, 'touch': 1.0}
"""Sampling weights of the families whose answers may be intervals instead."""
SINGLE_FRAME_WEIGHTS = {'count': 1.5, 'number': 1.0, 'presence': 2.0, 'colour': 1.5, 'see': 2.5}
"""Factors for dialogues of a single frame: more of what one frame can answer."""


@dataclass(frozen=True)
class SamplingMix:
    """What the dialogues of a training step are about.

    Attributes:
        weights: sampling weight of each family.
        spans: share of the dialogues that ask for the interval of an event.
        uneven_tags: share of the dialogues about intervals whose tags are 1 to 6 frames apart, so
            that the start of an interval can only be looked up, not guessed.
        distractors: share of the dialogues that wait for an event of a specific thing in which
            anything at all happens to that thing.
        fulfilled: share of those dialogues in which the event is made sure to happen; in the
            others it happens by chance.
        everyday: share of the instructions in the words of `worlds.everyday_rules`.
        keep_family: whether a rejected clip is replaced without drawing another family; otherwise
            a family that needs a display or a wall comes up a third as often as its weight says.
    """

    weights: Mapping[str, float]
    spans: float = 0.09
    uneven_tags: float = 0.0
    distractors: float = 0.0
    fulfilled: float = 0.0
    everyday: float = 0.0
    keep_family: bool = False


SECOND_STAGE_EARLY = SamplingMix(
    {
        'appear': 1.5,
        'leave': 1.6,
        'recolour': 1.0,
        'move': 1.0,
        'touch': 1.4,
        'count': 1.1,
        'number': 1.1,
        'narrate': 1.2,
        'ground': 1.5,
        'presence': 1.5,
        'colour': 1.3,
        'see': 1.2,
    }
)
SECOND_STAGE_LATE = SamplingMix(
    {
        'appear': 1.4,
        'leave': 1.3,
        'recolour': 0.7,
        'move': 0.6,
        'touch': 2.0,
        'count': 1.3,
        'number': 2.4,
        'narrate': 1.4,
        'ground': 1.5,
        'presence': 1.5,
        'colour': 1.1,
        'see': 1.6,
    }
)
"""When numbers, touches and lists are what is left to learn."""
THIRD_STAGE = SamplingMix(
    {
        'appear': 1.2,
        'leave': 1.5,
        'recolour': 0.6,
        'move': 0.8,
        'touch': 2.4,
        'count': 0.8,
        'number': 2.4,
        'narrate': 1.2,
        'ground': 2.0,
        'presence': 1.0,
        'colour': 0.8,
        'see': 1.6,
    },
    spans=0.14,
    uneven_tags=0.6,
    distractors=0.3,
    fulfilled=0.35,
    keep_family=True,
)
"""The same, and intervals."""
FOURTH_STAGE = SamplingMix(
    {
        'appear': 1.2,
        'leave': 1.2,
        'recolour': 1.0,
        'move': 1.2,
        'touch': 1.8,
        'count': 1.0,
        'number': 2.4,
        'narrate': 2.4,
        'ground': 1.6,
        'presence': 1.5,
        'colour': 1.2,
        'see': 2.6,
    },
    spans=0.1,
    uneven_tags=0.6,
    distractors=0.3,
    fulfilled=0.35,
    keep_family=True,
)
"""Everything, with an emphasis on narration and lists."""
FIFTH_STAGE = SamplingMix(
    {
        'appear': 1.4,
        'leave': 1.8,
        'recolour': 1.7,
        'move': 1.4,
        'touch': 1.8,
        'count': 1.1,
        'number': 2.0,
        'narrate': 2.2,
        'ground': 1.6,
        'presence': 2.6,
        'colour': 2.0,
        'see': 2.2,
    },
    spans=0.08,
    uneven_tags=0.6,
    distractors=0.3,
    fulfilled=0.35,
    everyday=0.75,
    keep_family=True,
)
"""Everything, in the words of people."""
