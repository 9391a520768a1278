# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a store in a thread of its own, so that nobody who watches waits for a disk.

The queue is bounded: when the disk is too slow, pictures are left out first, then whole frames,
and both are counted. States and answers are left out last, with their frames.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from dataclasses import replace

from streamo_ros.memory.record import MemoryRecord
from streamo_ros.memory.record import SummaryRecord
from streamo_ros.memory.schema import StoreError
from streamo_ros.memory.store import Store

_BATCH = 16
_ROWS = 16
"""Records without pictures that may wait, as a multiple of those with pictures."""

_RETRY = 1.0


@dataclass
class WriterCounts:
    """What became of the records.

    Attributes:
        written: records in the store.
        without_picture: those whose picture was left out because the queue was full.
        lost: records that were not written at all.
    """

    written: int = 0
    without_picture: int = 0
    lost: int = 0


class StoreWriter:
    """The thread.

    Args:
        store: used by it alone; closed with it.
        queue: records that may wait with their pictures.
        waits: `put` waits while the queue is full, instead of leaving anything out.

    Attributes:
        counts: so far.
        problem: why the last write failed; '' = it did not.
    """

    def __init__(self, store: Store, queue: int = 32, *, waits: bool = False) -> None:
        self.counts = WriterCounts()
        self.problem = ''
        self.folder = store.folder
        self._store = store
        self._limit = queue
        self._waits = waits
        self._remark = store.remark
        self._queue: deque[MemoryRecord | SummaryRecord] = deque()
        self._ready = threading.Condition()
        self._stopping = False
        self._writing = False
        self._sessions = 0
        self._bytes = store.bytes
        self._thread = threading.Thread(target=self._run, name='streamo memory', daemon=True)
        self._thread.start()

    @property
    def bytes(self) -> int:
        """What the store takes on the disk."""
        return self._bytes

    @property
    def remarks(self) -> list[str]:
        """What the user should know, in sentences."""
        counts = self.counts
        remarks = [self._remark, self.problem]
        if counts.lost:
            remarks.append(f'{counts.lost} frames were not remembered: the disk was full or slow')
        if counts.without_picture:
            remarks.append(
                f'the pictures of {counts.without_picture} frames were not remembered: the disk '
                'was slow'
            )
        return [remark for remark in remarks if remark]

    def new_session(self) -> int:
        """A number that keeps the streams of one activation apart from those of others."""
        with self._ready:
            self._sessions += 1
            return self._sessions

    def put(self, record: MemoryRecord | SummaryRecord) -> None:
        """Add a record to the queue; waits for the disk only where that was asked for."""
        with self._ready:
            if self._waits:
                self._ready.wait_for(lambda: len(self._queue) < self._limit)
            if len(self._queue) >= self._limit * _ROWS:
                self.counts.lost += 1
                return
            if isinstance(record, MemoryRecord) and len(self._queue) >= self._limit:
                record = self._without_picture(record)
            self._queue.append(record)
            self._ready.notify_all()

    def _without_picture(self, record: MemoryRecord) -> MemoryRecord:
        if record.frame is None or record.frame.image is None:
            return record
        self.counts.without_picture += 1
        return replace(record, frame=replace(record.frame, image=None))

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until all that was put before is written; returns whether it is."""
        with self._ready:
            return self._ready.wait_for(lambda: not self._queue and not self._writing, timeout)

    def close(self, timeout: float = 10.0) -> None:
        """Write what waits, and close the store."""
        with self._ready:
            self._stopping = True
            self._ready.notify_all()
        self._thread.join(timeout)

    def _run(self) -> None:
        since = 0
        try:
            while batch := self._next():
                self._write(batch)
                since += len(batch)
                if since >= _BATCH:
                    since = 0
                    self._tidy()
        finally:
            self._store.close()

    def _next(self) -> list[MemoryRecord | SummaryRecord]:
        """The records to write next; empty when there are none and there will be none."""
        with self._ready:
            self._writing = False
            self._ready.notify_all()
            self._ready.wait_for(lambda: self._queue or self._stopping)
            batch = [self._queue.popleft() for _ in range(min(_BATCH, len(self._queue)))]
            self._writing = bool(batch)
        return batch

    def _write(self, batch: list[MemoryRecord | SummaryRecord]) -> None:
        try:
            self._store.put(batch)
        except StoreError as error:
            self.problem = str(error)
            self.counts.lost += len(batch)
            if not self._stopping:
                # A full disk: trying again at once would only heat the machine.
                time.sleep(_RETRY)
            return
        self.counts.written += len(batch)
        self.problem = ''

    def _tidy(self) -> None:
        try:
            self._store.tidy()
            self._bytes = self._store.bytes
        except StoreError as error:
            self.problem = str(error)
