# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Erases a time from a store: people have a right to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from streamo_ros.files import reason
from streamo_ros.memory.lock import StoreLock
from streamo_ros.memory.opening import open_or_set_aside
from streamo_ros.memory.pictures import Pictures
from streamo_ros.memory.reader import Span
from streamo_ros.memory.schema import PICTURES
from streamo_ros.memory.schema import StoreError


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
        database, _ = open_or_set_aside(folder)
        with closing(database):
            return _erase(database, Pictures(folder / PICTURES), span)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f'the store {folder} cannot be erased from ({reason(error)})') from error
    finally:
        lock.release()


def _erase(database: sqlite3.Connection, pictures: Pictures, span: Span) -> int:
    frames = [
        row
        for (row,) in database.execute('SELECT id FROM frames WHERE stamp BETWEEN ? AND ?', span)
    ]
    # Pictures first: if this is cut short, rows without a picture are left, and not the reverse.
    pictures.delete(frames)
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
    database.execute('DELETE FROM frames WHERE stamp BETWEEN ? AND ?', span)
    for table, column in (('instructions', 'stream'), ('streams', 'id')):
        database.execute(
            f'DELETE FROM {table} WHERE NOT EXISTS '  # noqa: S608
            f'(SELECT 1 FROM frames WHERE stream = {table}.{column})'
        )
    database.execute('COMMIT')
    database.execute("INSERT INTO words (words) VALUES ('optimize')")
    database.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchall()
    database.execute('VACUUM')
    database.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchall()
    return len(frames)


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
