# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""SQLite bags, read lazily: of a message that is not sampled only the first bytes leave the disk.

Knows the tables of rosbag2's sqlite3 storage. A damaged file is salvaged row by row: an index or
a page that cannot be read costs the rows that only it leads to.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import apsw

from streamo_ros.sources.base import SourceError
from streamo_ros.sources.cdr import Buffer
from streamo_ros.sources.sqlite_padding import connect_padded
from streamo_ros.sources.sqlite_padding import is_cut_off
from streamo_ros.sources.storage import Message
from streamo_ros.sources.storage import TopicEntry

_HEAD = 64
# Ids in a row that may be lost to one damage.
_LONGEST_GAP = 1 << 24


class SqliteFile:
    """A .db3 file of a bag as `Storage`.

    Args:
        path: the file.
        salvage: read what is before and after damaged pages.

    Raises:
        SourceError: it is not a bag, or is damaged.
    """

    def __init__(self, path: Path, salvage: bool = False) -> None:
        self.path = path
        self.damage = ''
        self._salvage = salvage
        self._topics: dict[str, TopicEntry] = {}
        self._keys: dict[int, str] = {}
        self.span = (0, 0)
        try:
            self._database = self._connect()
            self._read_topics()
            self._count_messages()
        except apsw.Error as error:
            raise SourceError(
                f'{path} cannot be read as a sqlite3 bag: {error}; repair it with '
                f"'sqlite3 {path} .recover'" + ('' if salvage else ', or add --salvage')
            ) from error

    @property
    def topics(self) -> dict[str, TopicEntry]:
        """All recorded topics by name."""
        return self._topics

    def messages(self, topic: str) -> Iterator[Message]:
        """Messages of a topic in the order of recording time; see `Storage`."""
        rows = self._salvaged_rows(topic) if self.damage else self._rows(topic)
        try:
            for row, log_time in rows:
                try:
                    yield Message(log_time, self._read(row, _HEAD), self._loader(row))
                except SourceError:
                    if not self._salvage:
                        raise
        except apsw.Error as error:
            self._report(error)

    def close(self) -> None:
        """Release the file."""
        self._database.close()

    def _connect(self) -> apsw.Connection:
        if self._salvage and is_cut_off(self.path):
            self.damage = f'{self.path} was cut off'
            return connect_padded(self.path)
        return apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY)

    def _rows(self, topic: str) -> Iterator[tuple[int, int]]:
        return self._database.execute(
            'SELECT id, timestamp FROM messages WHERE topic_id IN '
            '(SELECT id FROM topics WHERE name = ?) ORDER BY timestamp, id',
            (topic,),
        )

    def _salvaged_rows(self, topic: str) -> list[tuple[int, int]]:
        """Rows of a damaged file, without its index and past the pages that cannot be read."""
        keys = {key for key, name in self._keys.items() if name == topic}
        rows = [(log_time, row) for row, key, log_time in self._every_row() if key in keys]
        return [(row, log_time) for log_time, row in sorted(rows)]

    def _every_row(self) -> Iterator[tuple[int, int, int]]:
        """(id, topic, time) of every message that can be reached, in the order of the ids."""
        query = 'SELECT id, topic_id, timestamp FROM messages NOT INDEXED WHERE id > ? ORDER BY id'
        last, step = 0, 1
        while step < _LONGEST_GAP:
            try:
                for row, key, log_time in self._database.execute(query, (last,)):
                    if row <= last:  # the tree of pages leads back
                        break
                    yield row, key, log_time
                    last, step = row, 1
                else:
                    return
                last, step = last + step, 2 * step
            except apsw.Error as error:
                self._report(error)
                last, step = last + step, 2 * step

    def _read_topics(self) -> None:
        for key, name, kind in self._database.execute('SELECT id, name, type FROM topics'):
            self._keys[key] = name
            self._topics[name] = TopicEntry(kind, 0)

    def _count_messages(self) -> None:
        """Messages of each topic and the time that they span; of a damaged file, what is left."""
        query = (
            'SELECT topic_id, count(*), min(timestamp), max(timestamp) FROM messages GROUP BY 1'
        )
        try:
            rows = list(self._database.execute(query))
        except apsw.Error as error:
            if not self._salvage:
                raise
            self._report(error)
            rows = [(key, 1, log_time, log_time) for _, key, log_time in self._every_row()]
        for key, count, *_ in rows:
            entry = self._topics.get(self._keys.get(key, ''))
            if entry is not None:
                self._topics[self._keys[key]] = TopicEntry(entry.type_name, entry.count + count)
        if rows:
            self.span = (min(row[2] for row in rows), max(row[3] for row in rows))

    def _report(self, error: apsw.Error) -> None:
        self.damage = self.damage or f'{self.path} is damaged: {error}'
        if not self._salvage:
            message = f'{self.damage}; add --salvage to replay what is readable'
            raise SourceError(message) from error

    def _loader(self, row: int) -> Callable[[], Buffer]:
        return lambda: self._read(row)

    def _read(self, row: int, size: int = -1) -> Buffer:
        """A message, or its first bytes.

        Raises:
            SourceError: the pages that hold it are damaged.
        """
        try:
            # A blob reads the pages it needs; a SELECT of the column would read all of them.
            blob = self._database.blob_open('main', 'messages', 'data', row, False)
            try:
                return blob.read(size)
            finally:
                blob.close()
        except apsw.Error as error:
            self.damage = self.damage or f'{self.path} is damaged: {error}'
            advice = '' if self._salvage else '; add --salvage to replay what is readable'
            raise SourceError(f'{self.damage}{advice}') from error
