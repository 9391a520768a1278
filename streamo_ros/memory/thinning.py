# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which pictures leave: by age, and when the store is larger or older than it may be.

A picture's age is capture time that was watched since, so that a clock that jumps or a bag that
loops ages nothing. Bounded work a call; call it often.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from streamo_ros.core.frame import SECOND
from streamo_ros.memory.summary_rows import drop_summaries

TIERS = ((600 * SECOND, 10 * SECOND), (7200 * SECOND, 60 * SECOND))
"""From this age on, one picture in so much capture time is kept; until the first, all."""

DAY = 86_400 * SECOND
_SLICE = 64


def thin(database: sqlite3.Connection, newest: int) -> list[int]:
    """Mark pictures that are one too many for their age as gone.

    Pictures on which something was said or much changed stay.

    Args:
        database: in a transaction.
        newest: the age mark of the newest frame.

    Returns:
        The frames whose files are to be deleted, once the transaction is through.
    """
    gone: list[int] = []
    for number, (age, spacing) in enumerate(TIERS):
        done, bucket = _pointer(database, number)
        rows = database.execute(
            'SELECT id, age, keep FROM frames WHERE id > ? AND age < ? AND picture > 0 '
            'ORDER BY id LIMIT ?',
            (done, newest - age, _SLICE),
        ).fetchall()
        if not rows:
            continue
        for frame, mark, keep in rows:
            if keep:
                continue
            if mark // spacing == bucket:
                gone.append(frame)
            bucket = mark // spacing
        _set_pointer(database, number, rows[-1][0], bucket)
    drop_pictures(database, gone)
    return gone


def drop_pictures(database: sqlite3.Connection, frames: Sequence[int]) -> None:
    """Mark pictures as gone."""
    database.executemany(
        'UPDATE frames SET picture = 0 WHERE id = ?', [(frame,) for frame in frames]
    )


def oldest_pictures(database: sqlite3.Connection) -> list[int]:
    """The next pictures to leave a store that is too large: those that are not kept for a reason.

    Only when none of those is left, the kept ones.
    """
    for keep in (0, 1):
        rows = database.execute(
            'SELECT id FROM frames WHERE picture > 0 AND keep = ? ORDER BY id LIMIT ?',
            (keep, _SLICE),
        ).fetchall()
        if rows:
            return [frame for (frame,) in rows]
    return []


def outdated(database: sqlite3.Connection, before: int) -> list[int]:
    """The oldest frames that were written before a time, nanoseconds of the system clock."""
    rows = database.execute(
        'SELECT id, written FROM frames ORDER BY id LIMIT ?', (_SLICE,)
    ).fetchall()
    return [frame for frame, written in rows if written < before]


def oldest_frames(database: sqlite3.Connection) -> list[int]:
    """The oldest frames of all."""
    rows = database.execute('SELECT id FROM frames ORDER BY id LIMIT ?', (_SLICE,)).fetchall()
    return [frame for (frame,) in rows]


def drop_frames(database: sqlite3.Connection, frames: Sequence[int]) -> None:
    """Delete frames, and all that happened in their streams up to the last of them."""
    newest = 0
    for stream, stamp in database.execute(
        f'SELECT stream, max(stamp) FROM frames WHERE id IN ({", ".join("?" * len(frames))}) '  # noqa: S608
        'GROUP BY stream',
        list(frames),
    ).fetchall():
        here, newest = (stream, stamp), max(newest, stamp)
        database.execute(
            'DELETE FROM words WHERE rowid IN '
            '(SELECT id FROM answers WHERE stream = ? AND stamp <= ?)',
            here,
        )
        database.execute('DELETE FROM answers WHERE stream = ? AND stamp <= ?', here)
        database.execute('DELETE FROM runs WHERE stream = ? AND stop <= ?', here)
        database.execute('DELETE FROM sightings WHERE stream = ? AND stop <= ?', here)
    database.executemany('DELETE FROM frames WHERE id = ?', [(frame,) for frame in frames])
    drop_summaries(database, newest)
    for table, column in (('instructions', 'stream'), ('streams', 'id')):
        database.execute(
            f'DELETE FROM {table} WHERE {column} < (SELECT max(id) FROM streams) AND NOT EXISTS '  # noqa: S608
            f'(SELECT 1 FROM frames WHERE stream = {table}.{column})'
        )


def _pointer(database: sqlite3.Connection, tier: int) -> tuple[int, int]:
    row = database.execute('SELECT done, bucket FROM thinned WHERE tier = ?', (tier,)).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, -1)


def _set_pointer(database: sqlite3.Connection, tier: int, done: int, bucket: int) -> None:
    database.execute('INSERT OR REPLACE INTO thinned VALUES (?, ?, ?)', (tier, done, bucket))
