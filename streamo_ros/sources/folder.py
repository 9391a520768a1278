# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A folder of images with times as a source.

Times are written in a table beside the images (EuRoC's `data.csv`, TUM's `rgb.txt`, or
`times.txt`/`times.csv` of the same form), or in the file names. Their unit is found by
`folder_times`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.errors import one_line
from streamo_ros.sources.base import FIRST_STAMP
from streamo_ros.sources.base import IMAGE_SUFFIXES
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.base import TABLES
from streamo_ros.sources.folder_times import parse_number
from streamo_ros.sources.folder_times import read_times
from streamo_ros.sources.image import decode_compressed
from streamo_ros.sources.image import ImageError


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
            raise ImageError(f'{self.path}: {one_line(error)}') from error


class FolderSource:
    """Images in the order of their times; see `Source`.

    A folder whose first time is 0 is moved to `FIRST_STAMP`.

    Raises:
        SourceError: images without times, or times that cannot be read.
    """

    topic = ''
    damage = ''

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        table = next((path / name for name in TABLES if (path / name).is_file()), None)
        entries = _read_table(table) if table else _read_names(path)
        if not entries:
            raise SourceError(f'{path} has no images with times: {_ADVICE}')
        times = read_times([number for number, _ in entries])
        self.note = times.note
        stamped = sorted(zip(times.stamps, (file for _, file in entries), strict=True))
        shift = FIRST_STAMP if stamped[0][0] == 0 else 0
        self._records = [FileRecord(stamp + shift, file) for stamp, file in stamped]

    @property
    def duration(self) -> float:
        """Seconds from the first to the last image."""
        return (self._records[-1].stamp - self._records[0].stamp) / 1e9

    def records(self) -> Iterator[FileRecord]:
        """All images; see `Source`."""
        return iter(self._records)

    def close(self) -> None:
        """Nothing is open."""


# Too small for a date, or filled with zeros.
_FRAME_NUMBER = re.compile(r'\d{1,9}|0\d+')
_ADVICE = "write a table times.csv with lines 'SECONDS,FILE', or name the files by their times"


def _read_table(table: Path) -> list[tuple[Decimal, Path]]:
    lines = [
        (number, line.strip())
        for number, line in enumerate(_text(table).splitlines(), 1)
        if line.strip() and not line.lstrip().startswith('#')
    ]
    entries = []
    for place, (number, line) in enumerate(lines):
        time, file = _fields(line)
        value = parse_number(time)
        if value is None and place == 0:  # the names of the columns
            continue
        if value is None or not file:
            raise SourceError(f"line {number} of {table} is not 'TIME,FILE' but {line!r}")
        entries.append((value, _image_path(table, file)))
    return entries


def _text(table: Path) -> str:
    """The text of a table, in UTF-8 or, as some Windows programs write it, UTF-16.

    Raises:
        SourceError: it is neither.
    """
    data = table.read_bytes()
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode('utf-16' if utf16 else 'utf-8-sig')
    except UnicodeDecodeError as error:
        raise SourceError(f'{table} is not text in UTF-8: {error.reason}') from error


def _fields(line: str) -> tuple[str, str]:
    """Time and file of a line; spreadsheets with a decimal comma separate by semicolons."""
    separator = ';' if ';' in line else r'[,\s]'
    time, *rest = re.split(rf'\s*{separator}\s*', line, maxsplit=1)
    if separator == ';':
        time = time.replace(',', '.')
    file = re.sub(r'^[\s,]+', '', rest[0]) if rest else ''
    return time.strip('"\' '), file.strip('"\' ')


def _image_path(table: Path, name: str) -> Path:
    # EuRoC keeps images in a folder 'data' beside the table and names them without it.
    places = (table.parent / name, table.parent / 'data' / name)
    path = next((place for place in places if place.exists()), None)
    if path is None:
        raise SourceError(f'{table} names {name}, which does not exist: correct the table')
    return path


def _read_names(folder: Path) -> list[tuple[Decimal, Path]]:
    entries = []
    for file in folder.iterdir():
        # Hidden files are not images: macOS writes '._0.5.png' beside '0.5.png'.
        named = file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith('.')
        if named and not file.is_dir():
            value = parse_number(file.stem)
            if value is None or _FRAME_NUMBER.fullmatch(file.stem):
                raise SourceError(f'the name of {file} is not a time: {_ADVICE}')
            entries.append((value, file))
    return entries
