# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The queue of sampled frames between the executor's thread and the worker's: bounded, in order.

When it is full, the oldest frame keeps its place and loses its pixels, so that it is still
reported.
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
    """A sampled frame that is not decoded yet.

    Attributes:
        tick: when it was captured.
        received: steady-clock seconds of its reception.
        open: decodes it; never raises, a broken image gives a frame without one.
    """

    tick: Tick
    received: float
    open: Callable[[], Frame]

    def overflowed(self) -> PendingFrame:
        """The same frame with its bytes released."""
        missed = Frame(
            self.tick,
            None,
            received=self.received,
            reason=Reason.OVERFLOW,
            flaw='frames arrive faster than the model can process them',
        )
        return PendingFrame(self.tick, self.received, lambda: missed)


@dataclass(frozen=True)
class Reset:
    """Asks the worker to forget the stream, in order with the frames."""

    def overflowed(self) -> Reset:
        """The same: it has no bytes to release."""
        return self


Item = PendingFrame | Reset


class FrameQueue:
    """Frames on their way from one thread to another.

    Args:
        capacity: most frames whose bytes are kept.
        limit: most frames without bytes; beyond, the oldest is lost and counted.

    Attributes:
        lost: frames lost without a trace.
    """

    def __init__(self, capacity: int, limit: int = 4096) -> None:
        self.capacity = capacity
        self.lost = 0
        self._limit = limit
        self._overflowed: deque[Item] = deque()
        self._pending: deque[Item] = deque()
        self._ready = threading.Condition()
        self._woken = False

    def __len__(self) -> int:
        return len(self._pending) + len(self._overflowed)

    def put(self, item: Item) -> None:
        """Add a frame; when there is no room, the oldest one loses its bytes."""
        with self._ready:
            self._pending.append(item)
            if len(self._pending) > self.capacity:
                self._overflowed.append(self._pending.popleft().overflowed())
            while len(self._overflowed) > self._limit:
                self._overflowed.popleft()
                self.lost += 1
            self._ready.notify()

    def wake(self) -> None:
        """Wake the reader although there is no frame."""
        with self._ready:
            self._woken = True
            self._ready.notify()

    def take(self, wait: bool) -> Item | None:
        """The oldest frame; None when there is none, or after `wake`.

        Args:
            wait: sleep until there is one, or until `wake` is called.
        """
        with self._ready:
            if wait:
                self._ready.wait_for(lambda: self._woken or len(self) > 0)
            self._woken = False
            for items in (self._overflowed, self._pending):
                if items:
                    return items.popleft()
        return None
