# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Serialized messages that show the synthetic tabletop world, and bags of them. Needs no ROS."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rosbags.rosbag2 import CompressionFormat
from rosbags.rosbag2 import CompressionMode
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer
from rosbags.typesys import get_types_from_msg
from rosbags.typesys import get_typestore
from rosbags.typesys import Stores

from streamo_ros.worlds import World

STORE = get_typestore(Stores.ROS2_HUMBLE)
COMPRESSED_VIDEO = 'foxglove_msgs/msg/CompressedVideo'
FFMPEG_PACKET = 'ffmpeg_image_transport_msgs/msg/FFMPEGPacket'
# The fields of both as their packages define them.
STORE.register(
    get_types_from_msg(
        'builtin_interfaces/Time timestamp\nstring frame_id\nuint8[] data\nstring format',
        COMPRESSED_VIDEO,
    )
    | get_types_from_msg(
        'std_msgs/Header header\nint32 width\nint32 height\nstring encoding\nuint64 pts\n'
        'uint8 flags\nbool is_bigendian\nuint8[] data',
        FFMPEG_PACKET,
    )
)
IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
WIDTH, HEIGHT, RATE, FRAMES = 96, 72, 5, 40

Rgb = NDArray[np.uint8]
Stamped = tuple[int, Rgb]


def frames(count: int = FRAMES, rate: float = RATE) -> Iterator[Stamped]:
    """Pictures of the world with their capture times, nanoseconds."""
    world = World(3, WIDTH, HEIGHT)
    for number in range(count):
        yield START + round(number * SECOND / rate), world.render(number / rate)


def header(stamp: int) -> Any:
    """A header of the given time, nanoseconds."""
    time = STORE.types['builtin_interfaces/msg/Time'](*divmod(stamp, SECOND))
    return STORE.types['std_msgs/msg/Header'](time, 'camera')


def raw(stamp: int, rgb: Rgb, encoding: str = 'rgb8', step: int | None = None) -> bytes:
    """A serialized Image; `step` overrides the true one."""
    height, width = rgb.shape[:2]
    row = rgb.reshape(height, -1).shape[1]
    pixels = np.ascontiguousarray(rgb).reshape(-1)
    message = STORE.types[IMAGE](
        header(stamp), height, width, encoding, 0, row if step is None else step, pixels
    )
    return bytes(STORE.serialize_cdr(message, IMAGE))


def jpeg(stamp: int, rgb: Rgb) -> bytes:
    """A serialized CompressedImage."""
    _, coded = cv2.imencode('.jpg', rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    message = STORE.types[COMPRESSED](header(stamp), 'rgb8; jpeg compressed bgr8', coded)
    return bytes(STORE.serialize_cdr(message, COMPRESSED))


def compressed_video(stamp: int, data: bytes, codec: str = 'h264', little: bool = True) -> bytes:
    """A serialized CompressedVideo."""
    time = header(stamp).stamp
    message = STORE.types[COMPRESSED_VIDEO](time, 'camera', np.frombuffer(data, np.uint8), codec)
    return bytes(STORE.serialize_cdr(message, COMPRESSED_VIDEO, little_endian=little))


def ffmpeg_packet(
    stamp: int,
    data: bytes,
    codec: str = 'libx264;yuv420p;bgr8;bgr8',
    frame_id: str = 'camera',
    number: int = 0,
) -> bytes:
    """A serialized FFMPEGPacket; `number` is its pts."""
    head = header(stamp)
    head.frame_id = frame_id
    coded = np.frombuffer(data, np.uint8)
    message = STORE.types[FFMPEG_PACKET](head, 96, 64, codec, number, 0, False, coded)
    return bytes(STORE.serialize_cdr(message, FFMPEG_PACKET))


Recorded = tuple[str, str, int, bytes]
"""Topic, type, recording time, serialized message."""


def write_bag(
    folder: Path,
    messages: Iterable[Recorded],
    storage: StoragePlugin = StoragePlugin.MCAP,
    compression: CompressionMode = CompressionMode.NONE,
    topics: Iterable[tuple[str, str]] = (),
) -> Path:
    """Write a bag.

    Args:
        folder: the bag; its file has the same name.
        messages: its content.
        storage: format of its file.
        compression: by file, by message, or by chunk (MCAP).
        topics: topics and types without messages.
    """
    writer = Writer(folder, version=8, storage_plugin=storage)
    writer.set_compression(compression, CompressionFormat.ZSTD)
    with writer:
        known = {pair: writer.add_connection(*pair, typestore=STORE) for pair in topics}
        for topic, kind, log_time, data in messages:
            pair = (topic, kind)
            if pair not in known:
                known[pair] = writer.add_connection(topic, kind, typestore=STORE)
            writer.write(known[pair], log_time, data)
    return folder


def raw_messages(
    stamped: Iterable[Stamped], topic: str = '/camera/image_raw'
) -> Iterator[Recorded]:
    """Images as a camera publishes them."""
    for stamp, rgb in stamped:
        yield topic, IMAGE, stamp, raw(stamp, rgb)


def jpeg_messages(
    stamped: Iterable[Stamped], topic: str = '/camera/image_raw/compressed'
) -> Iterator[Recorded]:
    """Images as image_transport compresses them."""
    for stamp, rgb in stamped:
        yield topic, COMPRESSED, stamp, jpeg(stamp, rgb)
