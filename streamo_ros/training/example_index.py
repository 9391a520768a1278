# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the examples of a file of dialogues are, found once and kept beside the file.

To find them, every dialogue is parsed and its tokens are counted, which takes minutes for hundreds
of thousands. The index holds for one file and one way of making sequences; anything else is found
again.
"""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from rich import progress
from rich.console import Console

from streamo_ros.files import write_bytes
from streamo_ros.files import WriteError
from streamo_ros.training.dialogue_file import EntryPlace
from streamo_ros.training.layouts import Cut

_STEPS = 10
"""Lines of progress where there is no terminal."""
LONG = 50_000_000
"""Bytes from which reading a file takes long enough to be reported without a terminal."""


@dataclass(frozen=True)
class Place:
    """The location of one example in its file.

    Attributes:
        entry: where its dialogue is.
        start: first turn of its span of the dialogue.
        stop: the turn after the span's last one.
        cut: which sequence of the span.
    """

    entry: EntryPlace
    start: int
    stop: int
    cut: Cut


@dataclass(frozen=True)
class FileExamples:
    """The examples of one file.

    Attributes:
        places: in the order of the file.
        dropped: number of sequences left out, by reason.
    """

    places: list[Place]
    dropped: Mapping[str, int]


class ExampleIndex:
    """The index of one file.

    Args:
        file: of dialogues.
        identity: tells apart all that the examples depend on besides the file.
    """

    def __init__(self, file: Path, identity: str) -> None:
        state = file.stat()
        facts = f'{state.st_size} {state.st_mtime_ns} {identity}'
        self.path = file.with_name(f'{file.name}.index.npz')
        self._key = hashlib.sha256(facts.encode()).hexdigest()

    def read(self) -> FileExamples | None:
        """What was found before; None if it has to be found again."""
        try:
            with np.load(self.path, allow_pickle=False) as index:
                if str(index['key']) != self._key:
                    return None
                rows, reasons, counts = index['places'], index['reasons'], index['counts']
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
            return None
        dropped = dict(zip(map(str, reasons), map(int, counts), strict=True))
        # A video that was missing may be there by now.
        if dropped.get('video missing'):
            return None
        return FileExamples([_place(row) for row in rows.tolist()], dropped)

    def write(self, examples: FileExamples) -> None:
        """Keep what was found; says so where that is not possible."""
        rows = [_row(place) for place in examples.places]
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            key=np.array(self._key),
            places=np.array(rows, np.int64).reshape(len(rows), 7),
            reasons=np.array(list(examples.dropped)),
            counts=np.array(list(examples.dropped.values()), np.int64),
        )
        try:
            write_bytes(self.path, buffer.getvalue())
        except WriteError as error:
            print(f'{error}: the dialogues are read again at each start', file=sys.stderr)


def open_reported(path: Path) -> AbstractContextManager[BinaryIO]:
    """Open a file; what is read of it is shown in a bar, or in lines without a terminal."""
    console = Console(stderr=True)
    if console.is_terminal:
        return progress.open(path, 'rb', description=f'reading {path.name}', console=console)
    return _LoggedFile(path)


class _LoggedFile(io.BufferedReader):
    """Says at each tenth how much of the file has been read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.open('rb', buffering=0))
        self._path = path
        self._size = max(1, path.stat().st_size)
        self._done = 0

    def __next__(self) -> bytes:
        line = super().__next__()
        step = _STEPS * self.tell() // self._size if self._size >= LONG else 0
        if step > self._done:
            self._done = step
            print(f'reading {self._path}: {100 * step // _STEPS} %', file=sys.stderr)
        return line


def _row(place: Place) -> tuple[int, ...]:
    entry, cut = place.entry, place.cut
    return (entry.offset, entry.length, place.start, place.stop, cut.first, cut.stop, cut.tokens)


def _place(row: list[int]) -> Place:
    offset, length, start, stop, *cut = row
    return Place(EntryPlace(offset, length), start, stop, Cut(*cut))
