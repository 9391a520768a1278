# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a JPEG image ends, how large it is, and whether all of it is there.

Cameras publish their whole buffer, phones append a film to a photo, stereo cameras a second
image: what follows the end marker is not looked at. An end marker that is missing, or one that a
driver put behind half an image, is found by what it does to the picture.

Source: ITU-T T.81, annex B (markers, segments, entropy-coded data).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from streamo_ros.sources.pixels import ImageError
from streamo_ros.sources.pixels import Pixels

START = b'\xff\xd8\xff'
_END = b'\xff\xd9'
_SOI, _EOI, _SCAN = 0xD8, 0xD9, 0xDA
# Frame headers are C0 to CF, without C4, C8 and CC, which are tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_LOSSLESS = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_USUAL_BITS = 8
# Markers without a length: TEM and the restart markers.
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
# Inside entropy-coded data FF 00 is a byte of data, FF D0 to FF D7 restart it, FF FF is fill.
_MARKER = re.compile(rb'\xff[\x01-\xcf\xd8-\xfe]')
# What libjpeg makes of blocks that are not there: all coefficients zero.
_GRAY = 128
_ENDS = (slice(None, 8), slice(-8, None))
_FILLER = bytes(np.random.default_rng(1).integers(0, 255, 4096, np.uint8))


class JpegLayout(NamedTuple):
    """What the segments of a JPEG image say.

    Attributes:
        end: number of bytes up to and with the end marker; without one, all but trailing zeros.
        closed: whether the end marker is there.
        width: in pixels; 0 when there is no frame header.
        height: in pixels.
        progressive: whether it comes in several scans.
        unusual: why common decoders do not read it; '' = they do.
    """

    end: int
    closed: bool
    width: int
    height: int
    progressive: bool
    unusual: str = ''


def read_layout(data: bytes) -> JpegLayout:
    """Walk the segments of a JPEG image.

    Args:
        data: begins with `START`; anything may follow the image.
    """
    width, height, progressive, unusual, at = 0, 0, False, '', 2
    while (marker := _next_marker(data, at)) is not None:
        code, at = data[marker + 1], marker + 2
        if code == _EOI:
            return JpegLayout(at, True, width, height, progressive, unusual)
        if code == _SOI:  # the next image of a stream begins
            return JpegLayout(marker, False, width, height, progressive, unusual)
        if code in _BARE:
            continue
        if code in _FRAMES and not width:
            height = int.from_bytes(data[at + 3 : at + 5], 'big')
            width = int.from_bytes(data[at + 5 : at + 7], 'big')
            progressive = code in _PROGRESSIVE
            unusual = _unusual(code, data[at + 2], height)
        at += int.from_bytes(data[at : at + 2], 'big')
    return JpegLayout(len(data.rstrip(b'\0')), False, width, height, progressive, unusual)


def _unusual(code: int, bits: int, height: int) -> str:
    if code in _LOSSLESS:
        return 'it is a lossless JPEG'
    if bits != _USUAL_BITS:
        return f'it is a JPEG of {bits} bits a value'
    return '' if height else 'its JPEG header names no height'


def _next_marker(data: bytes, at: int) -> int | None:
    match = _MARKER.search(data, at)
    return match.start() if match else None


def decode_whole(data: bytes, layout: JpegLayout, decode: Callable[[bytes], Pixels]) -> Pixels:
    """Decode a JPEG image, and refuse one of which a part is missing.

    Decoders fill what is missing with gray and say nothing. Other bytes at the place where the
    data end change such a picture and leave a whole one as it is; that is tried when a corner is
    as gray as a filled one.

    Args:
        data: the image.
        layout: of `data`.
        decode: JPEG bytes to pixels.

    Raises:
        ImageError: the image is truncated, or cannot be decoded.
    """
    body = data[: layout.end - len(_END)] if layout.closed else data[: layout.end]
    if not layout.closed and layout.progressive:
        raise _truncated()
    try:
        picture = decode(body + _END)
    except ImageError as error:
        raise error if layout.closed else _truncated() from error
    if _has_gray_corner(picture) and not np.array_equal(picture, decode(body + _FILLER + _END)):
        raise _truncated()
    return picture


def _has_gray_corner(picture: Pixels) -> bool:
    # Any corner: the EXIF orientation may have turned the end of the data to it.
    corners = [picture[rows, columns] for rows in _ENDS for columns in _ENDS]
    return any(bool((np.abs(corner.astype(int) - _GRAY) <= 1).all()) for corner in corners)


def _truncated() -> ImageError:
    return ImageError('the JPEG image is truncated: its data end before the picture does')
