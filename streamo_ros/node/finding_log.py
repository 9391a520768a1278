# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Logs findings about the input: at once when one is new, then once a minute while it lasts."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

from streamo_ros.node.input_health import Finding

PERIOD = 60.0
"""Seconds after which a finding that lasts is logged again."""


class FindingLog:
    """Logs what is wrong, each kind for itself, and once that everything is well again.

    Args:
        warn: logs a warning.
        inform: logs an information.
    """

    def __init__(self, warn: Callable[[str], None], inform: Callable[[str], None]) -> None:
        self._warn = warn
        self._inform = inform
        self._logged_at: dict[str, float] = {}
        self._wrong = False

    def write(self, findings: Sequence[Finding], summary: str, well: bool, now: float) -> None:
        """Log what is new.

        Args:
            findings: what is wrong now.
            summary: logged after that once nothing is wrong any more.
            well: whether something of use has arrived since.
            now: steady-clock seconds.
        """
        for finding in findings:
            if now - self._logged_at.get(finding.kind, -PERIOD) >= PERIOD:
                self._logged_at[finding.kind] = now
                self._warn(finding.sentence)
        if findings:
            self._wrong = True
        elif self._wrong and well:
            self._wrong = False
            # What comes back later is news again, unless it comes and goes.
            self._inform(summary)
