# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much more probable a Response is than in an instruction's first minute.

A checkpoint that was never taught when to be quiet is biased, and the bias depends on the wording
of the instruction: one stands at 0.02 while nothing happens and another at 0.4. The difference of
the log-odds to those of the first minute is on one scale for all.

Source: Zhao et al., 'Calibrate Before Use', arXiv 2102.09690, sec. 4 (the bias is estimated on
input without content and taken off; here the first minute stands for such input).
"""

from __future__ import annotations

import math

from streamo_ros.core.frame import SECOND

LENGTH = 60 * SECOND
"""Capture time of the first minute, nanoseconds."""
_LEAST = 1e-6
"""Probabilities are recorded with six decimals: less is not told apart from nothing."""


class Baseline:
    """Follows the decisions of one instruction; see the module."""

    def __init__(self) -> None:
        self._until = 0
        self._total = 0.0
        self._count = 0

    def follow(self, stamp: int, response: float) -> float:
        """The log-odds of Response in the next frame, less their mean of the first minute.

        Args:
            stamp: capture time, nanoseconds.
            response: probability of Response.

        Returns:
            Natural logarithm of a ratio of odds; NaN in the first minute, and for NaN.
        """
        self._until = self._until or stamp + LENGTH
        odds = log_odds(response)
        if stamp >= self._until:
            return odds - self._total / self._count if self._count else math.nan
        if not math.isnan(odds):
            self._total, self._count = self._total + odds, self._count + 1
        return math.nan


def log_odds(probability: float) -> float:
    """ln(p / (1 - p)), with p at least a millionth away from 0 and 1; NaN for NaN."""
    if math.isnan(probability):
        return math.nan
    p = min(max(probability, _LEAST), 1 - _LEAST)
    return math.log(p / (1 - p))
