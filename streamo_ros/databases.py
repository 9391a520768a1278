# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the file of an SQLite database is sound.

SQLite opens files that are damaged, and says of some that they may not be written, or raises an
error whose text cannot be decoded: whatever is not as it was written is called damage here.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

_VERSIONS = slice(18, 20)
"""Bytes that say how a file is written and read: 1 or 2."""


@contextlib.contextmanager
def damage_found() -> Iterator[None]:
    """Raise whatever shows that a file is damaged as `sqlite3.DatabaseError`, and no kind of it.

    `sqlite3.OperationalError` remains for files that may be sound: locked, read-only, no space.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        raise sqlite3.DatabaseError('it holds text that is none') from error
    except sqlite3.OperationalError as error:
        if not is_damage(error):
            raise
        raise sqlite3.DatabaseError(str(error)) from error


def check_header(path: Path) -> None:
    """Check the first bytes of a file, which may be empty.

    Raises:
        sqlite3.DatabaseError: they are damaged; SQLite would take it for a lack of permission.
        OSError: it cannot be read.
    """
    with path.open('rb') as file:
        header = file.read(_VERSIONS.stop)
    if header[_VERSIONS].strip(b'\1\2'):
        raise sqlite3.DatabaseError('its header is damaged')


def check_database(
    database: sqlite3.Connection, make_tables: Callable[[sqlite3.Connection], None]
) -> None:
    """Check all pages and the tables' definitions.

    Args:
        database: an open database.
        make_tables: makes the tables that it should have, in an empty one.

    Raises:
        sqlite3.DatabaseError: it is damaged.
        sqlite3.OperationalError: it cannot be read.
    """
    with damage_found():
        check_pages(database)
        with contextlib.closing(sqlite3.connect(':memory:')) as sound:
            make_tables(sound)
            if _tables(database) != _tables(sound):
                raise sqlite3.DatabaseError('its tables are not what they should be')


def check_pages(database: sqlite3.Connection) -> None:
    """Check all pages: those of a damaged file may lead in a circle, and a query never end.

    Raises:
        sqlite3.DatabaseError: one is damaged.
    """
    with damage_found():
        (verdict,) = database.execute('PRAGMA quick_check(1)').fetchone()
    if verdict != 'ok':
        raise sqlite3.DatabaseError(verdict)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite complains about the file's content, and not about access, space or use.

    Judged by its words: Python 3.10 does not have the error's code.
    """
    words = ('file format', 'malformed', 'not a database', 'Could not decode')
    return any(part in str(error) for part in words)


def _tables(database: sqlite3.Connection) -> set[tuple[str, ...]]:
    return set(database.execute('SELECT type, name, tbl_name, sql FROM sqlite_master'))
