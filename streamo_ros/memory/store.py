# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The store that a process writes: rows in SQLite, pictures in files; used by one thread."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from streamo_ros.core.frame import SECOND
from streamo_ros.core.protocol import State
from streamo_ros.memory import thinning
from streamo_ros.memory.change import ChangeDetector
from streamo_ros.memory.lock import StoreLock
from streamo_ros.memory.opening import drop_set_aside
from streamo_ros.memory.opening import open_or_set_aside
from streamo_ros.memory.opening import set_aside
from streamo_ros.memory.pictures import encode_picture
from streamo_ros.memory.pictures import Pictures
from streamo_ros.memory.place import picture_bytes
from streamo_ros.memory.place import resume
from streamo_ros.memory.record import FrameRecord
from streamo_ros.memory.record import MemoryRecord
from streamo_ros.memory.record import SummaryRecord
from streamo_ros.memory.runs import RunWriter
from streamo_ros.memory.schema import cannot_write
from streamo_ros.memory.schema import PICTURES
from streamo_ros.memory.schema import StoreError
from streamo_ros.memory.summary_rows import put_summary

_LONGEST_STEP = 7200 * SECOND
_STREAMS = 8


class Store:
    """One folder, written by one process.

    Args:
        folder: made with mode 0700 where it is missing.
        max_bytes: rows and pictures together; the oldest leave first.
        max_days: frames written longer ago leave.

    Attributes:
        remark: what was set aside at the start; '' = nothing.

    Raises:
        StoreError: it cannot be opened; the message says why.
    """

    def __init__(
        self, folder: str | Path, max_bytes: int = 1_000_000_000, max_days: float = 7.0
    ) -> None:
        self.folder = Path(folder).expanduser()
        self._max_bytes = max_bytes
        self._max_age = int(max_days * thinning.DAY)
        self._lock = StoreLock(self.folder)
        try:
            self._database, self.remark = open_or_set_aside(self.folder)
            self._aside = set_aside(self.folder)
            self._pictures = Pictures(self.folder / PICTURES)
            self._place = resume(self._database, self._pictures)
        except BaseException as error:
            self._lock.release()
            if isinstance(error, (sqlite3.Error, OSError)):
                raise cannot_write(self.folder, error, 'opened for writing') from error
            raise
        self._runs = RunWriter(self._database)
        self._change = ChangeDetector()
        self._streams: dict[tuple[int, int], int] = {}
        self._texts: dict[int, set[int]] = {}

    def close(self) -> None:
        """Close it; what is written stays."""
        self._database.close()
        self._lock.release()

    def put(self, records: Sequence[MemoryRecord | SummaryRecord]) -> None:
        """Write records, all or none.

        Raises:
            StoreError: they cannot be written; the store is as before, and may be written later.
        """
        restore = self._saved()
        written: list[int] = []
        try:
            self._database.execute('BEGIN IMMEDIATE')
            for record in records:
                if isinstance(record, SummaryRecord):
                    put_summary(self._database, record)
                else:
                    self._put(record, written)
            self._database.execute('COMMIT')
        except (sqlite3.Error, OSError) as error:
            with contextlib.suppress(sqlite3.Error):
                self._database.execute('ROLLBACK')
            restore()
            with contextlib.suppress(OSError):
                self._pictures.delete(written)
            raise StoreError(
                f'{cannot_write(self.folder, error)}; what comes meanwhile is lost, and it goes '
                'on when it can'
            ) from error

    def tidy(self) -> None:
        """Let some of what is too old or too much leave; call after every `put`.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            before = time.time_ns() - self._max_age
            drop_set_aside(self._aside, before)
            with self._transaction() as gone:
                gone += thinning.thin(self._database, self._place.age)
                old = thinning.outdated(self._database, before)
                gone += self._drop(old)
            self._forget(gone)
            if self.bytes > self._max_bytes:
                self._shrink()
        except (sqlite3.Error, OSError) as error:
            raise cannot_write(self.folder, error, 'tidied up') from error

    def _shrink(self) -> None:
        with self._transaction() as gone:
            pictures = thinning.oldest_pictures(self._database)
            if pictures and self._place.picture_bytes > self._max_bytes // 10:
                thinning.drop_pictures(self._database, pictures)
                gone += pictures
            else:
                gone += self._drop(thinning.oldest_frames(self._database))
        self._forget(gone)
        self._database.execute('PRAGMA incremental_vacuum(256)').fetchall()

    def _drop(self, frames: list[int]) -> list[int]:
        if frames:
            thinning.drop_frames(self._database, frames)
        return frames

    def _forget(self, frames: Sequence[int]) -> None:
        if frames:
            self._pictures.delete(frames)
            self._place = replace(self._place, picture_bytes=picture_bytes(self._database))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[list[int]]:
        """A transaction; gives the list for frames whose files leave with it."""
        self._database.execute('BEGIN IMMEDIATE')
        try:
            yield []
            self._database.execute('COMMIT')
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._database.execute('ROLLBACK')
            raise

    # ---- one record ---------------------------------------------------------------------------

    def _put(self, record: MemoryRecord, written: list[int]) -> None:
        stream = self._stream(record)
        for key, text in record.instructions:
            if key not in self._texts.setdefault(stream, set()):
                self._database.execute(
                    'INSERT OR REPLACE INTO instructions VALUES (?, ?, ?)', (stream, key, text)
                )
                self._texts[stream].add(key)
        if record.frame is not None:
            self._put_frame(stream, record.frame, written)
        for decision in record.states:
            changed = self._runs.state(stream, decision)
            if changed or decision.state is State.RESPONSE:
                self._database.execute(
                    'UPDATE frames SET keep = 1 WHERE stream = ? AND stamp = ?',
                    (stream, decision.stamp),
                )
        for answer in record.answers:
            row = self._database.execute(
                'INSERT INTO answers (stream, instruction, stamp, start, text, about, probability)'
                ' VALUES (?, ?, ?, ?, ?, ?, ?)',
                (
                    stream,
                    answer.instruction_id,
                    answer.stamp,
                    answer.start,
                    answer.text,
                    answer.instruction,
                    answer.probability,
                ),
            ).lastrowid
            self._database.execute(
                'INSERT INTO words (rowid, text, about) VALUES (?, ?, ?)',
                (row, answer.text, answer.instruction),
            )

    def _put_frame(self, stream: int, frame: FrameRecord, written: list[int]) -> None:
        self._follow(frame.stamp)
        number = self._place.next
        picture, keep = b'', False
        if frame.image is not None:
            keep = self._change.look(frame.image)
            picture = encode_picture(frame.image)
            written.append(number)
            self._pictures.write(number, picture)
        vector = None if frame.vector is None else frame.vector.astype('<f2').tobytes()
        self._database.execute(
            'INSERT INTO frames VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
            (
                number,
                stream,
                frame.stamp,
                self._place.age,
                time.time_ns(),
                len(picture),
                int(keep),
                vector,
            ),
        )
        self._place = replace(
            self._place,
            next=number + 1,
            picture_bytes=self._place.picture_bytes + len(picture),
        )
        self._runs.sightings(stream, frame.stamp, frame.sightings)

    def _follow(self, stamp: int) -> None:
        """Count watched time: a jump ahead adds two hours at most, a jump back nothing."""
        step = stamp - self._place.stamp if self._place.stamp else 0
        age = self._place.age + min(max(0, step), _LONGEST_STEP)
        self._place = replace(self._place, age=age, stamp=stamp)

    def _stream(self, record: MemoryRecord) -> int:
        key = record.stream
        if key not in self._streams:
            stamps = [record.frame.stamp] if record.frame else []
            stamps += [decision.stamp for decision in record.states]
            row = self._database.execute(
                'INSERT INTO streams (began, model, written) VALUES (?, ?, ?)',
                (min(stamps, default=0), record.model_id, time.time_ns()),
            ).lastrowid
            self._streams[key] = row or 0
            for old in list(self._streams)[:-_STREAMS]:
                self._runs.forget(self._streams[old])
                self._texts.pop(self._streams.pop(old), None)
        return self._streams[key]

    # ---- what to go back to when a transaction fails ------------------------------------------

    def _saved(self) -> Callable[[], None]:
        """A function that takes back what changes from here on, besides the database."""
        streams, runs, place = dict(self._streams), self._runs.saved(), self._place
        texts = {stream: set(keys) for stream, keys in self._texts.items()}

        def restore() -> None:
            self._streams, self._texts, self._place = streams, texts, place
            self._runs.restore(runs)

        return restore

    @property
    def bytes(self) -> int:
        """What rows and pictures take."""
        (pages,) = self._database.execute('PRAGMA page_count').fetchone()
        (size,) = self._database.execute('PRAGMA page_size').fetchone()
        return int(self._place.picture_bytes + pages * size)
