# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What survives a crash: active instructions, the next id, the last answers.

One SQLite file in WAL mode, written before a service replies, so that `kill -9` or a power cut
loses nothing that was confirmed. Used by several threads of one process.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.instruction import InstructionSource
from streamo_ros.databases import check_database
from streamo_ros.databases import check_header
from streamo_ros.databases import damage_found

SCHEMA = 1
_log = logging.getLogger(__name__)
_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS instructions (
    id INTEGER PRIMARY KEY, text TEXT NOT NULL, source INTEGER NOT NULL,
    max_responses INTEGER NOT NULL, cooldown INTEGER NOT NULL, lifetime INTEGER NOT NULL,
    backfill INTEGER NOT NULL, response_count INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS answers (
    number INTEGER PRIMARY KEY AUTOINCREMENT, instruction_id INTEGER NOT NULL,
    stamp INTEGER NOT NULL, text TEXT NOT NULL);
"""
_COLUMNS = (
    'id',
    'text',
    'source',
    'max_responses',
    'cooldown',
    'lifetime',
    'backfill',
    'response_count',
)


class JournalError(StreamoError, RuntimeError):
    """The journal cannot be opened; the message states the problem and how to fix it."""


@dataclass(frozen=True, slots=True)
class JournalAnswer:
    """An answer of the past.

    Attributes:
        instruction_id: the instruction that was answered.
        stamp: capture time of its frame, nanoseconds.
        text: the answer.
    """

    instruction_id: int
    stamp: int
    text: str


class Journal:
    """The file.

    Args:
        path: the file; created with mode 0600, its folder with 0700.
        most_answers: answers kept for each instruction.

    Attributes:
        remark: why an older file was set aside; '' = it was not.
        problem: why the last write failed; '' = it did not.

    Raises:
        JournalError: it cannot be opened or created, or another process has it open.
    """

    def __init__(self, path: str | Path, most_answers: int = 8) -> None:
        self.path = Path(path).expanduser()
        self.remark = ''
        self.problem = ''
        self._most_answers = most_answers
        self._lock = threading.Lock()
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._database = self._opened()
        except (OSError, sqlite3.OperationalError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise JournalError(
                f'the journal {self.path} cannot be opened ({reason}): give journal.path a file '
                'in a folder that this user may write to, one file for each node'
            ) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def active(self) -> tuple[Instruction, ...]:
        """The instructions that were active at the last write, except those of goals."""
        with self._lock:
            rows = self._database.execute(
                f'SELECT {", ".join(_COLUMNS)} FROM instructions ORDER BY id'  # noqa: S608
            ).fetchall()
        return tuple(
            Instruction(
                key,
                text,
                InstructionSource(source),
                0,
                0,
                most,
                cooldown,
                lifetime,
                backfill,
                count,
            )
            for key, text, source, most, cooldown, lifetime, backfill, count in rows
        )

    def next_id(self) -> int:
        """An id that was never used."""
        with self._lock:
            row = self._database.execute("SELECT value FROM meta WHERE key = 'next_id'").fetchone()
        return int(row[0]) if row else 1

    def answers(self, instruction_id: int) -> tuple[JournalAnswer, ...]:
        """The last answers to an instruction, oldest first."""
        with self._lock:
            rows = self._database.execute(
                'SELECT instruction_id, stamp, text FROM answers WHERE instruction_id = ? '
                'ORDER BY number',
                (instruction_id,),
            ).fetchall()
        return tuple(JournalAnswer(*row) for row in rows)

    def keep(
        self, instructions: Sequence[Instruction], answers: Sequence[JournalAnswer] = ()
    ) -> bool:
        """Write all active instructions, and new answers; returns whether it could."""
        rows = [
            tuple(getattr(instruction, name) for name in _COLUMNS)
            for instruction in instructions
            if instruction.source is not InstructionSource.ACTION
        ]
        next_id = max((instruction.id for instruction in instructions), default=0) + 1

        def write(database: sqlite3.Connection) -> None:
            database.execute('DELETE FROM instructions')
            marks = ', '.join('?' * len(_COLUMNS))
            database.executemany(f'INSERT INTO instructions VALUES ({marks})', rows)  # noqa: S608
            database.execute(
                "INSERT INTO meta VALUES ('next_id', ?) ON CONFLICT (key) "
                'DO UPDATE SET value = max(value, excluded.value)',
                (next_id,),
            )
            self._put_answers(database, answers)

        return self._write(write)

    def _put_answers(self, database: sqlite3.Connection, answers: Sequence[JournalAnswer]) -> None:
        """Add answers; drop the oldest and those of instructions that are gone."""
        database.executemany(
            'INSERT INTO answers (instruction_id, stamp, text) VALUES (?, ?, ?)',
            [(answer.instruction_id, answer.stamp, answer.text) for answer in answers],
        )
        database.execute(
            'DELETE FROM answers WHERE instruction_id NOT IN (SELECT id FROM instructions)'
        )
        database.executemany(
            'DELETE FROM answers WHERE instruction_id = ?1 AND number NOT IN (SELECT number '
            'FROM answers WHERE instruction_id = ?1 ORDER BY number DESC LIMIT ?2)',
            [(answer.instruction_id, self._most_answers) for answer in answers],
        )

    def _write(self, write: Callable[[sqlite3.Connection], None]) -> bool:
        with self._lock:
            try:
                self._transact(write)
            except (sqlite3.Error, OSError) as error:
                self.problem = f'the journal {self.path} cannot be written: {error}'
                return False
        self.problem = ''
        return True

    def _transact(self, write: Callable[[sqlite3.Connection], None]) -> None:
        """Write in one transaction; if damage shows only now, to a new file."""
        try:
            with damage_found(), self._database as transaction:
                write(transaction)
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:
                raise  # Locked, read-only, no space, closed: the file may be sound, so it stays.
            self._database.close()
            self._set_aside(error, 'past answers are not kept')
            _log.warning(self.remark)
            self._database = self._connected()
            with self._database as transaction:
                write(transaction)

    # ---- opening ------------------------------------------------------------------------------

    def _opened(self) -> sqlite3.Connection:
        """The database; a damaged file is set aside and replaced by a new one."""
        try:
            return self._connected()
        except sqlite3.OperationalError:
            raise
        except (sqlite3.DatabaseError, ValueError) as error:
            self._set_aside(error, 'no instruction was restored')
            return self._connected()

    def _connected(self) -> sqlite3.Connection:
        made = self._make()
        database = sqlite3.connect(self.path, timeout=0.5, check_same_thread=False)
        try:
            # One process only: a second node on the same file would overwrite the instructions.
            with damage_found():
                database.execute('PRAGMA locking_mode = EXCLUSIVE')
                database.execute('PRAGMA journal_mode = WAL')
                database.execute('PRAGMA synchronous = FULL')
                database.execute('PRAGMA trusted_schema = OFF')
                # Small and often, so that the file stays about as small as its content.
                database.execute('PRAGMA wal_autocheckpoint = 64')
                database.execute('PRAGMA journal_size_limit = 1048576')
                self._check(database)
        except BaseException:
            database.close()
            if made:
                # No space left: an empty file would only look like a journal.
                for ending in ('', '-wal', '-shm'):
                    self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
            raise
        return database

    def _make(self) -> bool:
        """Create the file, readable by this user only; returns whether there was none."""
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            os.close(os.open(self.path, os.O_RDWR))
            check_header(self.path)
            return False
        return True

    def _check(self, database: sqlite3.Connection) -> None:
        """Raise what sqlite3 raises, or ValueError, if the file is not a sound journal."""
        (version,) = database.execute('PRAGMA user_version').fetchone()
        if version not in (0, SCHEMA):
            raise ValueError(f'it is of version {version}, this package writes {SCHEMA}')
        _make_tables(database)
        check_database(database, _make_tables)
        rows = database.execute('SELECT source, text FROM instructions').fetchall()
        try:
            for source, text in rows:
                InstructionSource(source)
                str.strip(text)
        except TypeError as error:
            raise ValueError(str(error)) from error
        database.execute('SELECT instruction_id, stamp, text FROM answers').fetchall()

    def _set_aside(self, error: Exception, lost: str) -> None:
        """Make room for a new file, and remark why."""
        aside = self.path.with_name(f'{self.path.name}.damaged-{time.time_ns()}')
        self.path.rename(aside)
        for ending in ('-wal', '-shm'):
            with contextlib.suppress(FileNotFoundError):
                self.path.with_name(self.path.name + ending).rename(
                    aside.with_name(aside.name + ending)
                )
        self.remark = (
            f'the journal {self.path} is damaged ({error}) and was set aside as {aside.name}: '
            f'{lost}'
        )


def _make_tables(database: sqlite3.Connection) -> None:
    with database:
        for statement in filter(str.strip, _TABLES.split(';')):
            database.execute(statement)
        database.execute(f'PRAGMA user_version = {SCHEMA}')
