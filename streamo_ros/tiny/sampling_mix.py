# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How often each family of tasks is drawn, and how its dialogues are made harder.

Knows shares alone. What is left to learn changes with the run, and so do they.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SPANS = {'narrate': 4.0, 'leave': 1.0, 'recolour': 1.0, 'move': 1.0, 'touch': 1.0}
"""How often each is drawn of the families whose answers may be intervals instead."""
AT_A_GLANCE = {'count': 1.5, 'number': 1.0, 'presence': 2.0, 'colour': 1.5, 'see': 2.5}
"""How much more often, where a dialogue is one frame: what can be answered from it."""


@dataclass(frozen=True)
class SamplingMix:
    """What the dialogues of a step are about.

    Attributes:
        weights: how often each family is drawn.
        spans: share of the dialogues that ask for the intervals of what happens.
        uneven: share of all dialogues about intervals whose tags stand 1 to 6 frames apart, so
            that where an interval began can only be looked up.
        rivals: share of the dialogues waiting for something to happen to a thing in which anything
            at all happens to it.
        fires: share of them in which it does happen; of the others it does in some.
        steady: another stretch is drawn where nothing is due, and not another family too: else
            a family that needs a panel or a wall is drawn a third as often as its weight says.
    """

    weights: Mapping[str, float]
    spans: float = 0.09
    uneven: float = 0.0
    rivals: float = 0.0
    fires: float = 0.0
    steady: bool = False


AT_FIRST = SamplingMix(
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
LATER = SamplingMix(
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
"""When what is left to learn is numbers, touches and lists."""
AGAIN = SamplingMix(
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
    uneven=0.6,
    rivals=0.3,
    fires=0.35,
    steady=True,
)
"""In the third lesson: the same, and intervals."""
FINE = SamplingMix(
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
    uneven=0.6,
    rivals=0.3,
    fires=0.35,
    steady=True,
)
"""In the fourth: all, with what happens and what lies there above the rest."""
