# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The messages of a bag, whatever its files: split, compressed, MCAP or SQLite.

Which files a bag has is known by `layout`; the files themselves are read by `mcap` and `sqlite`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from streamo_ros.sources.base import SourceError
from streamo_ros.sources.layout import bag_files
from streamo_ros.sources.mcap import McapFile
from streamo_ros.sources.sqlite import SqliteFile
from streamo_ros.sources.storage import Message
from streamo_ros.sources.storage import Storage
from streamo_ros.sources.storage import TopicEntry
from streamo_ros.sources.storage_format import storage_format
from streamo_ros.sources.storage_format import ZSTD_MAGIC


class BagFiles(ExitStack):
    """The files of one bag, open for reading; as a context it closes them.

    Args:
        path: a bag's folder, or one of its files.
        salvage: read a damaged bag as far as possible.

    Raises:
        SourceError: the bag is damaged.
    """

    def __init__(self, path: Path, salvage: bool = False) -> None:
        super().__init__()
        try:
            files, self._lost = bag_files(path, salvage)
            storages = [self._open(file, salvage) for file in files]
        except BaseException:
            self.close()
            raise
        # Metadata that was edited or rewritten may list them in another order.
        self._storages = sorted(storages, key=lambda storage: storage.span)

    @property
    def topics(self) -> dict[str, TopicEntry]:
        """All recorded topics by name."""
        topics: dict[str, TopicEntry] = {}
        for storage in self._storages:
            for name, entry in storage.topics.items():
                before = topics[name].count if name in topics else 0
                topics[name] = TopicEntry(entry.type_name, before + entry.count)
        return topics

    @property
    def span(self) -> tuple[int, int]:
        """First and last recording time, nanoseconds."""
        spans = [storage.span for storage in self._storages if storage.span != (0, 0)]
        return min(start for start, _ in spans), max(end for _, end in spans)

    @property
    def damage(self) -> str:
        """One sentence about what is lost; '' when the bag is whole."""
        return '; '.join(
            filter(None, (self._lost, *(storage.damage for storage in self._storages)))
        )

    def messages(self, topic: str) -> Iterator[Message]:
        """Messages of a topic in the order of recording time.

        Raises:
            SourceError: the bag is damaged here.
        """
        for storage in self._storages:
            if topic in storage.topics:
                for message in storage.messages(topic):
                    yield _plain(message)

    def _open(self, file: Path, salvage: bool) -> Storage:
        try:
            kind = storage_format(file)
            if kind == 'zstd':
                file = self._unpack(file, salvage)
                kind = storage_format(file)
            # A file of neither format is given to the reader that its name asks for, which
            # explains what is wrong with it.
            is_sqlite = kind == 'sqlite3' or (not kind and '.db3' in file.suffixes)
            storage: Storage = SqliteFile(file, salvage) if is_sqlite else McapFile(file, salvage)
        except (OSError, zstd.ZstdError, EOFError) as error:
            raise SourceError(f'{file} cannot be read: {error}') from error
        self.callback(storage.close)
        return storage

    def _unpack(self, file: Path, salvage: bool) -> Path:
        folder = self.enter_context(tempfile.TemporaryDirectory(prefix='streamo_bag_'))
        plain = Path(folder, file.name.removesuffix('.zstd'))
        with zstd.open(file, 'rb') as packed, plain.open('wb') as unpacked:
            try:
                shutil.copyfileobj(packed, unpacked)
            except (zstd.ZstdError, EOFError) as error:
                if not salvage:
                    message = f'{file} cannot be unpacked: {error}; add --salvage to read a part'
                    raise SourceError(message) from error
        return plain


def _plain(message: Message) -> Message:
    """A message that the recorder compressed by itself, unpacked on demand."""
    if bytes(message.head[:4]) != ZSTD_MAGIC:
        return message
    try:
        data = zstd.decompress(message.load())
    except (zstd.ZstdError, SourceError, MemoryError):
        return message
    return Message(message.log_time, data, lambda: data)
