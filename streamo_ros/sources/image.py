# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bytes of any camera encoding to RGB.

Knows the encodings of `sensor_msgs/image_encodings` that color and grey cameras use, and JPEG and
PNG. Knows no ROS and no message: node and replay hand over fields. Depth images are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.errors import StreamoError
from streamo_ros.sources.cdr import Buffer

Rgb: TypeAlias = NDArray[np.uint8]
_Pixels: TypeAlias = NDArray[Any]

_JPEG_START, _JPEG_END = b'\xff\xd8', b'\xff\xd9'
_PNG_START, _PNG_END = b'\x89PNG', b'IEND'
# Cameras pad a JPEG behind its end marker; further back only a thumbnail would have one.
_TAIL = 4096
# A few bytes may claim a picture of any size; 8K has 33 million pixels.
_MOST_PIXELS = 1 << 26


class ImageError(StreamoError, ValueError):
    """An image cannot be converted; the message says what is wrong with it."""


@dataclass(frozen=True)
class _Encoding:
    """How the pixels of an encoding lie and what makes them RGB.

    Attributes:
        channels: values a pixel.
        convert: from (height, width[, channels]) to RGB of the same depth.
        wide: True for 16 bits a value.
        even: True when two neighbours share their color, so that the width must be even.
    """

    channels: int
    convert: Callable[[_Pixels], _Pixels]
    wide: bool = False
    even: bool = False


def _color(code: int) -> Callable[[_Pixels], _Pixels]:
    return lambda pixels: cv2.cvtColor(pixels, code)


# OpenCV names a pattern by its second row's second and third pixel: RGGB is BayerBG there.
_BAYER = {
    'bayer_rggb': cv2.COLOR_BayerBG2RGB,
    'bayer_bggr': cv2.COLOR_BayerRG2RGB,
    'bayer_gbrg': cv2.COLOR_BayerGR2RGB,
    'bayer_grbg': cv2.COLOR_BayerGB2RGB,
}
_UYVY = _Encoding(2, _color(cv2.COLOR_YUV2RGB_UYVY), even=True)
_YUYV = _Encoding(2, _color(cv2.COLOR_YUV2RGB_YUY2), even=True)
_ENCODINGS = {
    'rgb8': _Encoding(3, lambda pixels: pixels),
    'bgr8': _Encoding(3, _color(cv2.COLOR_BGR2RGB)),
    'rgba8': _Encoding(4, _color(cv2.COLOR_RGBA2RGB)),
    'bgra8': _Encoding(4, _color(cv2.COLOR_BGRA2RGB)),
    'mono8': _Encoding(1, _color(cv2.COLOR_GRAY2RGB)),
    'mono16': _Encoding(1, _color(cv2.COLOR_GRAY2RGB), wide=True),
    'yuv422': _UYVY,
    'uyvy': _UYVY,
    'yuv422_yuy2': _YUYV,
    'yuyv': _YUYV,
    **{f'{name}8': _Encoding(1, _color(code)) for name, code in _BAYER.items()},
    **{f'{name}16': _Encoding(1, _color(code), wide=True) for name, code in _BAYER.items()},
}
ENCODINGS = tuple(sorted(_ENCODINGS))
"""Encodings that `to_rgb` knows."""


def to_rgb(
    encoding: str,
    width: int,
    height: int,
    step: int,
    data: Buffer,
    is_bigendian: bool = False,
) -> Rgb:
    """Convert the fields of a `sensor_msgs/Image`.

    Args:
        encoding: one of `ENCODINGS`.
        step: length of a row, bytes; more than the pixels take is padding.
        data: exactly step * height bytes.
        is_bigendian: byte order of 16-bit encodings.

    Returns:
        uint8, shape (height, width, 3). For rgb8 a view of `data`, read-only where `data` is and
        with padded rows where those are; otherwise a new array. 16-bit values are scaled to 8.

    Raises:
        ImageError: unknown encoding, zero size, or sizes that disagree.
    """
    kind = _ENCODINGS.get(encoding)
    if kind is None:
        raise ImageError(
            f'the image encoding {encoding!r} is not known: publish one of {", ".join(ENCODINGS)}'
        )
    _check_size(encoding, kind, width, height, step, memoryview(data).nbytes)
    value = np.dtype(np.uint8 if not kind.wide else '>u2' if is_bigendian else '<u2')
    rows = np.frombuffer(data, np.uint8).reshape(height, step)
    pixels = rows[:, : width * kind.channels * value.itemsize]
    if kind.wide:
        pixels = np.ascontiguousarray(pixels).view(value).astype(np.uint16, copy=False)
    if kind.channels > 1:
        pixels = pixels.reshape(height, width, kind.channels)
    rgb = kind.convert(pixels)
    return _narrow(rgb) if kind.wide else rgb


def _narrow(wide: _Pixels) -> Rgb:
    return cv2.convertScaleAbs(wide, alpha=255 / 65535)  # type: ignore[return-value]


def _check_size(
    encoding: str, kind: _Encoding, width: int, height: int, step: int, size: int
) -> None:
    if width <= 0 or height <= 0:
        raise ImageError(f'the image has no pixels: it says it is {width}x{height}')
    row = width * kind.channels * (2 if kind.wide else 1)
    if step < row:
        raise ImageError(
            f'step is {step} bytes, but a row of {width} pixels in {encoding} takes {row}'
        )
    if step * height != size:
        raise ImageError(
            f'step*height is {step}*{height} = {step * height} bytes, but the data have {size}'
        )
    if kind.even and width % 2:
        raise ImageError(f'the width of a {encoding} image must be even, but it is {width}')
    if encoding.startswith('bayer') and min(width, height) < 2:
        raise ImageError(f'a {encoding} image needs 2x2 pixels, but it is {width}x{height}')


def decode_compressed(kind: str, data: Buffer) -> Rgb:
    """Convert the fields of a `sensor_msgs/CompressedImage`.

    Args:
        kind: the message's `format`, e.g. 'jpeg', 'rgb8; jpeg compressed bgr8' or
            'bayer_rggb8; png compressed bayer_rggb8'.
        data: JPEG, PNG or another still image that OpenCV reads.

    Returns:
        uint8, shape (height, width, 3).

    Raises:
        ImageError: the data are empty, truncated, no image, or a depth image.
    """
    if 'compressedDepth' in kind:
        raise ImageError('compressedDepth holds depth and no color: choose a color image topic')
    raw = np.frombuffer(data, np.uint8)
    _check_whole(raw)
    _check_claim(raw)
    stored = kind.rpartition('compressed ')[2].strip()
    if stored.startswith('bayer'):
        return _decode_mosaic(stored, raw)
    bgr = _decode(raw, cv2.IMREAD_COLOR)
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]


def _decode_mosaic(encoding: str, raw: Rgb) -> Rgb:
    mosaic = _decode(raw, cv2.IMREAD_GRAYSCALE)
    height, width = mosaic.shape
    # The sensor's pattern survives compression, its depth does not: IMREAD_GRAYSCALE gives 8 bits.
    return to_rgb(encoding.replace('16', '8'), width, height, width, mosaic.tobytes())


def _decode(raw: Rgb, mode: int) -> Rgb:
    try:
        decoded = cv2.imdecode(raw, mode)
    except cv2.error as error:
        raise ImageError(f'the compressed image cannot be decoded: {error.err}') from error
    if decoded is None:
        raise ImageError('the compressed image cannot be decoded: its data are corrupt')
    return decoded  # type: ignore[return-value]


def _check_whole(raw: Rgb) -> None:
    """Refuse what a decoder would silently fill with grey."""
    if not raw.size:
        raise ImageError('the compressed image is empty')
    start, tail = raw[:4].tobytes(), raw[-_TAIL:].tobytes()
    for name, begin, end in (('JPEG', _JPEG_START, _JPEG_END), ('PNG', _PNG_START, _PNG_END)):
        if start.startswith(begin) and end not in tail:
            raise ImageError(f'the {name} image is truncated: its end marker is missing')


def _check_claim(raw: Rgb) -> None:
    """Refuse a picture that would take gigabytes, before it is unpacked."""
    width, height = _claimed_size(raw[: 1 << 16].tobytes())
    if width * height > _MOST_PIXELS:
        raise ImageError(
            f'the compressed image claims {width}x{height} pixels: at most {_MOST_PIXELS} are read'
        )


def _claimed_size(head: bytes) -> tuple[int, int]:
    """(width, height) as the header of a PNG or JPEG file has them; (0, 0) where it has none."""
    if head.startswith(_PNG_START):
        return int.from_bytes(head[16:20], 'big'), int.from_bytes(head[20:24], 'big')
    at = 2
    while head.startswith(_JPEG_START) and head[at : at + 1] == b'\xff' and at + 9 <= len(head):
        # Frame headers are C0 to CF, without C4, C8 and CC, which are tables.
        if 0xC0 <= head[at + 1] <= 0xCF and head[at + 1] not in (0xC4, 0xC8, 0xCC):
            height, width = (int.from_bytes(head[at + k : at + k + 2], 'big') for k in (5, 7))
            return width, height
        at += 2 + int.from_bytes(head[at + 2 : at + 4], 'big')
    return 0, 0
