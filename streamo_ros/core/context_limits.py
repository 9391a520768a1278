# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much a dialogue remembers."""

from __future__ import annotations

from dataclasses import dataclass

from streamo_ros.core.eviction import WindowLimits
from streamo_ros.core.interface import BackboneInfo

DEFAULT_MAX_FRAMES = 120
"""Frames in a window when neither the user nor the checkpoint says how many: Streamo's own."""


@dataclass(frozen=True)
class ContextLimits:
    """How much a dialogue remembers.

    Attributes:
        max_frames: frames in the window.
        max_answers: turns kept for their answer after their frame has been evicted.
        max_time: seconds of stream after which the time tags restart; 0 = never.
        max_new_tokens: tokens that are always left free for an answer.
        max_history: tokens of the past in words, in front of the instruction.
    """

    max_frames: int = DEFAULT_MAX_FRAMES
    max_answers: int = 8
    max_time: float = 0.0
    max_new_tokens: int = 128
    max_history: int = 1024

    def window(self, capacity: int, sink: int, step: int) -> WindowLimits:
        """What a policy sees of this.

        Args:
            capacity: tokens of the slot.
            sink: tokens of the sink.
            step: frames of one turn.
        """
        return WindowLimits(capacity, sink, max(1, self.max_frames // step), self.max_answers)

    @classmethod
    def for_checkpoint(
        cls,
        info: BackboneInfo,
        max_frames: int = 0,
        max_time: float = 0.0,
        max_answers: int = 8,
        max_new_tokens: int = 128,
        max_history: int = 1024,
    ) -> ContextLimits:
        """What the user asked for; where that is 0, what the checkpoint asks for."""
        return cls(
            max_frames or info.max_frames or DEFAULT_MAX_FRAMES,
            max_answers,
            max_time or info.max_time,
            max_new_tokens,
            max_history,
        )
