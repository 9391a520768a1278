# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The frames of a step, until the last of them is there."""

from __future__ import annotations

from streamo_ros.core.dialect import Dialect
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.unpaired_frame import made
from streamo_ros.core.unpaired_frame import UnpairedFrame


class StepFrames:
    """Holds the frames of a lane's coming step.

    Args:
        dialect: says how many there are, and how many of them are one block of the tower.

    Attributes:
        larger: whether the step follows a Standby, after which a dialect may have them larger.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._ticks: list[Tick] = []
        self._visions: list[VisionTokens] = []
        self._first: UnpairedFrame | None = None
        self.larger = False

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._ticks)

    def add(self, tick: Tick, vision: VisionTokens) -> VisionTokens | None:
        """Hold a frame that is not the last one of its step.

        Args:
            tick: the frame's.
            vision: its vision tokens, or the frame where they are not there yet.

        Returns:
            None while there are more to come; for the last one what `take` wants of it.

        Raises:
            BackboneError: a vision pass failed; the frames of the step are forgotten.
        """
        last = len(self._ticks) + 1 == self._dialect.frames
        try:
            whole = self._whole(vision)
        except Exception:
            self.clear()
            raise
        if last and whole is not None:
            return whole
        self._ticks.append(tick)
        self._visions += [] if whole is None else [whole]
        return None

    def take(
        self, tick: Tick, vision: VisionTokens
    ) -> tuple[tuple[Tick, ...], tuple[VisionTokens, ...]]:
        """All ticks and vision tokens of the step, whose last frame this is.

        Raises:
            BackboneError: a vision pass failed.
        """
        step = (*self._ticks, tick), (*self._visions, made(vision))
        self.clear()
        return step

    def clear(self) -> None:
        """Forget them."""
        self._ticks, self._visions, self._first = [], [], None

    def _whole(self, vision: VisionTokens) -> VisionTokens | None:
        """The vision tokens of a block that this frame completes; None if it does not."""
        if not isinstance(vision, UnpairedFrame):
            return vision
        larger = self.larger and self._dialect.standby_scale > 1
        if self._dialect.block == 1:
            return vision.alone(larger)
        if self._first is None:
            self._first = vision
            return None
        first, self._first = self._first, None
        return vision.after(first, larger)
