# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Opens a store's database for writing; a damaged one is set aside and a new one begun."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from pathlib import Path

from streamo_ros.databases import check_database
from streamo_ros.memory.schema import cannot_write
from streamo_ros.memory.schema import FILES
from streamo_ros.memory.schema import make_tables
from streamo_ros.memory.schema import open_writable
from streamo_ros.memory.schema import PICTURES

_ASIDE = 'damaged-'


def open_or_set_aside(folder: Path) -> tuple[sqlite3.Connection, str]:
    """The database of a store that this process holds the lock of.

    Returns:
        The database, and what was set aside, in one sentence; '' = nothing.

    Raises:
        StoreError: it is of another program, newer, or cannot be written.
    """
    try:
        try:
            return open_checked(folder), ''
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            aside = _set_aside(folder)
            return open_checked(folder), (
                f'the store {folder} is damaged ({error}) and was set aside as {aside.name}: '
                'nothing before now is remembered'
            )
    except (sqlite3.Error, OSError) as error:
        raise cannot_write(folder, error, 'opened for writing') from error


def open_checked(folder: Path) -> sqlite3.Connection:
    """The database of a store that this process holds the lock of, as it is.

    Raises:
        StoreError: it is of another program, or newer.
        sqlite3.Error: it is damaged, or cannot be written.
        OSError: it cannot be made.
    """
    database = open_writable(folder)
    try:
        check_database(database, make_tables)
    except BaseException:
        database.close()
        raise
    return database


def set_aside(folder: Path) -> list[tuple[int, Path]]:
    """What was set aside: when, in nanoseconds of the system clock, and where; oldest first."""
    folders = []
    for path in folder.glob(f'{_ASIDE}*'):
        with contextlib.suppress(ValueError):
            folders.append((int(path.name.removeprefix(_ASIDE)), path))
    return sorted(folders)


def drop_set_aside(folders: list[tuple[int, Path]], before: int) -> None:
    """Delete what was set aside before a time, on the disk and from the list.

    Args:
        folders: see `set_aside`; changed.
        before: nanoseconds of the system clock.
    """
    while folders and folders[0][0] < before:
        shutil.rmtree(folders.pop(0)[1], ignore_errors=True)


def _set_aside(folder: Path) -> Path:
    aside = folder / f'{_ASIDE}{time.time_ns()}'
    aside.mkdir(mode=0o700)
    for name in (*FILES, PICTURES):
        with contextlib.suppress(FileNotFoundError):
            (folder / name).rename(aside / name)
    return aside
