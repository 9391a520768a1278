# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The memory that the parameters ask for."""

from __future__ import annotations

from pathlib import Path

from streamo_ros.config.settings import Values
from streamo_ros.memory.store import Store
from streamo_ros.memory.tiers import TierCounts
from streamo_ros.memory.writer import StoreWriter


def open_writer(values: Values, folder: str | Path, *, waits: bool = False) -> StoreWriter:
    """Open a store for writing.

    Args:
        values: the parameters; `memory.path` is not read.
        folder: the store.
        waits: see `StoreWriter`.

    Raises:
        StoreError: it cannot be opened.
    """
    store = Store(folder, values.whole('memory.max_bytes'), values.number('memory.max_days'))
    return StoreWriter(store, values.whole('memory.queue'), waits=waits)


def tier_counts(values: Values) -> TierCounts:
    """How much of the past is told in words."""
    return TierCounts(
        values.number('memory.chunk'),
        values.whole('memory.summaries'),
        values.whole('memory.blocks'),
    )
