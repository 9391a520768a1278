# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A gate that is a checkpoint of the protocol: its score is the probability of Response.

So a small model that was trained to know when to speak lets any other model speak then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone.gate.backbone_gate import BackboneGate
from streamo_ros.core.activation import Look
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.decision import decide
from streamo_ros.core.decision import probabilities
from streamo_ros.core.decision import Thresholds
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.eviction.sliding_window import WindowPolicy
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import Backbone
from streamo_ros.core.protocol import State

LONGEST_ANSWER = 64
"""Tokens of an answer that the gate remembers."""


@dataclass
class _ProtocolLane:
    """A dialogue.

    Attributes:
        dialogue: its turns.
        grid: of its frames; None before the first one.
        row: logits of the last frame, whose turn ends when it is known whether an answer was
            given; None = the last turn has ended.
    """

    dialogue: Dialogue
    grid: tuple[int, int] | None = None
    row: NDArray[np.float32] | None = None


class ProtocolGate(BackboneGate):
    """Satisfies `core.activation.Activation`.

    Its lanes are dialogues like any other, in which it decides as it was trained to: what it sees
    of its past is what it would see alone, with the answers that were given in its place.

    Args:
        backbone: the checkpoint.
    """

    def __init__(self, backbone: Backbone) -> None:
        super().__init__(backbone)
        self._limits = ContextLimits.for_checkpoint(backbone.info, max_new_tokens=LONGEST_ANSWER)
        self._lanes: dict[int, _ProtocolLane] = {}

    def open(self, question: str) -> int:
        """See `Activation`."""
        dialogue = Dialogue(self._backbone, WindowPolicy(), question, self._limits)
        self._lanes[dialogue.slot] = _ProtocolLane(dialogue)
        return dialogue.slot

    def close(self, lane: int) -> None:
        """See `Activation`."""
        self._lanes.pop(lane).dialogue.close()

    def score(self, looks: Sequence[Look]) -> NDArray[np.float32]:
        """See `Activation`."""
        lanes = [self._lanes[look.lane] for look in looks]
        requests = []
        for look, lane in zip(looks, lanes, strict=True):
            self._end_turn(lane, look.said)
            self._follow_grid(lane, look.glimpse.grid)
            requests.append(lane.dialogue.request(_tick(look), look.glimpse))
        rows = self._passes.extend(requests)
        scores = np.full(len(looks), np.nan, np.float32)
        for at, (lane, row) in enumerate(zip(lanes, rows, strict=True)):
            if row is None:
                lane.dialogue.undo()
                continue
            lane.row = row
            scores[at] = self._score(row)
        return self._checked(scores)

    def _end_turn(self, lane: _ProtocolLane, said: str) -> None:
        """Record what became of the last frame: the answer to it, or what else the gate chose."""
        row, lane.row = lane.row, None
        if row is None:
            return
        dialogue = lane.dialogue
        if not said:
            dialogue.commit(self._unanswered(row))
            return
        dialogue.commit(State.RESPONSE)
        words = self._backbone.prompt.tokenizer.plain(f' {said}')[: self._limits.max_new_tokens]
        dialogue.on_tokens((*dialogue.pending, *words))
        dialogue.finish()

    @staticmethod
    def _score(row: NDArray[np.float32]) -> float:
        """The score of a frame, from its logits."""
        return probabilities(row)[2]

    def _unanswered(self, row: NDArray[np.float32]) -> State:
        """What the dialogue holds behind a frame that was not answered."""
        thresholds = Thresholds(response=self._backbone.info.response_threshold)
        return decide(probabilities(row), thresholds, may_respond=False)

    @staticmethod
    def _follow_grid(lane: _ProtocolLane, grid: tuple[int, int]) -> None:
        """Forget what frames of another size showed."""
        if lane.grid not in (None, grid):
            lane.dialogue.forget_frames()
        lane.grid = grid


def _tick(look: Look) -> Tick:
    start, end = look.interval
    return Tick(int(start * SECOND) + 1, start, end, 0, 1)
