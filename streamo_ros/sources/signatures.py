# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Names bytes by how they begin, and refuses video and images that no decoder here reads.

A message's `format` is what its publisher believes; the first bytes are what was sent.
"""

from __future__ import annotations

import re

from streamo_ros.sources import jpeg
from streamo_ros.sources.pixels import ImageError
from streamo_ros.sources.raw_image import ENCODINGS

# Bytes that tell text from data.
_SAMPLE = 256
_VIDEO_CODECS = re.compile(r'h\.?26[45]|hevc|avc|av1|vp[89]|mpeg-?4', re.IGNORECASE)
# Annex B of H.264 and H.265: a start code, then the header of a NAL unit.
_NAL_UNIT = re.compile(rb'\0{2,3}\x01(..)', re.DOTALL)
_SEI = 0x06
_BRANDS = {b'heic': 'HEIC', b'heix': 'HEIC', b'hevc': 'HEIC', b'mif1': 'HEIC', b'msf1': 'HEIC'}
_BEGINNINGS = {
    b'\xff\x0a': 'JPEG XL',
    b'\0\0\0\x0cJXL ': 'JPEG XL',
    b'qoif': 'QOI',
    b'\x28\xb5\x2f\xfd': 'zstd-compressed',
}


def refuse_foreign(data: bytes) -> None:
    """Refuse what begins like video, or like an image format without a decoder.

    Args:
        data: the compressed image.

    Raises:
        ImageError: it does; the message says what it is, and what to publish.
    """
    codec = _annex_b(data)
    if codec:
        raise _video_error(codec)
    if data[4:8] == b'ftyp' and data[8:12] not in (*_BRANDS, b'avif', b'avis'):
        raise _video_error('MP4')
    name = _BRANDS.get(data[8:12], '') if data[4:8] == b'ftyp' else _still_format(data)
    if name:
        raise ImageError(f'{name} images are not decoded: publish JPEG or PNG')


def undecodable(kind: str, data: bytes) -> ImageError:
    """The refusal of data that no decoder understands.

    Args:
        kind: the message's `format`.
        data: the compressed image.
    """
    codec = _VIDEO_CODECS.search(kind)
    if codec:
        return _video_error(codec.group().lower())
    if kind.strip() in ENCODINGS:
        return ImageError(
            f'the format {kind.strip()!r} means raw pixels, whose size a CompressedImage does not '
            'carry: publish them as sensor_msgs/msg/Image, or as JPEG or PNG'
        )
    return ImageError(f'the compressed image cannot be decoded: {_what_is_wrong(data)}')


def _what_is_wrong(data: bytes) -> str:
    if data.startswith(jpeg.START):
        unusual = jpeg.read_layout(data).unusual
        if unusual:
            return f'{unusual}: publish baseline JPEG'
    if data[:_SAMPLE].isascii() and all(byte >= ord('\t') for byte in data[:_SAMPLE]):
        return 'its data are text, perhaps base64: publish the bytes themselves'
    return 'its data are corrupt'


def _video_error(codec: str) -> ImageError:
    return ImageError(
        f'{codec} is video, not an image: publish JPEG or PNG; in a recording, '
        'foxglove_msgs/msg/CompressedVideo and ffmpeg_image_transport packets are decoded'
    )


def _annex_b(data: bytes) -> str:
    match = _NAL_UNIT.match(data)
    if match is None:
        return ''
    first, second = match.group(1)
    if first & 0x80:
        return ''
    # The second byte of an H.265 header is its temporal layer, 1; of H.264 it is data already.
    if second == 1 and not first & 1 and first != _SEI:
        return 'h265'
    return 'h264' if first & 0x1F in range(1, 14) else ''


def _still_format(data: bytes) -> str:
    return next((name for start, name in _BEGINNINGS.items() if data.startswith(start)), '')
