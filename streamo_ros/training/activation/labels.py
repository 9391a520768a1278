# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which frames call for an answer: the last part of each event.

Source: Wang et al., 'StreamBridge', arXiv 2505.05467, sec. 3.2: the last P % of an event's frames,
P drawn from 0 to 50 for each sample.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from streamo_ros.core.protocol import State
from streamo_ros.training.labeled_dialogue import LabeledTurn


def draw_share(turns: Sequence[LabeledTurn], largest: float, seed: int) -> float:
    """The share of a lane's events, the same in every epoch, on every rank and when resumed.

    Args:
        turns: of the lane.
        largest: what is drawn from 0 to.
        seed: of the run.
    """
    lane = [(turn.time, turn.state, turn.text, turn.instruction) for turn in turns]
    return random.Random(f'{seed}/{lane}').uniform(0, largest)


def activation_labels(turns: Sequence[LabeledTurn], share: float) -> list[bool]:
    """Whether each frame calls for an answer.

    An event is the unbroken run of Standby that ends with a Response, and that Response, whose
    frame is the first that shows it complete. The Response's own frame always calls.

    Args:
        turns: of a lane.
        share: of the frames of each event, counted from its end.
    """
    labels = [False] * len(turns)
    start = 0
    for number, turn in enumerate(turns):
        if turn.state is State.RESPONSE:
            count = max(1, round(share * (number + 1 - start)))
            labels[number + 1 - count : number + 1] = [True] * count
        if turn.state is not State.STANDBY:
            start = number + 1
    return labels
