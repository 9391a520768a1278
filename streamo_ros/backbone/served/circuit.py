# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stops asking a server that does not answer, and asks again by and by.

After a few failures in a row nothing is sent for a while, twice as long each time up to a limit.
Then one request goes through: if it succeeds, all do.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

FAILURES = 3
"""Failures in a row after which nothing is sent for a while."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds."""


class CircuitBreaker:
    """Any thread may use it.

    Args:
        clock: seconds, steady.
        jitter: gives numbers in 0..1, so that many robots do not come back at the same moment.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_at = 0.0
        self._trying = False
        self.reason = ''

    def wait(self) -> float:
        """Seconds until a request may be sent; 0 = now, and then it must be reported."""
        with self._lock:
            if self._failures < FAILURES:
                return 0.0
            left = self._closed_at - self._clock()
            if left > 0 or self._trying:
                return max(left, 0.1)
            self._trying = True
            return 0.0

    def succeeded(self) -> None:
        """A request was answered."""
        with self._lock:
            self._failures, self._trying = 0, False

    def failed(self, reason: str) -> None:
        """A request was not answered.

        Args:
            reason: why.
        """
        with self._lock:
            self.reason, trying, self._trying = reason, self._trying, False
            if self._failures >= FAILURES and not trying:
                # Requests of several lanes fail together: that is one failure of the server.
                return
            self._failures += 1
            doublings = min(max(0, self._failures - FAILURES), 10)
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**doublings)
            self._closed_at = self._clock() + pause * (0.8 + 0.4 * self._jitter())
