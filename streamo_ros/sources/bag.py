# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags as sources: split files, compression, and the one image topic.

Knows `sensor_msgs`' two image types; which files a bag has is known by `layout`, the files
themselves are read by `mcap` and `sqlite`. No message is deserialized unless its image is wanted.
"""

from __future__ import annotations

import re
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

IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
_ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'


@dataclass(frozen=True, slots=True)
class BagRecord:
    """One recorded image message, not deserialized; see `Record`.

    Attributes:
        type_name: IMAGE or COMPRESSED.
        log_time: when it was recorded, nanoseconds.
    """

    topic: str
    type_name: str
    message: Message

    @property
    def log_time(self) -> int:
        """When it was recorded, nanoseconds."""
        return self.message.log_time

    @property
    def stamp(self) -> int:
        """Capture time, nanoseconds; 0 when the message carries none that can be read."""
        return peek_stamp(self.message.head) or 0

    @property
    def frame_id(self) -> str:
        """The camera's coordinate frame; '' when it cannot be read."""
        try:
            return peek_header(self.message.head)[1]
        except CdrError:
            return self._long_frame_id()

    def data(self) -> Buffer:
        """The serialized message."""
        return self.message.load()

    def image(self) -> NDArray[np.uint8]:
        """Decode; see `Record`."""
        try:
            if self.type_name == COMPRESSED:
                coded = read_compressed(self.data())
                return decode_compressed(coded.format, coded.data)
            raw = read_image(self.data())
        except CdrError as error:
            raise ImageError(str(error)) from error
        return to_rgb(raw.encoding, raw.width, raw.height, raw.step, raw.data, raw.is_bigendian)

    def _long_frame_id(self) -> str:
        """One that goes on behind the head."""
        try:
            return peek_header(self.data())[1]
        except CdrError:
            return ''


class BagSource:
    """The images of one topic of a bag; see `Source`.

    Args:
        path: a bag's folder, or one of its files.
        topic: the image topic; '' finds it.
        salvage: read a damaged bag as far as possible.

    Raises:
        SourceError: the bag is damaged, or it has no such topic or no images.
    """

    def __init__(self, path: Path, topic: str = '', salvage: bool = False) -> None:
        self.name = str(path)
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
        found: dict[str, TopicEntry] = {}
        for storage in self._storages:
            for name, entry in storage.topics.items():
                before = found[name].count if name in found else 0
                found[name] = TopicEntry(entry.type_name, before + entry.count)
        return found

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

    def records(self) -> Iterator[BagRecord]:
        """All images of the topic, in the order of their recording; see `Source`."""
        kind = self.type_name
        for storage in self._storages:
            if self.topic in storage.topics:
                for message in storage.messages(self.topic):
                    yield BagRecord(self.topic, kind, _plain(message))

    def close(self) -> None:
        """Let go of the files."""
        self._stack.close()

    def _open(self, file: Path, salvage: bool) -> Storage:
        try:
            if file.suffix == '.zstd':
                file = self._unpack(file)
            storage: Storage = (
                McapFile(file, salvage) if file.suffix == '.mcap' else SqliteFile(file, salvage)
            )
        except (OSError, zstd.ZstdError, EOFError) as error:
            raise SourceError(f'{file} cannot be read: {error}') from error
        self._stack.callback(storage.close)
        return storage

    def _unpack(self, file: Path) -> Path:
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix='streamo_bag_'))
        plain = Path(folder, file.stem)
        with zstd.open(file, 'rb') as packed, plain.open('wb') as unpacked:
            shutil.copyfileobj(packed, unpacked)
        return plain


def choose_topic(bag: str, topics: dict[str, TopicEntry], wanted: str = '') -> str:
    """The image topic of a bag.

    Args:
        bag: what to call it in an error.
        topics: what it holds.
        wanted: the topic asked for, with or without its first slash; '' finds the only one. Of a
            topic and its compressed sibling the first is taken; depth does not count.

    Raises:
        SourceError: there is no such topic, none with images, or more than one.
    """
    listed = ', '.join(f'{name} ({entry.type_name})' for name, entry in sorted(topics.items()))
    images = {name: entry for name, entry in topics.items() if _is_image(entry)}
    if wanted:
        wanted = f'/{wanted.lstrip("/")}'
        if wanted not in images:
            what = 'is not an image topic' if wanted in topics else 'is not there'
            raise SourceError(f'topic {wanted} {what} in {bag}: it holds {listed or "nothing"}')
        found = [wanted]
    elif not images:
        raise SourceError(f'{bag} has no image topic: it holds {listed or "nothing"}')
    else:
        found = _candidates(images)
    if not any(images[name].count for name in found):
        raise SourceError(f'{bag} has no messages on {", ".join(found)}: nothing was recorded')
    if len(found) > 1:
        raise SourceError(
            f'{bag} has {len(found)} image topics: choose with --topic one of {", ".join(found)}'
        )
    return found[0]


def _is_image(entry: TopicEntry) -> bool:
    return entry.type_name in (IMAGE, COMPRESSED)


def _candidates(images: dict[str, TopicEntry]) -> list[str]:
    color = [name for name in images if not re.search(r'depth', name, re.IGNORECASE)] or [*images]
    filled = [name for name in color if images[name].count] or color
    return sorted(
        name
        for name in filled
        if name.removesuffix('/compressed') == name
        or name.removesuffix('/compressed') not in filled
    )


def _plain(message: Message) -> Message:
    """A message that the recorder compressed by itself, unpacked."""
    if bytes(message.head[:4]) != _ZSTD_MAGIC:
        return message
    try:
        data = zstd.decompress(message.load())
    except zstd.ZstdError:
        return message
    return Message(message.log_time, data, lambda: data)
