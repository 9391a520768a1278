# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files of dialogues: JSON lines, or one JSON array as the authors' converter writes.

Each entry comes with its place in the file, so that it can be read again on its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from streamo_ros.documents import load_json
from streamo_ros.training.record import AnnotationError

_SEPARATOR = re.compile(r'\s*[\[,]\s*(?=\{)')
_END = re.compile(r'\s*(?:\[\s*)?\]\s*$')


@dataclass(frozen=True)
class EntryPlace:
    """Where an entry is in its file.

    Attributes:
        offset: bytes before it.
        length: bytes of it.
        name: 'line 3' or 'entry 3', for messages.
    """

    offset: int
    length: int
    name: str = ''


def file_entries(stream: BinaryIO) -> Iterator[tuple[EntryPlace, object]]:
    """All entries of a file, parsed.

    Raises:
        AnnotationError: an entry is not JSON; says which.
    """
    first = stream.read(1)
    stream.seek(0)
    yield from _array(stream) if first == b'[' else _lines(stream)


def read_entry(stream: BinaryIO, place: EntryPlace) -> object:
    """One entry, parsed."""
    stream.seek(place.offset)
    return load_json(stream.read(place.length))


def _lines(stream: BinaryIO) -> Iterator[tuple[EntryPlace, object]]:
    offset = 0
    for number, line in enumerate(stream, 1):
        if line.strip():
            try:
                yield EntryPlace(offset, len(line), f'line {number}'), load_json(line)
            except ValueError as error:
                raise AnnotationError(f'line {number}: {error}') from error
        offset += len(line)


def _array(stream: BinaryIO) -> Iterator[tuple[EntryPlace, object]]:
    text = stream.read().decode('utf-8')
    decoder, stop, offset, number = json.JSONDecoder(), 0, 0, 1
    while True:
        separator = _SEPARATOR.match(text, stop)
        if separator is None:
            if _END.match(text, stop):
                return
            raise AnnotationError(f'entry {number}: the JSON array ends or breaks off here')
        start = separator.end()
        try:
            entry, end = decoder.raw_decode(text, start)
        except ValueError as error:
            raise AnnotationError(f'entry {number}: {error}') from error
        offset += len(text[stop:start].encode())
        place = EntryPlace(offset, len(text[start:end].encode()), f'entry {number}')
        yield place, entry
        stop, offset, number = end, offset + place.length, number + 1
