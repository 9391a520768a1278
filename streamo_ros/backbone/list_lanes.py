# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Slots whose content is a list, for backbones that hold no tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic
from typing import TypeVar

from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Request

ItemT = TypeVar('ItemT')


class ListLanes(Generic[ItemT]):
    """The slots' part of `interface.Backbone`.

    Attributes:
        lanes: number of slots.
        capacity: tokens per slot.
        rows: the content of each open slot, one item for each token.
    """

    lanes: int
    capacity: int
    rows: dict[int, list[ItemT]]

    def open(self) -> int:
        """See `interface.Backbone`."""
        slot = next((slot for slot in range(self.lanes) if slot not in self.rows), None)
        if slot is None:
            raise BackboneError(f'all {self.lanes} lanes are taken: cancel an instruction')
        self.rows[slot] = []
        return slot

    def close(self, slot: int) -> None:
        """See `interface.Backbone`."""
        del self.rows[slot]

    def length(self, slot: int) -> int:
        """See `interface.Backbone`."""
        return len(self.rows[slot])

    def evict(self, slot: int, keep: Sequence[tuple[int, int]]) -> None:
        """See `interface.Backbone`."""
        row = self.rows[slot]
        self.rows[slot] = [item for start, stop in keep for item in row[start:stop]]

    def truncate(self, slot: int, length: int) -> None:
        """See `interface.Backbone`."""
        del self.rows[slot][length:]

    def check_room(self, request: Request) -> None:
        """Check that a request fits into its slot.

        Raises:
            BackboneError: it does not.
        """
        if len(self.rows[request.slot]) + request.tokens > self.capacity:
            raise BackboneError(f'lane {request.slot} overflows its {self.capacity} tokens')
