# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A bounded list of records with a number each, so that a reader can go on where it was."""

from __future__ import annotations

from typing import Any

Record = list[Any]
"""A row as the page gets it: a letter that says what it is, then plain values."""


class History:
    """Appends at the end, forgets at the front.

    Args:
        capacity: records kept at least; a tenth more before the oldest are dropped together.

    Attributes:
        first: the number of the oldest record kept.
    """

    def __init__(self, capacity: int) -> None:
        self.first = 0
        self._capacity = capacity
        self._records: list[Record] = []

    @property
    def end(self) -> int:
        """The number that the next record gets."""
        return self.first + len(self._records)

    def add(self, record: Record) -> None:
        """Append a record."""
        self._records.append(record)
        if len(self._records) > self._capacity + max(1, self._capacity // 10):
            gone = len(self._records) - self._capacity
            del self._records[:gone]
            self.first += gone

    def after(self, number: int, limit: int) -> tuple[int, list[Record]]:
        """Records from a number on.

        Args:
            number: of the first one wanted; of older ones, what is kept.
            limit: how many at most.

        Returns:
            The number of the first record returned, and the records.
        """
        start = min(max(number, self.first), self.end)
        at = start - self.first
        return start, self._records[at : at + limit]
