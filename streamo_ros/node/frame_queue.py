# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sampled frames on their way to the model: bounded, in order, nothing lost without a word.

Knows how many may wait; when there are more, the oldest keeps its place and loses its pixels, so
that it is still reported. Knows no ROS and no model.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.frame import Tick


@dataclass(frozen=True, slots=True)
class PendingFrame:
    """A sampled frame, its bytes not yet looked at.

    Attributes:
        tick: when it was captured.
        received: steady-clock seconds.
        open: decodes it; never raises, a broken image is a frame without one.
    """

    tick: Tick
    received: float
    open: Callable[[], Frame]

    def overflowed(self) -> PendingFrame:
        """The same frame, its bytes let go."""
        missed = Frame(
            self.tick,
            None,
            received=self.received,
            reason=Reason.OVERFLOW,
            flaw='the model is slower than the frames come',
        )
        return PendingFrame(self.tick, self.received, lambda: missed)


@dataclass(frozen=True)
class Reset:
    """Asks the reader to forget the stream, in order with the frames."""

    def overflowed(self) -> Reset:
        """It has no bytes to let go."""
        return self


Item = PendingFrame | Reset


class FrameQueue:
    """Letters from one thread to another.

    Args:
        capacity: most letters whose bytes are kept.
        limit: most letters in all; beyond, the oldest is lost and counted.
    """

    def __init__(self, capacity: int, limit: int = 4096) -> None:
        self.capacity = capacity
        self._limit = limit
        self._missed: deque[Item] = deque()
        self._letters: deque[Item] = deque()
        self._ready = threading.Condition()
        self._knocked = False
        self.lost = 0

    def __len__(self) -> int:
        return len(self._letters) + len(self._missed)

    def put(self, pending: Item) -> None:
        """Leave a frame; the oldest that waits loses its bytes when there is no room."""
        with self._ready:
            self._letters.append(pending)
            if len(self._letters) > self.capacity:
                self._missed.append(self._letters.popleft().overflowed())
            while len(self._missed) > self._limit:
                self._missed.popleft()
                self.lost += 1
            self._ready.notify()

    def wake(self) -> None:
        """Wake the reader although there is no letter."""
        with self._ready:
            self._knocked = True
            self._ready.notify()

    def take(self, wait: bool) -> Item | None:
        """The oldest letter; None when there is none, or after a knock.

        Args:
            wait: sleep until there is one, or until somebody knocks.
        """
        with self._ready:
            if wait:
                self._ready.wait_for(lambda: self._knocked or len(self) > 0)
            self._knocked = False
            for letters in (self._missed, self._letters):
                if letters:
                    return letters.popleft()
        return None
