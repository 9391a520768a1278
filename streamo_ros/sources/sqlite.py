# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""SQLite bags, read lazily: of a message that is not sampled only the first bytes leave the disk.

Knows the tables of rosbag2's sqlite3 storage and nothing of what messages mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw

from streamo_ros.sources.base import SourceError
from streamo_ros.sources.cdr import Buffer
from streamo_ros.sources.storage import Message
from streamo_ros.sources.storage import TopicEntry

_HEAD = 64


class SqliteFile:
    """A .db3 file of a bag as `Storage`.

    Args:
        path: the file.
        salvage: read what lies before a damage.

    Raises:
        SourceError: it is no bag, or is damaged.
    """

    def __init__(self, path: Path, salvage: bool = False) -> None:
        self.path = path
        self.damage = ''
        self._salvage = salvage
        self._topics: dict[str, TopicEntry] = {}
        self.span = (0, 0)
        try:
            self._database = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
            self._read_topics()
        except apsw.Error as error:
            raise SourceError(
                f'{path} cannot be read as a sqlite3 bag: {error}; repair it with '
                f"'sqlite3 {path} .recover'"
            ) from error

    @property
    def topics(self) -> dict[str, TopicEntry]:
        """All recorded topics by name."""
        return self._topics

    def messages(self, topic: str) -> Iterator[Message]:
        """Messages of a topic in the order of recording time; see `Storage`."""
        rows = self._database.execute(
            'SELECT id, timestamp FROM messages WHERE topic_id IN '
            '(SELECT id FROM topics WHERE name = ?) ORDER BY timestamp, id',
            (topic,),
        )
        try:
            for row, log_time in rows:
                yield self._message(int(row), int(log_time))
        except apsw.Error as error:
            self.damage = f'{self.path} is damaged: {error}'
            if not self._salvage:
                message = f'{self.damage}; add --salvage to replay what is readable before it'
                raise SourceError(message) from error

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _read_topics(self) -> None:
        counts = dict(
            self._database.execute('SELECT topic_id, count(*) FROM messages GROUP BY topic_id')
        )
        for key, name, kind in self._database.execute('SELECT id, name, type FROM topics'):
            before = self._topics[name].count if name in self._topics else 0
            self._topics[name] = TopicEntry(kind, before + counts.get(key, 0))
        if counts:
            query = 'SELECT min(timestamp), max(timestamp) FROM messages'
            first, last = next(iter(self._database.execute(query)))
            self.span = (int(first), int(last))

    def _message(self, row: int, log_time: int) -> Message:
        return Message(log_time, self._read(row, _HEAD), lambda: self._read(row))

    def _read(self, row: int, size: int = -1) -> Buffer:
        # A blob reads the pages it needs; a SELECT of the column would read all of them.
        blob = self._database.blob_open('main', 'messages', 'data', row, False)
        try:
            return blob.read(size)
        finally:
            blob.close()
