# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Protocol buffers on the wire, as far as ONNX files need them: fields in, fields out.

Source: 'Protocol Buffers Documentation, Encoding'.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

Value = int | bytes
"""A number, or the bytes of a text, of packed numbers or of a message within."""
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5


def read_fields(message: bytes) -> Iterator[tuple[int, Value]]:
    """Number and value of each field, in order.

    Raises:
        ValueError: the message is cut off or is none.
    """
    at = 0
    while at < len(message):
        tag, at = read_varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = read_varint(message, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = read_varint(message, at)
        elif kind in (_EIGHT, _FOUR):
            size = 8 if kind == _EIGHT else 4
        else:
            raise ValueError(f'a field of kind {kind} is not known')
        if at + size > len(message):
            raise ValueError('the message is cut off')
        yield number, bytes(message[at : at + size])
        at += size


def read_varint(message: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where the next field begins.

    Raises:
        ValueError: it is cut off or too long.
    """
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise ValueError('the message is cut off')
        value |= (message[at] & 0x7F) << shift
        at += 1
        if not message[at - 1] & 0x80:
            return value, at
    raise ValueError('a number is too long')


def read_varints(packed: bytes) -> Iterator[int]:
    """Packed numbers."""
    at = 0
    while at < len(packed):
        value, at = read_varint(packed, at)
        yield value


def write_varint(value: int) -> bytes:
    """A number of variable length; negative ones as 64 bits."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number: int, value: float | str | bytes) -> bytes:
    """One field: whole numbers as varints, others as 32-bit floats, the rest as bytes."""
    if isinstance(value, int):
        return write_varint(number << 3 | _VARINT) + write_varint(value)
    if isinstance(value, float):
        return write_varint(number << 3 | _FOUR) + struct.pack('<f', value)
    content = value.encode() if isinstance(value, str) else value
    return write_varint(number << 3 | _BYTES) + write_varint(len(content)) + content
