# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An instruction that becomes active at a second of a recording."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TimedInstruction:
    """An instruction for a recording.

    Attributes:
        text: what to watch for.
        seconds: capture time since the first frame from which on it is active.
    """

    text: str
    seconds: float = 0.0

    @classmethod
    def parse(cls, argument: str) -> TimedInstruction:
        """Read 'TEXT' or 'TEXT@SECONDS'; an @ that no number follows belongs to the text."""
        text, at, seconds = argument.rpartition('@')
        try:
            return cls(text, max(0.0, float(seconds))) if at else cls(argument)
        except ValueError:
            return cls(argument)
