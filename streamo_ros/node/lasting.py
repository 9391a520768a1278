# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tells what the graph lists for long enough to be alive.

A process that was killed stays listed until the middleware's lease ends: 10 s with Cyclone DDS,
20 s with Fast DDS. Needs no ROS.
"""

from __future__ import annotations

LEASE = 30.0
"""Seconds, steady clock, after which what is still listed is alive."""


class Lasting:
    """Tells what lasts from what is only left over."""

    def __init__(self) -> None:
        self._since: float | None = None

    def check(self, listed: bool, now: float) -> bool:
        """Whether something has been listed at each check for longer than the lease.

        Args:
            listed: whether it is listed now.
            now: steady-clock seconds.
        """
        if not listed:
            self._since = None
            return False
        if self._since is None:
            self._since = now
        return now - self._since >= LEASE
