# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags as sources: split files, compression, and the one image topic.

Which files a bag has is known by `layout`, which topic is meant by `topics`; the files themselves
are read by `mcap` and `sqlite`. No message is deserialized unless its image is requested.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from streamo_ros.sources.base import Record
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.cdr import Buffer
from streamo_ros.sources.cdr import CdrError
from streamo_ros.sources.cdr import peek_header
from streamo_ros.sources.cdr import peek_stamp
from streamo_ros.sources.cdr import read_compressed
from streamo_ros.sources.cdr import read_image
from streamo_ros.sources.image import decode_compressed
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.image import to_rgb
from streamo_ros.sources.layout import bag_files
from streamo_ros.sources.mcap import McapFile
from streamo_ros.sources.sqlite import SqliteFile
from streamo_ros.sources.storage import Message
from streamo_ros.sources.storage import Storage
from streamo_ros.sources.storage import TopicEntry
from streamo_ros.sources.storage_format import storage_format
from streamo_ros.sources.storage_format import ZSTD_MAGIC
from streamo_ros.sources.topics import choose_topic
from streamo_ros.sources.topics import COMPRESSED
from streamo_ros.sources.topics import VIDEO_TYPES


@dataclass(frozen=True, slots=True)
class BagRecord:
    """One recorded image message, not deserialized; see `Record`.

    Attributes:
        type_name: of the two of `sensor_msgs`.
        log_time: when it was recorded, nanoseconds.
        at_reception: whether that is its capture time.
    """

    topic: str
    type_name: str
    message: Message
    at_reception: bool = False

    @property
    def log_time(self) -> int:
        """When it was recorded, nanoseconds."""
        return self.message.log_time

    @property
    def stamp(self) -> int:
        """Capture time, nanoseconds; 0 when the message carries none that can be read."""
        return self.log_time if self.at_reception else peek_stamp(self.message.head) or 0

    @property
    def frame_id(self) -> str:
        """The camera's coordinate frame; '' when it cannot be read."""
        try:
            return peek_header(self.message.head)[1]
        except CdrError:
            return self._long_frame_id()

    def data(self) -> Buffer:
        """The serialized message.

        Raises:
            SourceError: the file is damaged here.
        """
        return self.message.load()

    def image(self) -> NDArray[np.uint8]:
        """Decode; see `Record`."""
        try:
            data = self.data()
            if self.type_name == COMPRESSED:
                coded = read_compressed(data)
                return decode_compressed(coded.format, coded.data)
            raw = read_image(data)
        except (CdrError, SourceError) as error:
            raise ImageError(str(error)) from error
        return to_rgb(raw.encoding, raw.width, raw.height, raw.step, raw.data, raw.is_bigendian)

    def _long_frame_id(self) -> str:
        """One that extends past the head."""
        try:
            return peek_header(self.data())[1]
        except (CdrError, SourceError):
            return ''


class BagSource:
    """The images of one topic of a bag; see `Source`.

    Args:
        path: a bag's folder, or one of its files.
        topic: the image topic; '' finds it.
        salvage: read a damaged bag as far as possible.
        at_reception: an image was captured when it was recorded, whatever its header says.

    Raises:
        SourceError: the bag is damaged, or it has no such topic or no images.
    """

    def __init__(
        self, path: Path, topic: str = '', salvage: bool = False, at_reception: bool = False
    ) -> None:
        self.name = str(path)
        self.note = ''
        self._at_reception = at_reception
        self._salvage = salvage
        self._stack = ExitStack()
        try:
            files = bag_files(path, salvage)
            self._storages = [self._open(file, salvage) for file in files]
            self.topic = choose_topic(self.name, self.topics, topic)
        except BaseException:
            self.close()
            raise

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
    def type_name(self) -> str:
        """Message type of the image topic."""
        return self.topics[self.topic].type_name

    @property
    def duration(self) -> float:
        """Seconds from the first to the last message of the bag."""
        spans = [storage.span for storage in self._storages if storage.span != (0, 0)]
        return (max(end for _, end in spans) - min(start for start, _ in spans)) / 1e9

    @property
    def damage(self) -> str:
        """One sentence about what is lost; '' when the bag is whole."""
        return '; '.join(filter(None, (storage.damage for storage in self._storages)))

    def records(self) -> Iterator[Record]:
        """All images of the topic, in the order of their recording; see `Source`."""
        kind = self.type_name
        if kind in VIDEO_TYPES:
            return self._video_records(kind)
        return (
            BagRecord(self.topic, kind, message, self._at_reception)
            for message in self._messages()
        )

    def close(self) -> None:
        """Release the files."""
        self._stack.close()

    def _messages(self) -> Iterator[Message]:
        for storage in self._storages:
            if self.topic in storage.topics:
                for message in storage.messages(self.topic):
                    yield _plain(message)

    def _video_records(self, kind: str) -> Iterator[Record]:
        try:
            from streamo_ros.sources.bag_video import decode_topic
        except ImportError as error:
            raise SourceError(f'reading video needs PyAV: pip install av ({error})') from error
        return decode_topic(self._messages(), self.topic, kind, self._salvage, self._at_reception)

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
        self._stack.callback(storage.close)
        return storage

    def _unpack(self, file: Path, salvage: bool) -> Path:
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix='streamo_bag_'))
        plain = Path(folder, file.name.removesuffix('.zstd'))
        with zstd.open(file, 'rb') as packed, plain.open('wb') as unpacked:
            try:
                shutil.copyfileobj(packed, unpacked)
            except (zstd.ZstdError, EOFError) as error:
                if not salvage:
                    message = f'{file} cannot be unpacked: {error}; add --salvage to read a part'
                    raise SourceError(message) from error
        return plain


def publishes_compressed(source: object) -> bool:
    """Whether the messages of a source are CompressedImage, when they are played as recorded."""
    return isinstance(source, BagSource) and source.type_name == COMPRESSED


def _plain(message: Message) -> Message:
    """A message that the recorder compressed by itself, unpacked on demand."""
    if bytes(message.head[:4]) != ZSTD_MAGIC:
        return message
    try:
        data = zstd.decompress(message.load())
    except (zstd.ZstdError, SourceError, MemoryError):
        return message
    return Message(message.log_time, data, lambda: data)
