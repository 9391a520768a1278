# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A gate that is a checkpoint of the protocol: its score is the probability of Response.

So a small model that was trained to know when to speak lets any other model speak then.
"""

from __future__ import annotations

from collections.abc import Sequence

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


class ProtocolGate(BackboneGate):
    """Satisfies `core.activation.Activation`.

    Its lanes are dialogues like any other, in which it decides as it was trained to: what it sees
    of its own past is what it would see alone. What it would have answered is left out.

    Args:
        backbone: the checkpoint.
    """

    def __init__(self, backbone: Backbone) -> None:
        super().__init__(backbone)
        self._limits = ContextLimits.for_checkpoint(backbone.info, max_new_tokens=1)
        self._lanes: dict[int, Dialogue] = {}
        self._grids: dict[int, tuple[int, int]] = {}

    def open(self, question: str) -> int:
        """See `Activation`."""
        dialogue = Dialogue(self._backbone, WindowPolicy(), question, self._limits)
        self._lanes[dialogue.slot] = dialogue
        return dialogue.slot

    def close(self, lane: int) -> None:
        """See `Activation`."""
        self._lanes.pop(lane).close()
        self._grids.pop(lane, None)

    def score(self, looks: Sequence[Look]) -> NDArray[np.float32]:
        """See `Activation`."""
        dialogues = [self._lanes[look.lane] for look in looks]
        requests = []
        for look, dialogue in zip(looks, dialogues, strict=True):
            self._follow_grid(look, dialogue)
            requests.append(dialogue.request(_tick(look), look.glimpse))
        rows = self._passes.extend(requests)
        scores = np.full(len(looks), np.nan, np.float32)
        for at, (dialogue, row) in enumerate(zip(dialogues, rows, strict=True)):
            if row is None:
                dialogue.undo()
                continue
            chances = probabilities(row)
            scores[at] = chances[2]
            state = decide(chances, Thresholds(response=self._backbone.info.response_threshold))
            dialogue.commit(state)
            if state is State.RESPONSE:
                dialogue.finish()
        return self._checked(scores)

    def _follow_grid(self, look: Look, dialogue: Dialogue) -> None:
        """Forget what frames of another size showed."""
        grid = look.glimpse.grid
        if self._grids.setdefault(look.lane, grid) != grid:
            dialogue.forget_frames()
            self._grids[look.lane] = grid


def _tick(look: Look) -> Tick:
    start, end = look.interval
    return Tick(int(start * SECOND) + 1, start, end, 0, 1)
