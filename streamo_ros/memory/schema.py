# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The store's database: its tables, whose it is, and how it is opened.

One SQLite file in WAL mode: one process writes, any number may read meanwhile. After `kill -9` it
is as of the last commit; after a power cut the last seconds may be missing.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from streamo_ros.core.errors import StreamoError
from streamo_ros.databases import check_header
from streamo_ros.databases import check_pages
from streamo_ros.databases import damage_found
from streamo_ros.databases import is_damage
from streamo_ros.files import reason

APPLICATION = 0x5374_6D6F
SCHEMA = 2
_NO_VERSION = 1000
"""No version will be as large: such a one is damage."""
DATABASE, PICTURES, LOCK = 'memory.sqlite', 'pictures', 'lock'
FILES = (DATABASE, f'{DATABASE}-wal', f'{DATABASE}-shm')
"""Those of the database."""

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)

_TABLES = """
CREATE TABLE streams (
    id INTEGER PRIMARY KEY AUTOINCREMENT, began INTEGER NOT NULL, model TEXT NOT NULL,
    written INTEGER NOT NULL);
CREATE TABLE frames (
    id INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL, stamp INTEGER NOT NULL,
    age INTEGER NOT NULL, written INTEGER NOT NULL, picture INTEGER NOT NULL,
    keep INTEGER NOT NULL, vector BLOB);
CREATE INDEX frames_by_stamp ON frames (stamp);
CREATE INDEX frames_by_stream ON frames (stream, stamp);
CREATE INDEX frames_with_picture ON frames (id, picture) WHERE picture > 0;
CREATE TABLE instructions (
    stream INTEGER NOT NULL, id INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (stream, id));
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, instruction INTEGER NOT NULL,
    state INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL,
    frames INTEGER NOT NULL, probability REAL);
CREATE INDEX runs_by_stop ON runs (stop);
CREATE TABLE answers (
    id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, instruction INTEGER NOT NULL,
    stamp INTEGER NOT NULL, start INTEGER NOT NULL, text TEXT NOT NULL, about TEXT NOT NULL,
    probability REAL);
CREATE INDEX answers_by_stamp ON answers (stamp);
CREATE TABLE sightings (
    id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, kind TEXT NOT NULL, start INTEGER NOT NULL,
    stop INTEGER NOT NULL, frames INTEGER NOT NULL, score REAL NOT NULL, box TEXT NOT NULL);
CREATE INDEX sightings_by_kind ON sightings (kind, stop);
CREATE INDEX sightings_by_stop ON sightings (stop);
CREATE TABLE thinned (tier INTEGER PRIMARY KEY, done INTEGER NOT NULL, bucket INTEGER NOT NULL);
CREATE VIRTUAL TABLE words USING fts5(text, about, tokenize = 'porter unicode61');
"""

_SUMMARIES = """
CREATE TABLE summaries (
    start INTEGER NOT NULL, stop INTEGER NOT NULL, status INTEGER NOT NULL, text TEXT NOT NULL,
    problem TEXT NOT NULL, covered INTEGER NOT NULL, answer INTEGER NOT NULL,
    pictures INTEGER NOT NULL, model TEXT NOT NULL, PRIMARY KEY (start, stop));
"""
"""What schema 2 has besides that of schema 1."""


class StoreError(StreamoError, RuntimeError):
    """A store cannot be opened, read or written; the message says why and what to do."""


class DamagedError(StoreError):
    """A store's database is damaged; its pictures may be sound."""


def create(path: Path) -> None:
    """Make a database with its tables; whole, or not at all.

    Args:
        path: where there is none; only the holder of the store's lock may call this.

    Raises:
        sqlite3.Error, OSError: it cannot be written.
    """
    new = path.with_name(f'{path.name}.new')
    parts = [new.with_name(new.name + ending) for ending in ('', '-wal', '-shm')]
    for part in parts:
        part.unlink(missing_ok=True)
    try:
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        _fill(new)
        # A process that was killed before this has left nothing that looks like a store.
        new.rename(path)
    except BaseException:
        for part in parts:
            with suppress(OSError):
                part.unlink()
        raise


def _fill(path: Path) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    try:
        # Before the first table: afterwards it would need the whole file to be written anew.
        database.execute('PRAGMA auto_vacuum = INCREMENTAL')
        database.execute('PRAGMA journal_mode = WAL')
        database.execute('BEGIN')
        make_tables(database)
        database.execute(f'PRAGMA application_id = {APPLICATION}')
        database.execute(f'PRAGMA user_version = {SCHEMA}')
        database.execute('COMMIT')
        database.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchall()
    finally:
        database.close()


def make_tables(database: sqlite3.Connection) -> None:
    """Make the tables of a store in an empty database."""
    for statement in filter(str.strip, (_TABLES + _SUMMARIES).split(';')):
        database.execute(statement)


def check(database: sqlite3.Connection, folder: Path) -> None:
    """Refuse a database that is not a store of ours, or of a version that we do not know.

    Raises:
        StoreError: it is not ours, or newer.
        sqlite3.DatabaseError: it is damaged.
    """
    (application,) = database.execute('PRAGMA application_id').fetchone()
    (version,) = database.execute('PRAGMA user_version').fetchone()
    if application != APPLICATION:
        raise StoreError(
            f'{folder / DATABASE} is a database of another program: give memory.path a folder of '
            'its own'
        )
    if not 0 < version < _NO_VERSION:
        raise sqlite3.DatabaseError('its header is damaged')
    if version > SCHEMA:
        raise StoreError(
            f'{folder} was written by a newer version of this package (schema {version}, this '
            f'one reads {SCHEMA}): update the package, or give memory.path another folder'
        )


def open_writable(folder: Path) -> sqlite3.Connection:
    """The database of a store that this process holds the lock of.

    Raises:
        StoreError: it is not ours, or newer.
        sqlite3.Error: it is damaged, or cannot be written.
    """
    path = folder / DATABASE
    if not path.exists():
        create(path)
    check_header(path)
    database = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        with damage_found():
            check(database, folder)
            database.execute('PRAGMA synchronous = NORMAL')
            database.execute('PRAGMA trusted_schema = OFF')
            database.execute('PRAGMA secure_delete = FAST')
            database.execute('PRAGMA journal_size_limit = 4194304')
            # Fails here on a read-only disk, and not at the first frame.
            _migrate(database)
    except BaseException:
        database.close()
        raise
    return database


def _migrate(database: sqlite3.Connection) -> None:
    """Give a store of schema 1 what it lacks, and write that it is of ours; all or nothing."""
    database.execute('BEGIN IMMEDIATE')
    (version,) = database.execute('PRAGMA user_version').fetchone()
    if version < 2:
        database.execute(_SUMMARIES)
    database.execute(f'PRAGMA user_version = {SCHEMA}')
    database.execute('COMMIT')


def open_readable(folder: Path) -> sqlite3.Connection:
    """A connection that cannot write; several may be open, also while a node writes.

    Raises:
        StoreError: there is no store, it is not ours, newer, damaged or cannot be read.
    """
    path = folder / DATABASE
    if not path.is_file():
        raise StoreError(
            f'{folder} is no store: give the folder that memory.path or `streamo replay '
            '--memory` named'
        )
    try:
        return _readable(path, folder, 'mode=ro')
    except sqlite3.OperationalError as error:
        log = path.with_name(path.name + '-wal')
        if log.exists() and log.stat().st_size:
            raise StoreError(
                f'{folder} cannot be read ({error}): its last entries are in a log that needs a '
                'writable disk; copy the folder to one'
            ) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(folder, error) from error
    # On a read-only disk: nobody else can be writing.
    try:
        return _readable(path, folder, 'immutable=1')
    except sqlite3.Error as error:
        raise _damaged(folder, error) from error


def _damaged(folder: Path, error: Exception) -> StoreError:
    return DamagedError(
        f'{folder} cannot be read ({error}): if it is damaged, start the node with it, which sets '
        'the damaged file aside and goes on with a new one'
    )


def cannot_write(folder: Path, error: Exception, verb: str = 'written') -> StoreError:
    """Why a store cannot be written, and what to do about it.

    Args:
        folder: the store.
        error: what SQLite or the system said.
        verb: what was to be done with it.
    """
    why = reason(error)
    full = 'disk is full' in why or (isinstance(error, OSError) and error.errno in _NO_SPACE)
    cure = 'a store must be in a folder that this user may write to'
    if full:
        cure = 'free space on its disk'
    elif isinstance(error, sqlite3.Error) and is_damage(error):
        cure = 'it is damaged, give memory.path another folder'
    return StoreError(f'the store {folder} cannot be {verb} ({why}): {cure}')


def _readable(path: Path, folder: Path, how: str) -> sqlite3.Connection:
    database = sqlite3.connect(
        f'{path.resolve().as_uri()}?{how}', uri=True, timeout=5.0, check_same_thread=False
    )
    try:
        with damage_found():
            database.execute('PRAGMA trusted_schema = OFF')
            database.execute('PRAGMA query_only = ON')
            check(database, folder)
            check_pages(database)
            database.execute('SELECT count(*) FROM streams').fetchone()
    except BaseException:
        database.close()
        raise
    return database
