# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The bytes of serialized camera messages: stamp, header, image, without deserializing the rest.

Plain CDR and XCDR2 of `std_msgs/Header`, `sensor_msgs/Image` and `CompressedImage`, which are the
same in every ROS 2 distribution, and of the two messages in which bags hold video packets. Pixels
are never copied.

Sources: OMG DDS-XTypes 1.3, 7.4 (alignment); foxglove_msgs/msg/CompressedVideo;
ffmpeg_image_transport_msgs/msg/FFMPEGPacket.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass
from typing import TypeAlias

from streamo_ros.core.errors import StreamoError

Buffer: TypeAlias = 'bytes | bytearray | memoryview | array[int]'

# Representation identifiers, OMG DDS-XTypes 1.3, 7.4.3.4: the second byte's lowest bit is the
# endianness; parameter lists and delimited encodings put other things before the header.
_PLAIN = {b'\0\0': '>', b'\0\1': '<', b'\0\6': '>', b'\0\7': '<'}
_XCDR2 = frozenset({b'\0\6', b'\0\7'})
_HEADER_BYTES = 12
# Alignment is counted from the end of the representation header.
_ORIGIN = 4
NANOSECONDS = 1_000_000_000


class CdrError(StreamoError, ValueError):
    """A serialized message cannot be read; the message says where it is broken."""


@dataclass(frozen=True)
class ImageBytes:
    """A `sensor_msgs/Image` whose pixels still lie in the serialized message.

    Attributes:
        stamp: capture time, nanoseconds.
        frame_id: optical frame.
        step: length of a row, bytes.
        data: pixels, a view into the message.
    """

    stamp: int
    frame_id: str
    height: int
    width: int
    encoding: str
    is_bigendian: bool
    step: int
    data: memoryview


@dataclass(frozen=True)
class CompressedBytes:
    """A `sensor_msgs/CompressedImage` whose data still lie in the serialized message.

    Attributes:
        stamp: capture time, nanoseconds.
        frame_id: optical frame.
        format: as the message gives it, e.g. 'jpeg' or 'rgb8; jpeg compressed bgr8'.
        data: a view into the message.
    """

    stamp: int
    frame_id: str
    format: str
    data: memoryview


@dataclass(frozen=True)
class PacketBytes:
    """A packet of a video whose data still lie in the serialized message.

    Attributes:
        stamp: capture time, nanoseconds.
        frame_id: optical frame.
        codec: as the message gives it, e.g. 'h264' or 'hevc_nvenc;yuv420p;bgr8;bgr8'.
        data: a view into the message.
        number: the encoder's own count or time; None when the message has none.
    """

    stamp: int
    frame_id: str
    codec: str
    data: memoryview
    number: int | None = None


def peek_stamp(buffer: Buffer) -> int | None:
    """The stamp of a serialized message that begins with a `std_msgs/Header`.

    Args:
        buffer: the whole message, or at least its first 12 bytes.

    Returns:
        Nanoseconds; None when the representation is not plain CDR or the message is too short, in
        which case the message has to be deserialized to know.
    """
    order = _PLAIN.get(bytes(buffer[:2]))
    if order is None or len(buffer) < _HEADER_BYTES:
        return None
    sec, nanosec = struct.unpack_from(f'{order}iI', buffer, 4)
    return int(sec) * NANOSECONDS + int(nanosec)


def peek_header(buffer: Buffer) -> tuple[int, str]:
    """Stamp, nanoseconds, and frame_id of a serialized message that begins with a header.

    Raises:
        CdrError: the representation is not plain CDR, or the message is too short.
    """
    reader = _CdrReader(buffer)
    return reader.stamp(), reader.string('header.frame_id')


def read_image(buffer: Buffer) -> ImageBytes:
    """Read a serialized `sensor_msgs/Image`.

    Raises:
        CdrError: the representation is not plain CDR, or the message ends too early.
    """
    reader = _CdrReader(buffer)
    stamp, frame_id = reader.stamp(), reader.string('header.frame_id')
    height, width = reader.uint32('height'), reader.uint32('width')
    encoding, is_bigendian = reader.string('encoding'), reader.uint8('is_bigendian')
    step, data = reader.uint32('step'), reader.octets('data')
    return ImageBytes(stamp, frame_id, height, width, encoding, bool(is_bigendian), step, data)


def read_compressed(buffer: Buffer) -> CompressedBytes:
    """Read a serialized `sensor_msgs/CompressedImage`.

    Raises:
        CdrError: the representation is not plain CDR, or the message ends too early.
    """
    reader = _CdrReader(buffer)
    stamp, frame_id = reader.stamp(), reader.string('header.frame_id')
    return CompressedBytes(stamp, frame_id, reader.string('format'), reader.octets('data'))


def read_compressed_video(buffer: Buffer) -> PacketBytes:
    """Read a serialized `foxglove_msgs/CompressedVideo`.

    Raises:
        CdrError: the representation is not plain CDR, or the message ends too early.
    """
    reader = _CdrReader(buffer)
    stamp, frame_id = reader.stamp(), reader.string('frame_id')
    data = reader.octets('data')
    return PacketBytes(stamp, frame_id, reader.string('format'), data)


def read_ffmpeg_packet(buffer: Buffer) -> PacketBytes:
    """Read a serialized `ffmpeg_image_transport_msgs/FFMPEGPacket`.

    Raises:
        CdrError: the representation is not plain CDR, or the message ends too early.
    """
    reader = _CdrReader(buffer)
    stamp, frame_id = reader.stamp(), reader.string('header.frame_id')
    for field in ('width', 'height'):
        reader.uint32(field)
    codec = reader.string('encoding')
    number = reader.uint64('pts')
    for field in ('flags', 'is_bigendian'):
        reader.uint8(field)
    return PacketBytes(stamp, frame_id, codec, reader.octets('data'), number)


class _CdrReader:
    """A cursor over the fields of one message, in order."""

    def __init__(self, buffer: Buffer) -> None:
        self._view = memoryview(buffer)
        order = _PLAIN.get(bytes(self._view[:2]))
        if order is None:
            representation = bytes(self._view[:2]).hex() or 'nothing'
            raise CdrError(f'the message is not in plain CDR (representation {representation})')
        self._order = order
        self._widest = 4 if bytes(self._view[:2]) in _XCDR2 else 8
        self._at = _ORIGIN

    def stamp(self) -> int:
        sec, nanosec = self._unpack('iI', 8, 'header.stamp')
        return sec * NANOSECONDS + nanosec

    def uint32(self, field: str) -> int:
        self._at += -self._at % 4
        return self._unpack('I', 4, field)[0]

    def uint64(self, field: str) -> int:
        self._at += (_ORIGIN - self._at) % self._widest
        return self._unpack('Q', 8, field)[0]

    def uint8(self, field: str) -> int:
        return self._unpack('B', 1, field)[0]

    def octets(self, field: str) -> memoryview:
        return self._take(self.uint32(field), field)

    def string(self, field: str) -> str:
        return bytes(self.octets(field)).rstrip(b'\0').decode('utf-8', errors='replace')

    def _unpack(self, layout: str, size: int, field: str) -> tuple[int, ...]:
        return struct.unpack(self._order + layout, self._take(size, field))

    def _take(self, size: int, field: str) -> memoryview:
        start, self._at = self._at, self._at + size
        if self._at > len(self._view):
            raise CdrError(
                f'the message ends inside {field}: {self._at} bytes are needed and '
                f'{len(self._view)} are there'
            )
        return self._view[start : self._at]
