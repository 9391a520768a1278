# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A trained gate that reads the dialogue: when each frame was, and what was answered to it.

Source: proposed here. The published gate sees the question and the frames alone, and can know
neither what time it is nor what was said last.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone.gate.protocol_gate import ProtocolGate
from streamo_ros.core.protocol import State


class DialogueGate(ProtocolGate):
    """Satisfies `core.activation.Activation`.

    Its dialogue is that of a model of the protocol, except that every frame without an answer is
    a Silence in it: what it scored itself has no part in what it scores next.

    Args:
        backbone: a checkpoint with a score head, whose prompt has the scored token.
    """

    @staticmethod
    def _score(row: NDArray[np.float32]) -> float:
        """The score of a frame, from its logits."""
        return float(1 / (1 + np.exp(float(row[0] - row[2]))))

    def _unanswered(self, row: NDArray[np.float32]) -> State:
        """What the dialogue holds behind a frame that was not answered."""
        del row
        return State.SILENCE
