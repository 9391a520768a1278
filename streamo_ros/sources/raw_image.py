# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pixels of any camera encoding to RGB, from the fields of a `sensor_msgs/Image`.

Knows the encodings of `sensor_msgs/image_encodings`, and a few planar ones that camera drivers
publish besides. 8UC3, 8UC4, 16UC3 and 16UC4 name no colors; they are what `cv2_to_imgmsg` sends
unless told otherwise, so they are taken in OpenCV's order, blue first. Everything in which a
value is not a brightness (16UC1, 32FC1, ...) is refused as a measurement.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from streamo_ros.sources.cdr import Buffer
from streamo_ros.sources.pixels import gray_to_rgb
from streamo_ros.sources.pixels import ImageError
from streamo_ros.sources.pixels import measurement_error
from streamo_ros.sources.pixels import narrow
from streamo_ros.sources.pixels import Pixels
from streamo_ros.sources.pixels import Rgb
from streamo_ros.sources.yuv import PLANAR
from streamo_ros.sources.yuv import planar_to_rgb

MEASUREMENT = re.compile(r'\d+[USF]C\d*', re.IGNORECASE)
"""OpenCV's generic types; those that are no picture are not among `ENCODINGS`."""


@dataclass(frozen=True)
class _Encoding:
    """How the pixels of a packed encoding lie and what makes them RGB.

    Attributes:
        channels: values a pixel.
        convert: from uint8 (height, width[, channels]) to RGB.
        wide: True for 16 bits a value.
        even: True when two neighbors share their color, so that the width must be even.
        mosaic: True for a Bayer pattern, which needs two rows and two columns.
    """

    channels: int
    convert: Callable[[Pixels], Pixels]
    wide: bool = False
    even: bool = False
    mosaic: bool = False


def _color(code: int) -> Callable[[Pixels], Pixels]:
    return lambda pixels: cv2.cvtColor(pixels, code)


def _two_depths(
    narrow_name: str, wide_name: str, channels: int, code: int, mosaic: bool = False
) -> dict[str, _Encoding]:
    convert = _color(code)
    return {
        narrow_name: _Encoding(channels, convert, mosaic=mosaic),
        wide_name: _Encoding(channels, convert, wide=True, mosaic=mosaic),
    }


# OpenCV names a pattern by its second row's second and third pixel: RGGB is BayerBG there.
_BAYER = {
    'bayer_rggb': cv2.COLOR_BayerBG2RGB,
    'bayer_bggr': cv2.COLOR_BayerRG2RGB,
    'bayer_gbrg': cv2.COLOR_BayerGR2RGB,
    'bayer_grbg': cv2.COLOR_BayerGB2RGB,
}
_UYVY = _Encoding(2, _color(cv2.COLOR_YUV2RGB_UYVY), even=True)
_YUYV = _Encoding(2, _color(cv2.COLOR_YUV2RGB_YUY2), even=True)
_PACKED = {
    'rgb8': _Encoding(3, lambda pixels: pixels),
    'rgb16': _Encoding(3, lambda pixels: pixels, wide=True),
    '8UC1': _Encoding(1, gray_to_rgb),
    **_two_depths('mono8', 'mono16', 1, cv2.COLOR_GRAY2RGB),
    **_two_depths('bgr8', 'bgr16', 3, cv2.COLOR_BGR2RGB),
    **_two_depths('8UC3', '16UC3', 3, cv2.COLOR_BGR2RGB),
    **_two_depths('rgba8', 'rgba16', 4, cv2.COLOR_RGBA2RGB),
    **_two_depths('bgra8', 'bgra16', 4, cv2.COLOR_BGRA2RGB),
    **_two_depths('8UC4', '16UC4', 4, cv2.COLOR_BGRA2RGB),
    'yuv422': _UYVY,
    'uyvy': _UYVY,
    'yuv422_yuy2': _YUYV,
    'yuyv': _YUYV,
}
for _name, _code in _BAYER.items():
    _PACKED |= _two_depths(f'{_name}8', f'{_name}16', 1, _code, mosaic=True)

ENCODINGS = tuple(sorted([*_PACKED, *PLANAR]))
"""Encodings that `to_rgb` converts."""

# As GenICam and V4L2 name them: Mono12p, BayerRG12Packed.
_PACKED_BITS = re.compile(r'1[024] ?(?:p$|packed)', re.IGNORECASE)
_FILE_FORMAT = re.compile(r'jpe?g|png|webp|h\.?26[45]|hevc', re.IGNORECASE)
# Drivers spell 'MONO8' and 'rgb8 '.
_NAMES = {name.casefold(): name for name in ENCODINGS}


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
        data: step * height bytes, of planar encodings also those of the further planes.
        is_bigendian: byte order of 16-bit encodings.

    Returns:
        uint8, shape (height, width, 3). For rgb8 a view of `data`, read-only where `data` is and
        with padded rows where those are; otherwise a new array. 16-bit values are scaled to 8 by
        the range that they use, see `pixels`.

    Raises:
        ImageError: unknown encoding, a measurement, zero size, or sizes that disagree.
    """
    if width <= 0 or height <= 0:
        raise ImageError(f'the image has no pixels: it says it is {width}x{height}')
    name = known_encoding(encoding)
    flat = np.frombuffer(data, np.uint8)
    if name in PLANAR:
        return planar_to_rgb(name, width, height, step, flat)
    kind = _PACKED[name]
    _check_size(name, kind, width, height, step, flat.size)
    itemsize = 2 if kind.wide else 1
    pixels = flat.reshape(height, step)[:, : width * kind.channels * itemsize]
    if kind.wide:
        pixels = narrow(_sixteen_bits(pixels, is_bigendian))
    if kind.channels > 1:
        pixels = pixels.reshape(height, width, kind.channels)
    return kind.convert(pixels)


def known_encoding(encoding: str) -> str:
    """The name in `ENCODINGS` that an encoding means, whatever its case.

    Raises:
        ImageError: there is none; the message says what to publish instead.
    """
    name = _NAMES.get(encoding.strip().casefold())
    if name is not None:
        return name
    if MEASUREMENT.fullmatch(encoding.strip()):
        raise measurement_error(f'the encoding {encoding!r}')
    if _PACKED_BITS.search(encoding):
        raise ImageError(
            f'the encoding {encoding!r} packs pixels of 10 to 14 bits, which is not read: let the '
            'driver publish 8 or 16 bits, for example mono16 or bayer_rggb16'
        )
    if _FILE_FORMAT.search(encoding):
        raise ImageError(
            f'the encoding {encoding!r} is that of a file, not of pixels: publish such data as '
            'sensor_msgs/msg/CompressedImage'
        )
    raise ImageError(
        f'the image encoding {encoding!r} is not known: publish one of {", ".join(ENCODINGS)}'
    )


def _sixteen_bits(rows: Pixels, is_bigendian: bool) -> Pixels:
    values = np.ascontiguousarray(rows).view('>u2' if is_bigendian else '<u2')
    return values.astype(np.uint16, copy=False)


def _check_size(
    encoding: str, kind: _Encoding, width: int, height: int, step: int, size: int
) -> None:
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
    if kind.mosaic and min(width, height) < 2:
        raise ImageError(f'a {encoding} image needs 2x2 pixels, but it is {width}x{height}')
