# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Gives the frames of a video their times: those of the container, on one continuous time line.

Two things make the times of whole recordings step back. AVI has no presentation times: what is
stored is the order of decoding, so with B-frames the times are those of other frames, and are put
in order here. Recordings that were joined byte by byte (`cat a.ts b.ts`) begin to count again:
the second then goes on one frame interval after the first. Anything else that steps back for a
single frame is left as it is; the sampler counts and ignores it.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from streamo_ros.core.errors import StreamoError
from streamo_ros.sources.video_decoder import Decoded

# H.264 and H.265 hold back at most 16 frames to put them in order.
_REORDER = 16
_STUCK = 10
_SECOND = 10**9


class TimesError(StreamoError, ValueError):
    """The frames of a video have no times."""


def in_order(frames: Iterable[Decoded]) -> Iterator[Decoded]:
    """Put the times of an AVI file in order; the frames themselves are.

    Each frame gets the earliest time of those within reach that is not given away yet.
    """
    held: deque[Decoded] = deque()
    times: list[int] = []
    for frame in frames:
        held.append(frame)
        if frame.pts is not None:
            heapq.heappush(times, frame.pts)
        if len(held) > _REORDER:
            yield _retimed(held.popleft(), times)
    while held:
        yield _retimed(held.popleft(), times)


def _retimed(frame: Decoded, times: list[int]) -> Decoded:
    return frame if frame.pts is None else replace(frame, pts=heapq.heappop(times))


class VideoTimeline:
    """Turns times of a container into nanoseconds since the first frame.

    Args:
        time_base: seconds in a unit of the container.
        origin: time of the first frame in that unit; None = that of the first one given.

    Attributes:
        newest: time of the newest frame, nanoseconds.
        joints: nanoseconds at which another recording begins.
    """

    def __init__(self, time_base: Fraction, origin: int | None = None) -> None:
        unit = time_base * _SECOND
        self._numerator, self._denominator = unit.numerator, unit.denominator
        self._origin = origin
        self._shift = 0
        self.newest = 0
        self._interval = 0
        self._stuck = 0
        self.joints: list[int] = []

    def stamped(self, frames: Iterable[Decoded]) -> Iterator[tuple[int, Decoded]]:
        """Pair each frame with its time, nanoseconds since the first.

        Raises:
            TimesError: the times stand still, or there are none.
        """
        back: tuple[int, Decoded] | None = None
        for frame in frames:
            at = self._nanoseconds(frame)
            if back is not None:
                # One frame that steps back may be a slip; two in a row are another recording.
                moved = self._join(back[0]) if back[0] < at <= self.newest else 0
                yield back[0] + moved, back[1]
                back, at = None, at + moved
            if at < self.newest:
                back = (at, frame)
                continue
            self._advance(at)
            yield at, frame
        if back is not None:
            yield back

    def seconds(self, pts: int | None) -> float:
        """A time of the container in seconds since the first frame; 0 for None."""
        return self._since_origin(pts or 0) / _SECOND

    def _nanoseconds(self, frame: Decoded) -> int:
        if self._origin is None:
            self._origin = frame.pts
        if frame.pts is None or self._origin is None:
            at = self.newest + self._interval
            self._stuck += 1
        else:
            at = self._since_origin(frame.pts) + self._shift
            self._stuck = self._stuck + 1 if at == self.newest else 0
        if self._stuck > _STUCK:
            raise TimesError
        return at

    def _since_origin(self, pts: int) -> int:
        units = (pts - (self._origin or 0)) * self._numerator
        return (2 * units + self._denominator) // (2 * self._denominator)  # rounded

    def _join(self, start: int) -> int:
        """Continue after the newest frame; returns by how much what follows is moved."""
        joint = self.newest + self._interval
        self.joints.append(joint)
        self._shift += joint - start
        self.newest = joint
        return joint - start

    def _advance(self, at: int) -> None:
        self._interval = at - self.newest if at > self.newest else self._interval
        self.newest = at
