# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Limits on the figures of a report card: what makes it a check that can fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Gate:
    """What is asked of a report card; None = nothing.

    Attributes:
        min_caught: least share of the events that were caught in time and with the right words.
        max_false_alarms: most false alarms an hour.
        max_duplicates: most further answers to events that had theirs.
    """

    min_caught: float | None = None
    max_false_alarms: float | None = None
    max_duplicates: int | None = None

    def broken(self, figures: Mapping[str, Any]) -> list[str]:
        """One sentence for each limit that the figures break.

        Args:
            figures: see `card.figures`.
        """
        caught, alarms = figures['caught_share'], figures['false_alarms_per_hour']
        sentences = []
        if self.min_caught is not None and caught is None:
            sentences.append('no event was due, so that the share that was caught is not known')
        elif self.min_caught is not None and caught < self.min_caught:
            sentences.append(
                f'{caught:.1%} of the events were caught; {self.min_caught:.1%} is asked'
            )
        if self.max_false_alarms is not None and (alarms or 0.0) > self.max_false_alarms:
            sentences.append(
                f'{alarms:.2f} false alarms an hour; {self.max_false_alarms:g} are allowed'
            )
        if self.max_duplicates is not None and figures['duplicates'] > self.max_duplicates:
            sentences.append(
                f'{figures["duplicates"]} duplicates; {self.max_duplicates} are allowed'
            )
        return sentences
