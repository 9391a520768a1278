# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Erases a time from a store: people have a right to it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from contextlib import suppress
from pathlib import Path

from streamo_ros.files import reason
from streamo_ros.memory.lock import StoreLock
from streamo_ros.memory.opening import open_checked
from streamo_ros.memory.opening import set_aside
from streamo_ros.memory.pictures import Pictures
from streamo_ros.memory.reader import Span
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.schema import cannot_write
from streamo_ros.memory.schema import DamagedError
from streamo_ros.memory.schema import FILES
from streamo_ros.memory.schema import PICTURES
from streamo_ros.memory.schema import StoreError
from streamo_ros.memory.summary_rows import erase_summaries


def erase(folder: Path, span: Span) -> int:
    """Erase all frames of a time, their pictures, and all that was said and seen on them.

    What is erased is overwritten in the database; a log of earlier writes is emptied.

    Args:
        folder: the store; no node may be using it.
        span: capture times, nanoseconds, both ends included.

    Returns:
        How many frames were erased.

    Raises:
        StoreError: a process uses the store, or it cannot be written.
    """
    lock = StoreLock(folder)
    try:
        with closing(StoreReader(folder)) as reader:
            frames = [
                frame.id for frame in reader.every_frame() if span[0] <= frame.stamp <= span[1]
            ]
        # Pictures first: if this is cut short, rows without a picture are left, and not the
        # reverse; and on a full disk, they make the room that the database needs.
        Pictures(folder / PICTURES).delete(frames)
        with closing(open_checked(folder)) as database:
            _erase(database, span)
            _overwrite(database, folder, len(frames))
    except (sqlite3.Error, OSError) as error:
        raise cannot_write(folder, error, 'erased from') from error
    finally:
        lock.release()
    return len(frames)


def erase_all(folder: Path) -> int:
    """Delete the files of a store, also of a damaged one, and all that was set aside.

    Args:
        folder: the store; no node may be using it.

    Returns:
        How many frames were erased; 0 where the database is damaged.

    Raises:
        StoreError: a process uses the store, it is of another program or newer, or its files
            cannot be deleted.
    """
    lock = StoreLock(folder)
    try:
        frames = 0
        with suppress(DamagedError), closing(StoreReader(folder)) as reader:
            frames = reader.counts()['frames']
        pictures = Pictures(folder / PICTURES)
        pictures.delete(pictures.all())
        for name in FILES:
            (folder / name).unlink(missing_ok=True)
        for _, aside in set_aside(folder):
            shutil.rmtree(aside)
    except OSError as error:
        raise cannot_write(folder, error, 'erased') from error
    finally:
        lock.release()
    return frames


def _erase(database: sqlite3.Connection, span: Span) -> None:
    database.execute('PRAGMA secure_delete = ON')
    database.execute('BEGIN IMMEDIATE')
    touched = 'WHERE {end} >= ? AND start <= ?'
    database.execute(
        f'DELETE FROM words WHERE rowid IN (SELECT id FROM answers {touched.format(end="stamp")})',  # noqa: S608
        span,
    )
    for table, end in (('answers', 'stamp'), ('sightings', 'stop')):
        database.execute(f'DELETE FROM {table} {touched.format(end=end)}', span)  # noqa: S608
    _cut_runs(database, span)
    erase_summaries(database, *span)
    database.execute('DELETE FROM frames WHERE stamp BETWEEN ? AND ?', span)
    for table, column in (('instructions', 'stream'), ('streams', 'id')):
        database.execute(
            f'DELETE FROM {table} WHERE NOT EXISTS '  # noqa: S608
            f'(SELECT 1 FROM frames WHERE stream = {table}.{column})'
        )
    database.execute('COMMIT')


def _overwrite(database: sqlite3.Connection, folder: Path, frames: int) -> None:
    """Leave nothing of what was deleted in free parts of the files."""
    try:
        database.execute("INSERT INTO words (words) VALUES ('optimize')")
        database.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchall()
        database.execute('VACUUM')
        database.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchall()
    except sqlite3.Error as error:
        raise StoreError(
            f'{frames} frames are erased from {folder}, but their words could not be overwritten '
            f'({reason(error)}): free space on its disk and erase the same time again'
        ) from error


def _cut_runs(database: sqlite3.Connection, span: Span) -> None:
    """Runs lose the part that is erased; one on both sides of it becomes two."""
    start, end = span
    database.execute(
        'INSERT INTO runs (stream, instruction, state, start, stop, frames, probability) '
        'SELECT stream, instruction, state, ?2 + 1, stop, frames, probability FROM runs '
        'WHERE start < ?1 AND stop > ?2',
        span,
    )
    database.execute('DELETE FROM runs WHERE start >= ? AND stop <= ?', span)
    database.execute('UPDATE runs SET stop = ?1 - 1 WHERE start < ?1 AND stop >= ?1', (start,))
    if end < 2**63 - 1:
        database.execute(
            'UPDATE runs SET start = ?1 + 1 WHERE start <= ?1 AND start >= ?2 AND stop > ?1',
            (end, start),
        )
