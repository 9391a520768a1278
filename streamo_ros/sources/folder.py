# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A folder of images with times as a source.

Knows where times are written: in a table beside the images (EuRoC's `data.csv`, TUM's `rgb.txt`,
or `times.txt`/`times.csv` of the same form), or in the file names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from decimal import InvalidOperation
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamo_ros.sources.base import FIRST_STAMP
from streamo_ros.sources.base import IMAGE_SUFFIXES
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.image import decode_compressed
from streamo_ros.sources.image import ImageError

TABLES = ('times.csv', 'times.txt', 'data.csv', 'rgb.txt')
# Integers from here on are nanoseconds: 10^14 ns are one day, 10^14 s three million years.
_NANOSECONDS_FROM = 10**14


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One image file; see `Record`."""

    stamp: int
    path: Path
    topic: str = ''
    frame_id: str = ''

    def image(self) -> NDArray[np.uint8]:
        """Decode; see `Record`."""
        try:
            return decode_compressed(self.path.suffix.lstrip('.'), self.path.read_bytes())
        except (OSError, ImageError) as error:
            raise ImageError(f'{self.path}: {error}') from error


class FolderSource:
    """Images in the order of their times; see `Source`.

    Times are seconds, or nanoseconds when they are integers of 15 digits and more. A folder whose
    first time is 0 is moved to `FIRST_STAMP`.

    Raises:
        SourceError: images without times, or times that cannot be read.
    """

    topic = ''
    damage = ''

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        table = next((path / name for name in TABLES if (path / name).exists()), None)
        entries = _read_table(table) if table else _read_names(path)
        if not entries:
            raise SourceError(f'{path} has no images with times: {_ADVICE}')
        shift = FIRST_STAMP if entries[0][0] == 0 else 0
        self._records = [FileRecord(stamp + shift, file) for stamp, file in entries]

    @property
    def duration(self) -> float:
        """Seconds from the first to the last image."""
        return (self._records[-1].stamp - self._records[0].stamp) / 1e9

    def records(self) -> Iterator[FileRecord]:
        """All images; see `Source`."""
        return iter(self._records)

    def close(self) -> None:
        """Nothing is open."""


_ADVICE = "write a table times.csv with lines 'SECONDS,FILE', or name the files by their times"


def _read_table(table: Path) -> list[tuple[int, Path]]:
    entries = []
    for number, line in enumerate(table.read_text().splitlines(), 1):
        if not line.strip() or line.lstrip().startswith('#'):
            continue
        fields = re.split(r'[,\s]+', line.strip(), maxsplit=1)
        stamp = _nanoseconds(fields[0])
        if stamp is None or len(fields) < 2:
            raise SourceError(f"line {number} of {table} is not 'TIME,FILE' but {line!r}")
        entries.append((stamp, _image_path(table, fields[1])))
    return sorted(entries)


def _image_path(table: Path, name: str) -> Path:
    # EuRoC keeps images in a folder 'data' beside the table and names them without it.
    places = (table.parent / name, table.parent / 'data' / name)
    found = next((place for place in places if place.exists()), None)
    if found is None:
        raise SourceError(f'{table} names {name}, which is not there: correct the table')
    return found


def _read_names(folder: Path) -> list[tuple[int, Path]]:
    entries = []
    for file in folder.iterdir():
        if file.suffix.lower() in IMAGE_SUFFIXES:
            stamp = _nanoseconds(file.stem)
            if stamp is None or re.fullmatch(r'\d{1,9}', file.stem):
                raise SourceError(f'the name of {file} is no time: {_ADVICE}')
            entries.append((stamp, file))
    return sorted(entries)


def _nanoseconds(text: str) -> int | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or value < 0:
        return None
    return int(value) if value >= _NANOSECONDS_FROM else int(value * 10**9)
