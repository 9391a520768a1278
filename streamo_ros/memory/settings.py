# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The memory that the parameters ask for."""

from __future__ import annotations

from pathlib import Path

from streamo_ros.config.parameter import ParameterError
from streamo_ros.config.settings import Values
from streamo_ros.memory.clock_times import find_zone
from streamo_ros.memory.history import TierHistory
from streamo_ros.memory.reader import StoreReader
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


def open_history(
    values: Values, writer: StoreWriter | None, *, waits: bool = False
) -> TierHistory | None:
    """The past in words for standing instructions; None where nobody asked for it.

    Args:
        values: the parameters.
        writer: writes the store; None without one.
        waits: see `TierHistory`.

    Raises:
        ParameterError: it is asked for, and there is no store.
        StoreError: the store cannot be read.
        TimeError: there is no such time zone.
    """
    if values.text('context.history') == 'none':
        return None
    if writer is None:
        raise ParameterError(
            'context.history tiers needs a memory: set memory.path (in a replay, add --memory '
            'DIR), or context.history to none'
        )
    zone = find_zone(values.text('memory.time_zone'))
    reader = StoreReader(writer.folder)
    return TierHistory(reader, zone, tier_counts(values), lambda: writer.flush(60.0), waits=waits)


def tier_counts(values: Values) -> TierCounts:
    """How much of the past is told in words."""
    return TierCounts(
        values.number('memory.chunk'),
        values.whole('memory.summaries'),
        values.whole('memory.blocks'),
    )
