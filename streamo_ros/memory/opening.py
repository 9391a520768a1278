# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Opens a store's database for writing; a damaged one is set aside and a new one begun."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path

from streamo_ros.memory.schema import DATABASE
from streamo_ros.memory.schema import open_writable
from streamo_ros.memory.schema import PICTURES
from streamo_ros.memory.schema import StoreError


def open_or_set_aside(folder: Path) -> tuple[sqlite3.Connection, str]:
    """The database of a store that this process holds the lock of.

    Returns:
        The database, and what was set aside, in one sentence; '' = nothing.

    Raises:
        StoreError: it is of another program, newer, or cannot be written.
    """
    try:
        try:
            return _checked(folder), ''
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            aside = _set_aside(folder)
            return _checked(folder), (
                f'the store {folder} is damaged ({error}) and was set aside as {aside.name}: '
                'nothing before now is remembered'
            )
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f'the store {folder} cannot be opened ({error}): give memory.path a folder on a disk '
            'with space that this user may write to'
        ) from error


def _checked(folder: Path) -> sqlite3.Connection:
    database = open_writable(folder)
    try:
        (verdict,) = database.execute('PRAGMA quick_check(1)').fetchone()
        if verdict != 'ok':
            raise sqlite3.DatabaseError(verdict)
    except BaseException:
        database.close()
        raise
    return database


def _set_aside(folder: Path) -> Path:
    aside = folder / f'damaged-{time.time_ns()}'
    aside.mkdir(mode=0o700)
    for name in (DATABASE, f'{DATABASE}-wal', f'{DATABASE}-shm', PICTURES):
        with contextlib.suppress(FileNotFoundError):
            (folder / name).rename(aside / name)
    return aside
