# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How many bytes of a video file are missing, by the sizes that its container declares.

Knows the outermost structure of MP4, Matroska and AVI files. Durations and frame counts are no
evidence: sound may be longer than the picture, and edit lists hide frames. A size that reaches
past the end of the file is.

Sources: ISO/IEC 14496-12 (boxes); RFC 8794 (EBML) and RFC 9559 (Matroska); the RIFF format.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

_EBML = b'\x1a\x45\xdf\xa3'
_SEGMENT = b'\x18\x53\x80\x67'
_BOXES = frozenset(
    b'ftyp styp moov moof mdat mfra sidx free skip wide uuid meta udta pdin emsg prft'.split()
)


def missing_bytes(path: Path) -> int:
    """Bytes that the container declares beyond the end of the file; 0 when nothing is missing.

    Also 0 for containers that declare no size, such as transport streams.
    """
    size = path.stat().st_size
    with path.open('rb') as file:
        head = file.read(12)
        if head[4:8] in _BOXES:
            end = _end_of_boxes(file, size)
        elif head[:4] == _EBML:
            end = _end_of_segment(file)
        elif head[:4] == b'RIFF':
            end = 8 + int.from_bytes(head[4:8], 'little')
        else:
            end = 0
    return max(0, end - size)


def has_index(path: Path) -> bool:
    """Whether an MP4 file has its index, the box 'moov'; True for any other file."""
    size = path.stat().st_size
    with path.open('rb') as file:
        names = [name for name, _ in _boxes(file, size)]
    return b'ftyp' not in names or b'moov' in names


def _end_of_boxes(file: BinaryIO, size: int) -> int:
    return max((end for _, end in _boxes(file, size)), default=0)


def _boxes(file: BinaryIO, size: int) -> list[tuple[bytes, int]]:
    """Name and end of each outermost box of an MP4 file; none of any other file."""
    boxes, at = [], 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length, name = int.from_bytes(head[:4], 'big'), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:16], 'big')
        elif length == 0:  # to the end of the file
            length = size - at
        if length < 8 or name not in _BOXES:  # something else was appended
            break
        at += length
        boxes.append((name, at))
    return boxes


def _end_of_segment(file: BinaryIO) -> int:
    """End of a Matroska file's segment; 0 when it is not declared, as in a live recording."""
    file.seek(4)
    header = _number(file)
    file.seek(header, 1)
    if file.read(4) != _SEGMENT:
        return 0
    segment = _number(file)
    return file.tell() + segment if segment else 0


def _number(file: BinaryIO) -> int:
    """The size of an EBML element; 0 when it is unknown."""
    first = file.read(1)
    if not first or not first[0]:
        return 0
    length = 9 - first[0].bit_length()
    unknown = (1 << 7 * length) - 1
    number = int.from_bytes(first + file.read(length - 1), 'big') & unknown
    return 0 if number == unknown else number
