# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A serialized camera message as a frame; a broken one as a frame without an image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage

from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.frame import Tick
from streamo_ros.messages import nanoseconds
from streamo_ros.sources.cdr import CdrError
from streamo_ros.sources.cdr import peek_stamp
from streamo_ros.sources.cdr import read_compressed
from streamo_ros.sources.cdr import read_image
from streamo_ros.sources.image import decode_compressed
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.image import to_rgb


def stamp_of(data: bytes, kind: type) -> int:
    """The stamp of a message that is not in plain CDR, nanoseconds; 0 when it cannot be read."""
    try:
        return nanoseconds(deserialize_message(data, kind).header.stamp)
    except Exception:  # noqa: BLE001 - rmw raises its own types for a broken message
        return 0


def decode(data: bytes, kind: type, tick: Tick, received: float) -> Frame:
    """Decode a sampled message to a frame; never raises.

    Args:
        data: the serialized message.
        kind: `sensor_msgs/Image` or `CompressedImage`.
        tick: when it was captured.
        received: steady-clock seconds of its reception.
    """
    try:
        if peek_stamp(data) is None:
            image, frame_id = _deserialized(deserialize_message(data, kind))
        elif kind is CompressedImage:
            packed = read_compressed(data)
            image, frame_id = decode_compressed(packed.format, packed.data), packed.frame_id
        else:
            image, frame_id = _plain(data)
    except (CdrError, ImageError) as error:
        return _broken(tick, received, str(error))
    except Exception as error:  # noqa: BLE001 - one bad frame must never end the stream
        return _broken(tick, received, f'{type(error).__name__}: {error}')
    return Frame(tick, image, frame_id, received)


def _broken(tick: Tick, received: float, flaw: str) -> Frame:
    return Frame(tick, None, '', received, Reason.BAD_FRAME, flaw)


def _plain(data: bytes) -> tuple[NDArray[np.uint8], str]:
    raw = read_image(data)
    rgb = to_rgb(raw.encoding, raw.width, raw.height, raw.step, raw.data, raw.is_bigendian)
    return rgb, raw.frame_id


def _deserialized(message: Any) -> tuple[NDArray[np.uint8], str]:
    frame_id = message.header.frame_id
    if isinstance(message, CompressedImage):
        return decode_compressed(message.format, message.data), frame_id
    rgb = to_rgb(
        message.encoding,
        message.width,
        message.height,
        message.step,
        message.data,
        bool(message.is_bigendian),
    )
    return rgb, frame_id
