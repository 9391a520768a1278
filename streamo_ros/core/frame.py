# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames, and which of them are sampled: a grid in capture time.

All stamps are capture times in integer nanoseconds; wall time plays no part (Law 1).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

SECOND = 1_000_000_000


class Reason(enum.IntEnum):
    """Why a frame has no decision; the values are those of FrameState.msg."""

    NONE = 0
    NO_INSTRUCTION = 1
    BAD_FRAME = 2
    MODEL_FAILED = 3
    OVERFLOW = 4
    ENDED = 5

    @property
    def is_fault(self) -> bool:
        """Whether the frame should have been decided."""
        return self not in (Reason.NONE, Reason.NO_INSTRUCTION, Reason.ENDED)


@dataclass(frozen=True, slots=True)
class Tick:
    """A sampled moment.

    Attributes:
        stamp: capture time, nanoseconds.
        start: start of the interval that the frame represents, seconds since the stream's origin.
        end: its end.
        index: number of sampled frames before it in this stream.
        stream_id: counts streams from 1; a jump back in time starts a new one.
    """

    stamp: int
    start: Fraction
    end: Fraction
    index: int
    stream_id: int

    def later(self, seconds: Fraction) -> Tick:
        """The same tick, as if it had been captured so much later."""
        stamp = self.stamp + round(seconds * SECOND)
        return replace(self, stamp=stamp, start=self.start + seconds, end=self.end + seconds)


@dataclass(frozen=True, slots=True)
class Frame:
    """A sampled frame.

    Attributes:
        tick: when it was captured.
        image: RGB, uint8, shape (height, width, 3); None when it could not be decoded, when it
            overflowed a queue, or once the vision encoder has seen it.
        frame_id: the camera's coordinate frame, copied from the header.
        received: steady-clock seconds of reception; only for measuring latency.
        reason: why there is no image; NONE when there is or was one.
        flaw: what is wrong with it, in one sentence.
    """

    tick: Tick
    image: NDArray[np.uint8] | None
    frame_id: str = ''
    received: float = 0.0
    reason: Reason = Reason.NONE
    flaw: str = ''

    @property
    def stamp(self) -> int:
        """Capture time, nanoseconds."""
        return self.tick.stamp

    def without_image(self) -> Frame:
        """The same frame with its pixels released."""
        return replace(self, image=None)

    def missed(self, reason: Reason, flaw: str) -> Frame:
        """The same frame, marked as one that could not be decided."""
        return replace(self, image=None, reason=reason, flaw=flaw)


@dataclass
class SamplerCounts:
    """What happened to the frames offered so far.

    `received` = `sampled` + `between` + `zero` + `duplicate` + `reordered` + `doubtful`.
    """

    received: int = 0
    sampled: int = 0
    between: int = 0
    zero: int = 0
    duplicate: int = 0
    reordered: int = 0
    doubtful: int = 0
    jumps: int = 0


@dataclass
class FrameSampler:
    """Takes the first frame of every tick of a capture-time grid.

    Tick k starts at origin + k / rate, where the origin is the stream's first stamp. A jump back
    by more than `reorder_tolerance`, or ahead by more than `max_gap`, is believed at its third
    consistent frame; the first two are counted as doubtful. A jump back starts a new stream, a
    jump ahead stays in the stream.

    Args:
        rate: frames per second of capture time, > 0.
        reorder_tolerance: nanoseconds that a stamp may trail the newest one and still count as
            late rather than as a jump.
        max_gap: nanoseconds that a stamp may be ahead of the newest one.
    """

    rate: Fraction = Fraction(1)
    reorder_tolerance: int = SECOND
    max_gap: int = 3600 * SECOND
    counts: SamplerCounts = field(default_factory=SamplerCounts)
    stream_id: int = 0
    _origin: int = 0
    _newest: int | None = None
    _last: int = -1
    _index: int = 0
    _jump: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rate = Fraction(self.rate).limit_denominator(100_000)
        if self.rate <= 0:
            raise ValueError(f'the sampling rate is {self.rate}: give a number above 0')

    def offer(self, stamp: int) -> Tick | None:
        """Decide whether the frame with this stamp is sampled.

        Args:
            stamp: capture time, nanoseconds.

        Returns:
            Its tick, or None if it is skipped.
        """
        self.counts.received += 1
        if stamp <= 0:
            self.counts.zero += 1
            return None
        if self._newest is None:
            self._begin(stamp)
        elif not self._credible(stamp, self._newest):
            return None
        self._newest = stamp
        return self._take(stamp)

    def change_rate(self, rate: Fraction | float) -> None:
        """Sample at another rate from the next frame on; tags keep counting from the origin."""
        rate = Fraction(rate).limit_denominator(100_000)
        if rate <= 0:
            raise ValueError(f'the sampling rate is {rate}: give a number above 0')
        self.rate = rate
        if self._newest is not None:
            self._last = self._tick(self._newest)

    def reset(self) -> None:
        """Forget the stream; the next frame starts a new one."""
        self._newest = None
        self._jump.clear()

    def _begin(self, stamp: int) -> None:
        self.stream_id += 1
        self._origin, self._last, self._index = stamp, -1, 0

    def _credible(self, stamp: int, newest: int) -> bool:
        """Whether to continue with this stamp; counts it if not."""
        ahead = stamp - newest
        if 0 < ahead <= self.max_gap:
            self._jump.clear()
            return True
        if ahead == 0:
            self.counts.duplicate += 1
            return False
        if -self.reorder_tolerance <= ahead < 0:
            self.counts.reordered += 1
            return False
        if not self._agreed(stamp):
            self.counts.doubtful += 1
            return False
        self.counts.jumps += 1
        if ahead < 0:
            self._begin(stamp)
        return True

    def _agreed(self, stamp: int) -> bool:
        """Whether this is the third frame in a row of the same jump."""
        if self._jump:
            step = stamp - self._jump[-1]
            if -self.reorder_tolerance <= step <= 0:
                return False
            if step < 0 or step > self.max_gap:
                self._jump.clear()
        self._jump.append(stamp)
        if len(self._jump) < 3:
            return False
        self._jump.clear()
        return True

    def _tick(self, stamp: int) -> int:
        return (stamp - self._origin) * self.rate.numerator // (self.rate.denominator * SECOND)

    def _take(self, stamp: int) -> Tick | None:
        number = self._tick(stamp)
        if number <= self._last:
            self.counts.between += 1
            return None
        self._last = number
        self.counts.sampled += 1
        index, self._index = self._index, self._index + 1
        return Tick(stamp, number / self.rate, (number + 1) / self.rate, index, self.stream_id)
