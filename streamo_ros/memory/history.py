# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The past in words for standing instructions: new where a chunk ends, and nobody waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Sequence
from datetime import tzinfo

from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.schema import StoreError
from streamo_ros.memory.tiers import read_tiers
from streamo_ros.memory.tiers import TierCounts

MISSING = 'What came after this could not be read.'
"""Marks words that are out of date because the store failed."""


class TierHistory:
    """The texts of the tiers, as `core.history.History`.

    The rows of a chunk are complete only where it ends, so the words are read then, in a thread of
    their own; until they are there, those before them are told, and such frames are counted.

    Args:
        reader: the store; used by this alone.
        zone: whose times of day are written.
        counts: see `TierCounts`.
        flush: waits until what was watched is in the store.
        waits: read the words at once instead: a replay is the same each time.

    Attributes:
        late: frames that were told words that were out of date.
        problem: why the store could not be read last time; ''.
    """

    def __init__(
        self,
        reader: StoreReader,
        zone: tzinfo,
        counts: TierCounts,
        flush: Callable[[], object],
        *,
        waits: bool = False,
    ) -> None:
        self.late = 0
        self.problem = ''
        self._reader = reader
        self._zone = zone
        self._counts = counts
        self._flush = flush
        self._waits = waits
        self._length = counts.length
        self._lines: tuple[str, ...] = ()
        self._start = 0
        self._thread: threading.Thread | None = None

    def __call__(self, stamp: int) -> Sequence[str]:
        """See `core.history.History`; called by one thread."""
        reading = self._thread is not None and self._thread.is_alive()
        if not reading and not 0 <= stamp - self._start < self._length:
            # The beginning of the chunk that this frame is in: on the grid of the tiers.
            self._start = stamp // self._length * self._length
            if self._waits:
                self._read(stamp)
            else:
                self._thread = threading.Thread(
                    target=self._read, args=(stamp,), name='streamo tiers', daemon=True
                )
                self._thread.start()
                reading = True
        self.late += reading
        return self._lines

    def close(self) -> None:
        """Let a reading end, and close the reader."""
        if self._thread is not None:
            self._thread.join(5.0)
        self._reader.close()

    def _read(self, stamp: int) -> None:
        try:
            self._flush()
            self._lines = read_tiers(self._reader, stamp, self._zone, self._counts).lines
            self.problem = ''
        except StoreError as error:
            self.problem = f'the past in words is out of date: {error}'
            if self._lines[-1:] != (MISSING,):
                self._lines = (*self._lines, MISSING)
