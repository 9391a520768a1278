# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An instruction that becomes active at a second of a recording."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TIMED = re.compile(r'(.*)@(\d{1,9}(?:\.\d*)?|\.\d+)', re.DOTALL)


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
        """Read 'TEXT' or 'TEXT@SECONDS'.

        An @ belongs to the text unless a plain decimal number follows it: addresses,
        '@infinity' and '@nan' are text.
        """
        match = _TIMED.fullmatch(argument)
        return cls(match[1], float(match[2])) if match else cls(argument)
