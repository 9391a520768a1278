# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""MCAP files, read in place: messages are views into the mapped file or a decompressed chunk.

`rosbags` reads MCAP too, but copies every message four times (70 times real time for raw VGA at
30 Hz, where this reader exceeds 1,000) and refuses a file whose recording was cut off, which is
what `salvage` is for.

Source: the MCAP specification, https://mcap.dev/spec (records, opcodes, chunk layout).
"""

from __future__ import annotations

import heapq
import mmap
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import NamedTuple

import lz4.frame

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from streamo_ros.sources.base import SourceError
from streamo_ros.sources.storage import Message
from streamo_ros.sources.storage import TopicEntry
from streamo_ros.sources.storage_format import MCAP_MAGIC

_FOOTER, _SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _INDEX = 0x02, 0x03, 0x04, 0x05, 0x06, 0x07
_PREFIX = struct.Struct('<BQ')
_MESSAGE_HEAD = struct.Struct('<HIQQ')
_CHUNK_HEAD = struct.Struct('<QQQII')
_SMALLEST_CHUNK = _PREFIX.size + _CHUNK_HEAD.size + 8
# What is read from a record without a check must be there.
_SMALLEST = {_SCHEMA: 6, _CHANNEL: 8, _MESSAGE: 22, _CHUNK: _CHUNK_HEAD.size + 8, _INDEX: 6}


class _DamageError(Exception):
    """Bytes that are not an MCAP record, and where in the file they begin."""

    def __init__(self, reason: str, at: int = 0) -> None:
        super().__init__(reason)
        self.at = at


class _Entry(NamedTuple):
    """One record: its opcode, all of its bytes, and its content."""

    opcode: int
    whole: memoryview
    body: memoryview


@dataclass
class _Chunk:
    """A chunk of messages, or a single message outside of any chunk.

    Attributes:
        start: earliest recording time in it, nanoseconds.
        end: latest recording time.
        records: its records as they lie in the file, perhaps compressed.
        compression: 'zstd', 'lz4' or ''.
        crc: of the decompressed records; 0 = none.
        counts: messages of each channel.
        cut: True when the file ends inside it.
    """

    start: int
    end: int
    records: memoryview
    compression: str = ''
    crc: int = 0
    counts: Counter[int] = field(default_factory=Counter)
    cut: bool = False


class McapFile:
    """An MCAP file as `Storage`.

    Args:
        path: the file.
        salvage: read what is before, between and after damaged parts.

    Raises:
        SourceError: it is not an MCAP file, or is damaged and `salvage` is False.
    """

    def __init__(self, path: Path, salvage: bool = False) -> None:
        self.path = path
        self.damage = ''
        self._salvage = salvage
        self._schemas: dict[int, str] = {}
        self._channels: dict[int, tuple[str, int]] = {}
        self._chunks: list[_Chunk] = []
        with path.open('rb') as file:
            if file.read(len(MCAP_MAGIC)) != MCAP_MAGIC:
                raise SourceError(
                    f'{path} is not an MCAP file: it does not begin with the MCAP magic'
                )
            self._view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        self._scan()

    @property
    def topics(self) -> dict[str, TopicEntry]:
        """All recorded topics by name."""
        counts = sum((chunk.counts for chunk in self._chunks), Counter[int]())
        topics: dict[str, TopicEntry] = {}
        for key, (topic, schema) in self._channels.items():
            before = topics[topic].count if topic in topics else 0
            topics[topic] = TopicEntry(self._schemas.get(schema, ''), before + counts[key])
        return topics

    @property
    def span(self) -> tuple[int, int]:
        """First and last recording time, nanoseconds; (0, 0) without messages."""
        filled = [chunk for chunk in self._chunks if chunk.counts]
        if not filled:
            return 0, 0
        return min(chunk.start for chunk in filled), max(chunk.end for chunk in filled)

    def messages(self, topic: str) -> Iterator[Message]:
        """Messages of a topic in the order of recording time; see `Storage`."""
        wanted = {key for key, (name, _) in self._channels.items() if name == topic}
        waiting: list[tuple[int, int, memoryview]] = []
        order = 0
        for chunk in sorted(self._chunks, key=lambda chunk: chunk.start):
            # Chunks may overlap in time: hold back what the next chunk could precede.
            while waiting and waiting[0][0] < chunk.start:
                yield _message(heapq.heappop(waiting))
            if not wanted & chunk.counts.keys():
                continue
            for opcode, _, body in self._contents(chunk):
                if opcode == _MESSAGE and _uint16(body, 0) in wanted:
                    order += 1
                    log_time = _MESSAGE_HEAD.unpack_from(body)[2]
                    heapq.heappush(waiting, (log_time, order, body[_MESSAGE_HEAD.size :]))
        while waiting:
            yield _message(heapq.heappop(waiting))

    def close(self) -> None:
        """Release the file; images that are views of it keep it mapped until they are gone."""
        self._chunks.clear()
        self._view = memoryview(b'')

    def _scan(self) -> None:
        """Find chunks, channels and schemas by skipping from record to record."""
        opcode = 0
        try:
            for opcode, whole, body in _records(self._view, len(MCAP_MAGIC)):
                if opcode == _FOOTER:
                    break
                self._note(opcode, whole, body)
            if opcode != _FOOTER:
                raise _DamageError('it ends without a footer', len(self._view))
        except _DamageError as damage:
            self._report(damage)
            self._note_cut_chunk(damage.at)
        # Without a summary, or with one that does not repeat the channels, they are in the chunks.
        named = all(chunk.counts.keys() <= self._channels.keys() for chunk in self._chunks)
        for chunk in self._chunks:
            if self.damage or not named or not chunk.counts:
                self._scan_chunk(chunk)

    def _scan_chunk(self, chunk: _Chunk) -> None:
        chunk.counts.clear()
        for opcode, whole, body in self._contents(chunk):
            if opcode == _MESSAGE:
                chunk.counts[_uint16(body, 0)] += 1
            else:
                self._note(opcode, whole, body)

    def _note(self, opcode: int, whole: memoryview, body: memoryview) -> None:
        if opcode == _SCHEMA:
            self._schemas[_uint16(body, 0)] = _string(body, 2)
        elif opcode == _CHANNEL:
            self._channels[_uint16(body, 0)] = (_string(body, 4), _uint16(body, 2))
        elif opcode == _CHUNK:
            self._chunks.append(_chunk(body))
        elif opcode == _INDEX and self._chunks:
            (size,) = struct.unpack_from('<I', body, 2)
            self._chunks[-1].counts[_uint16(body, 0)] += size // 16
        elif opcode == _MESSAGE:
            key, _, log_time, _ = _MESSAGE_HEAD.unpack_from(body)
            self._chunks.append(_Chunk(log_time, log_time, whole, counts=Counter({key: 1})))

    def _report(self, damage: _DamageError) -> None:
        self.damage = f'{self.path} is damaged or was cut off: {damage}'
        if not self._salvage:
            message = f'{self.damage}; add --salvage to replay what is readable'
            raise SourceError(message) from damage

    def _note_cut_chunk(self, at: int) -> None:
        rest = self._view[at:]
        if rest[:1] == bytes([_CHUNK]) and len(rest) > _SMALLEST_CHUNK:
            chunk = _chunk(rest[_PREFIX.size :])
            chunk.cut = True
            self._chunks.append(chunk)

    def _contents(self, chunk: _Chunk) -> Iterator[_Entry]:
        """The records of a chunk; when salvaging, those before any damage."""
        try:
            yield from _records(_unpacked(chunk), 0)
        except _DamageError as damage:
            if not chunk.cut:
                self._report(_DamageError(f'{damage} of the chunk recorded at {chunk.start} ns'))


def _records(view: memoryview, at: int) -> Iterator[_Entry]:
    """Consecutive records.

    Raises:
        _DamageError: what follows is no record, or a record that does not end.
    """
    while at < len(view):
        if at + _PREFIX.size > len(view):
            raise _DamageError(f'a record does not end at byte {at}', at)
        opcode, length = _PREFIX.unpack_from(view, at)
        start, stop = at + _PREFIX.size, at + _PREFIX.size + length
        if opcode == 0 or length < _SMALLEST.get(opcode, 0):
            raise _DamageError(f'there is no record at byte {at}', at)
        if stop > len(view):
            raise _DamageError(f'a record does not end at byte {at}', at)
        yield _Entry(opcode, view[at:stop], view[start:stop])
        at = stop


def _chunk(body: memoryview) -> _Chunk:
    start, end, _, crc, name = _CHUNK_HEAD.unpack_from(body)
    at = _CHUNK_HEAD.size + name
    compression = bytes(body[_CHUNK_HEAD.size : at]).decode(errors='replace')
    return _Chunk(start, end, body[at + 8 :], compression, crc)


def _unpacked(chunk: _Chunk) -> memoryview:
    """The records of a chunk, decompressed; when the file ends in it, those that are complete.

    Only a decompressed chunk is checked against its CRC: to check one that is read in place would
    read every pixel of every frame that is not sampled.
    """
    try:
        match chunk.compression:
            case '':
                return chunk.records
            case 'zstd':
                data = zstd.ZstdDecompressor().decompress(chunk.records)
            case 'lz4':
                data = lz4.frame.LZ4FrameDecompressor().decompress(chunk.records)
            case other:
                raise _DamageError(f'the compression {other!r} is not known')
    except (zstd.ZstdError, RuntimeError, MemoryError) as error:
        raise _DamageError(f'the {chunk.compression} data cannot be unpacked') from error
    if chunk.crc and not chunk.cut and zlib.crc32(data) != chunk.crc:
        raise _DamageError('the checksum is wrong')
    return memoryview(data)


def _message(entry: tuple[int, int, memoryview]) -> Message:
    log_time, _, data = entry
    return Message(log_time, data, lambda: data)


def _uint16(body: memoryview, at: int) -> int:
    return body[at] | body[at + 1] << 8


def _string(body: memoryview, at: int) -> str:
    (size,) = struct.unpack_from('<I', body, at)
    return bytes(body[at + 4 : at + 4 + size]).decode(errors='replace')
