# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a store stands, and where it goes on after a crash."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from streamo_ros.memory.pictures import Pictures
from streamo_ros.memory.thinning import drop_pictures


@dataclass(frozen=True, slots=True)
class StorePlace:
    """Where the store stands.

    Attributes:
        age: capture time watched so far, nanoseconds.
        stamp: of the last frame; 0 = none.
        next: the row of the next frame.
        picture_bytes: of all pictures.
    """

    age: int
    stamp: int
    next: int
    picture_bytes: int


def resume(database: sqlite3.Connection, pictures: Pictures) -> StorePlace:
    """Go on after the last row, with rows and files in step.

    Files that no row knows are what a crash left behind. Rows whose file is gone, after an erasure
    that was cut short or by hand, lose their picture.
    """
    last = database.execute('SELECT age, stamp FROM frames ORDER BY id DESC LIMIT 1').fetchone()
    number = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'frames'").fetchone()
    known = {row for (row,) in database.execute('SELECT id FROM frames WHERE picture > 0')}
    files = set(pictures.all())
    pictures.delete(files - known)
    if known - files:
        drop_pictures(database, sorted(known - files))
    age, stamp = last or (0, 0)
    return StorePlace(age, stamp, (number[0] if number else 0) + 1, picture_bytes(database))


def picture_bytes(database: sqlite3.Connection) -> int:
    """What all pictures take."""
    (size,) = database.execute(
        'SELECT ifnull(sum(picture), 0) FROM frames WHERE picture > 0'
    ).fetchone()
    return int(size)
