# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What outlives a crash: standing instructions, the next id, the last answers.

One SQLite file in WAL mode, written before a call is answered, so that `kill -9` or a power cut
loses nothing that was promised. Knows the file and its faults; not when there is something to
keep. Used by several threads, by one process.
"""

from __future__ import annotations

import contextlib
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

SCHEMA = 1
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
    """The journal cannot be opened; the message says what is wrong and what mends it."""


@dataclass(frozen=True, slots=True)
class JournalAnswer:
    """An answer that was given.

    Attributes:
        instruction_id: whom it answered.
        stamp: capture time of its frame, nanoseconds.
        text: what was said.
    """

    instruction_id: int
    stamp: int
    text: str


class Journal:
    """The file.

    Args:
        path: where it is; made with mode 0600 when there is none, its folder with 0700.
        most_answers: answers kept for each instruction.

    Attributes:
        remark: what was found wrong with an older file that was set aside; '' = nothing.
        complaint: why the last write failed; '' = it did not.

    Raises:
        JournalError: it cannot be opened or made, or another process has it open.
    """

    def __init__(self, path: str | Path, most_answers: int = 8) -> None:
        self.path = Path(path).expanduser()
        self.remark = ''
        self.complaint = ''
        self._most_answers = most_answers
        self._lock = threading.Lock()
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._database = self._opened()
        except (OSError, sqlite3.OperationalError) as error:
            raise JournalError(
                f'the journal {self.path} cannot be opened ({error}): give journal.path a file in '
                'a folder that this user may write, one file for each node'
            ) from error

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._database.close()

    def standing(self) -> tuple[Instruction, ...]:
        """The instructions that stood at the last write, those of goals left out."""
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
        """An id behind every one that was ever given."""
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

    def keep(self, standing: Sequence[Instruction], answers: Sequence[JournalAnswer] = ()) -> bool:
        """Write what stands now, as a whole, and new answers; returns whether it could."""
        lasting = [one for one in standing if one.source is not InstructionSource.ACTION]
        rows = [tuple(getattr(one, name) for name in _COLUMNS) for one in lasting]
        ahead = max((one.id for one in standing), default=0) + 1

        def write(database: sqlite3.Connection) -> None:
            database.execute('DELETE FROM instructions')
            marks = ', '.join('?' * len(_COLUMNS))
            database.executemany(f'INSERT INTO instructions VALUES ({marks})', rows)  # noqa: S608
            database.execute(
                "INSERT INTO meta VALUES ('next_id', ?) ON CONFLICT (key) "
                'DO UPDATE SET value = max(value, excluded.value)',
                (ahead,),
            )
            self._put_answers(database, answers)

        return self._write(write)

    def _put_answers(self, database: sqlite3.Connection, answers: Sequence[JournalAnswer]) -> None:
        """Add answers; the oldest and those to what no longer stands leave."""
        database.executemany(
            'INSERT INTO answers (instruction_id, stamp, text) VALUES (?, ?, ?)',
            [(one.instruction_id, one.stamp, one.text) for one in answers],
        )
        database.execute(
            'DELETE FROM answers WHERE instruction_id NOT IN (SELECT id FROM instructions)'
        )
        database.executemany(
            'DELETE FROM answers WHERE instruction_id = ?1 AND number NOT IN (SELECT number '
            'FROM answers WHERE instruction_id = ?1 ORDER BY number DESC LIMIT ?2)',
            [(one.instruction_id, self._most_answers) for one in answers],
        )

    def _write(self, write: Callable[[sqlite3.Connection], None]) -> bool:
        with self._lock:
            try:
                with self._database as transaction:
                    write(transaction)
            except sqlite3.Error as error:
                self.complaint = f'the journal {self.path} cannot be written: {error}'
                return False
        self.complaint = ''
        return True

    # ---- opening ------------------------------------------------------------------------------

    def _opened(self) -> sqlite3.Connection:
        """The database; a file that is none is set aside and a new one begun."""
        try:
            return self._connected()
        except (sqlite3.DatabaseError, ValueError) as error:
            if isinstance(error, sqlite3.OperationalError) and not _is_damage(error):
                raise  # Locked, read-only, no space: the file may be sound, so it stays.
            aside = self._set_aside()
            self.remark = (
                f'the journal {self.path} is damaged ({error}) and was set aside as {aside.name}: '
                'no instruction was restored'
            )
            return self._connected()

    def _connected(self) -> sqlite3.Connection:
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        database = sqlite3.connect(self.path, timeout=0.5, check_same_thread=False)
        try:
            # One process only: a second node on the same file would overwrite what stands.
            database.execute('PRAGMA locking_mode = EXCLUSIVE')
            database.execute('PRAGMA journal_mode = WAL')
            database.execute('PRAGMA synchronous = FULL')
            database.execute('PRAGMA trusted_schema = OFF')
            # Small and often, so that the file stays of the size of what stands.
            database.execute('PRAGMA wal_autocheckpoint = 64')
            database.execute('PRAGMA journal_size_limit = 1048576')
            self._check(database)
        except BaseException:
            database.close()
            raise
        return database

    def _check(self, database: sqlite3.Connection) -> None:
        """Raises what sqlite3 raises, or ValueError, when the file is not a sound journal."""
        (verdict,) = database.execute('PRAGMA quick_check(1)').fetchone()
        if verdict != 'ok':
            raise ValueError(verdict)
        (version,) = database.execute('PRAGMA user_version').fetchone()
        if version not in (0, SCHEMA):
            raise ValueError(f'it is of version {version}, this package writes {SCHEMA}')
        with database:
            for statement in filter(str.strip, _TABLES.split(';')):
                database.execute(statement)
            database.execute(f'PRAGMA user_version = {SCHEMA}')
        try:
            database.execute(f'SELECT {", ".join(_COLUMNS)} FROM instructions')  # noqa: S608
            for kept in database.execute('SELECT source, text FROM instructions').fetchall():
                InstructionSource(kept[0])
                str.strip(kept[1])
            database.execute('SELECT instruction_id, stamp, text FROM answers').fetchall()
        except (sqlite3.OperationalError, TypeError) as error:
            raise ValueError(str(error)) from error

    def _set_aside(self) -> Path:
        aside = self.path.with_name(f'{self.path.name}.damaged-{time.time_ns()}')
        self.path.rename(aside)
        for ending in ('-wal', '-shm'):
            with contextlib.suppress(FileNotFoundError):
                self.path.with_name(self.path.name + ending).rename(
                    aside.with_name(aside.name + ending)
                )
        return aside


def _is_damage(error: sqlite3.OperationalError) -> bool:
    """Whether SQLite means the file's contents, although it calls it an operational error.

    By its words: Python 3.10 does not give the error's code.
    """
    return any(words in str(error) for words in ('file format', 'malformed', 'not a database'))
