# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compressed still images to RGB, from the fields of a `sensor_msgs/CompressedImage`.

Knows the format strings that image_transport's plugins write: 'jpeg', 'rgb8; jpeg compressed
bgr8', and for Bayer images 'bayer_rggb8; png compressed ' with nothing after it, which means that
the mosaic itself was compressed. Whether the file holds a mosaic or colors is read from the file.
"""

from __future__ import annotations

import cv2
import numpy as np

from streamo_ros.sources import jpeg
from streamo_ros.sources.cdr import Buffer
from streamo_ros.sources.library_noise import library_noise_muted
from streamo_ros.sources.pixels import gray_to_rgb
from streamo_ros.sources.pixels import ImageError
from streamo_ros.sources.pixels import measurement_error
from streamo_ros.sources.pixels import narrow
from streamo_ros.sources.pixels import Pixels
from streamo_ros.sources.pixels import Rgb
from streamo_ros.sources.raw_image import ENCODINGS
from streamo_ros.sources.raw_image import MEASUREMENT
from streamo_ros.sources.raw_image import to_rgb
from streamo_ros.sources.signatures import refuse_foreign
from streamo_ros.sources.signatures import undecodable

_PNG_START = b'\x89PNG\r\n\x1a\n'
# A few bytes may claim a picture of any size; 8K has 33 million pixels.
_MOST_PIXELS = 1 << 26
# Some drivers put a header of their own in front of a JPEG image.
_LEADING = 64


def decode_compressed(kind: str, data: Buffer) -> Rgb:
    """Convert the fields of a `sensor_msgs/CompressedImage`.

    Args:
        kind: the message's `format`, e.g. 'jpeg', 'rgb8; jpeg compressed bgr8' or
            'bayer_rggb8; png compressed '.
        data: JPEG, PNG or another still image that OpenCV reads.

    Returns:
        uint8, shape (height, width, 3).

    Raises:
        ImageError: the data are empty, truncated, no image, video, or a measurement.
    """
    encoding = kind.partition(';')[0].strip()
    if 'compressedDepth' in kind or _is_measurement(encoding):
        raise measurement_error(f'the format {kind!r}')
    coded = bytes(memoryview(data).cast('B'))
    if not coded:
        raise ImageError('the compressed image is empty')
    stored = _stored_encoding(kind, encoding).lower()
    pixels = _decode_file(kind, coded)
    if pixels.dtype == np.uint16:
        pixels = narrow(pixels)
    if pixels.ndim == 3:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]
    if stored.startswith('bayer'):
        height, width = pixels.shape
        name = stored.removesuffix('16').removesuffix('8') + '8'
        return to_rgb(name, width, height, width, np.ascontiguousarray(pixels).data)
    return gray_to_rgb(pixels)


def _is_measurement(encoding: str) -> bool:
    return bool(MEASUREMENT.fullmatch(encoding)) and encoding not in ENCODINGS


def _stored_encoding(kind: str, encoding: str) -> str:
    """What the file holds: what stands after 'compressed', or else what was compressed."""
    return kind.rpartition('compressed')[2].strip() or encoding


def _decode_file(kind: str, coded: bytes) -> Pixels:
    """Decode to gray or blue, green, red; uint8 or uint16.

    Raises:
        ImageError: see `decode_compressed`.
    """
    start = coded.find(jpeg.START, 0, _LEADING)
    if start == 0 or (start > 0 and 'jp' in kind.lower()):
        coded = coded[start:]
        layout = jpeg.read_layout(coded)
        _check_claim(layout.width, layout.height)
        return jpeg.decode_whole(coded, layout, lambda part: _decode(kind, part))
    if coded.startswith(_PNG_START):
        coded = _whole_png(coded)
        _check_claim(int.from_bytes(coded[16:20], 'big'), int.from_bytes(coded[20:24], 'big'))
    else:
        refuse_foreign(coded)
    return _decode(kind, coded)


def _decode(kind: str, coded: bytes) -> Pixels:
    # Applies the EXIF orientation and drops alpha; the depth is kept, because IMREAD_COLOR would
    # take the upper 8 of 16 bits, which in a 12-bit image are almost all zero.
    mode = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH
    try:
        with library_noise_muted():
            pixels = cv2.imdecode(np.frombuffer(coded, np.uint8), mode)
    except cv2.error as error:
        raise ImageError(f'the compressed image cannot be decoded: {error.err}') from error
    if pixels is None:
        raise undecodable(kind, coded)
    if pixels.dtype not in (np.uint8, np.uint16):
        raise measurement_error(f'the compressed image with values of type {pixels.dtype}')
    return pixels


def _whole_png(coded: bytes) -> bytes:
    """The chunks of a PNG file up to its last, IEND.

    Raises:
        ImageError: it ends before that.
    """
    at = len(_PNG_START)
    while at + 8 <= len(coded):
        name, at = coded[at + 4 : at + 8], at + 12 + int.from_bytes(coded[at : at + 4], 'big')
        if name == b'IEND' and at <= len(coded):
            return coded[:at]
    raise ImageError('the PNG image is truncated: its end marker is missing')


def _check_claim(width: int, height: int) -> None:
    """Refuse a picture that would take gigabytes, before it is unpacked."""
    if width * height > _MOST_PIXELS:
        raise ImageError(
            f'the compressed image claims {width}x{height} pixels: at most {_MOST_PIXELS} are read'
        )
