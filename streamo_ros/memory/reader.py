# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reads a store, also while a node writes it; may be used by several threads."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.protocol import State
from streamo_ros.memory.pictures import Pictures
from streamo_ros.memory.record import Fact
from streamo_ros.memory.record import KeptFrame
from streamo_ros.memory.record import SpokenAnswer
from streamo_ros.memory.record import StateRun
from streamo_ros.memory.record import SummaryRecord
from streamo_ros.memory.schema import open_readable
from streamo_ros.memory.schema import PICTURES
from streamo_ros.memory.schema import StoreError
from streamo_ros.memory.summary_rows import summary_of

Span = tuple[int, int]
"""Capture times, nanoseconds, both ends included."""

EVER: Span = (0, 2**63 - 1)
_MOST_ROWS = 4096
_MOST_VECTORS = 200_000


class StoreReader:
    """Questions to the rows.

    Args:
        folder: the store.

    Attributes:
        pictures: its pictures.

    Raises:
        StoreError: there is no store, or it cannot be read.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).expanduser()
        self.pictures = Pictures(self.folder / PICTURES)
        self._database = open_readable(self.folder)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close it."""
        self._database.close()

    def newest(self) -> KeptFrame | None:
        """The frame that was written last; None in an empty store."""
        rows = self._frames('ORDER BY id DESC LIMIT 1')
        return rows[0] if rows else None

    def span(self) -> Span:
        """The earliest and the latest capture time; (0, 0) in an empty store."""
        ((first, last),) = self._all(
            'SELECT ifnull((SELECT min(stamp) FROM frames), 0), '
            'ifnull((SELECT max(stamp) FROM frames), 0)'
        )
        return first, last

    def counts(self) -> dict[str, int]:
        """How many rows there are, and the pictures' number and bytes."""
        tables = ['streams', 'frames', 'answers', 'runs', 'sightings']
        tables += ['summaries'] if self._has_summaries() else []
        counts = {
            name: int(self._all(f'SELECT count(*) FROM {name}')[0][0])  # noqa: S608
            for name in tables
        }
        pictures, size = self._all(
            'SELECT count(*), ifnull(sum(picture), 0) FROM frames WHERE picture > 0'
        )[0]
        return {**counts, 'pictures': pictures, 'picture_bytes': size}

    def frames(self, span: Span, limit: int = _MOST_ROWS) -> list[KeptFrame]:
        """Frames with a picture, in the order of watching; the newest `limit` of them."""
        rows = self._frames(
            'WHERE stamp BETWEEN ? AND ? AND picture > 0 ORDER BY id DESC LIMIT ?',
            (*span, limit),
        )
        return rows[::-1]

    def newest_frames(self, limit: int) -> list[KeptFrame]:
        """The newest frames, in the order of watching, with a picture or without."""
        return self._frames('ORDER BY id DESC LIMIT ?', (limit,))[::-1]

    def every_frame(self) -> Iterator[KeptFrame]:
        """All frames, in the order of watching, with a picture or without."""
        last = 0
        while rows := self._frames('WHERE id > ? ORDER BY id LIMIT ?', (last, _MOST_ROWS)):
            yield from rows
            last = rows[-1].id

    def has_frames(self, span: Span) -> bool:
        """Whether anything was watched in a time, with a picture or without."""
        return bool(self._all('SELECT 1 FROM frames WHERE stamp BETWEEN ? AND ? LIMIT 1', span))

    def frame_before(self, stream: int, stamp: int) -> int:
        """Stamp of the frame before a stamp, in a stream; the stamp itself where there is none."""
        ((before,),) = self._all(
            'SELECT ifnull(max(stamp), ?) FROM frames WHERE stream = ? AND stamp < ?',
            (stamp, stream, stamp),
        )
        return int(before)

    def nearest(self, stream: int, stamp: int) -> KeptFrame | None:
        """The frame with a picture that is nearest to a capture time."""
        sides = [
            self._frames(
                f'WHERE stream = ? AND stamp {side} ? AND picture > 0 '
                f'ORDER BY stamp {order} LIMIT 1',
                (stream, stamp),
            )
            for side, order in (('<=', 'DESC'), ('>', 'ASC'))
        ]
        neighbors = [rows[0] for rows in sides if rows]
        return min(neighbors, key=lambda frame: abs(frame.stamp - stamp)) if neighbors else None

    def vectors(self, span: Span) -> tuple[list[KeptFrame], NDArray[np.float16]]:
        """Frames with a picture and a vector, and the vectors, shape (frames, hidden).

        Only those of the length that the newest one has: another model's are another language.
        """
        rows = self._all(
            'SELECT id, stream, stamp, picture, vector FROM frames WHERE stamp BETWEEN ? AND ? '
            'AND picture > 0 AND vector IS NOT NULL ORDER BY id DESC LIMIT ?',
            (*span, _MOST_VECTORS),
        )[::-1]
        if not rows:
            return [], np.zeros((0, 0), np.float16)
        rows = [row for row in rows if len(row[4]) == len(rows[-1][4])]
        packed = b''.join(row[4] for row in rows)
        array = np.frombuffer(packed, '<f2').reshape(len(rows), -1)
        return [KeptFrame(*row[:4]) for row in rows], array

    def answers(self, span: Span, query: str = '', after: int = 0) -> list[Fact]:
        """Answers whose events touch a time, in the order of time.

        Args:
            span: when.
            query: words in FTS5's own syntax; '' = all.
            after: row of an answer; only those that were written later. 0 = all.
        """
        chosen = 'AND id IN (SELECT rowid FROM words WHERE words MATCH ?)' if query else ''
        rows = self._all(
            'SELECT stream, start, stamp, text, about, probability FROM answers '  # noqa: S608
            f'WHERE stamp >= ? AND start <= ? AND id > ? {chosen} '
            f'ORDER BY stamp DESC LIMIT {_MOST_ROWS}',
            (*span, after, query) if query else (*span, after),
        )
        return [
            Fact('answer', stream, start, stamp, text, about, score if score is not None else 0.0)
            for stream, start, stamp, text, about, score in rows[::-1]
        ]

    def sightings(self, span: Span, kinds: Sequence[str] = ()) -> list[Fact]:
        """What was recognized in a time, in the order of time.

        Args:
            span: when.
            kinds: names of kinds; empty = all.
        """
        marks = ', '.join('?' * len(kinds))
        chosen = f'AND kind IN ({marks})' if kinds else ''
        rows = self._all(
            'SELECT stream, start, stop, kind, score, box, frames FROM sightings '  # noqa: S608
            f'WHERE stop >= ? AND start <= ? {chosen} ORDER BY start DESC LIMIT {_MOST_ROWS}',
            (*span, *kinds),
        )
        return [
            Fact('sighting', stream, start, stop, kind, '', score, tuple(json.loads(box)), frames)
            for stream, start, stop, kind, score, box, frames in rows[::-1]
        ]

    def kinds(self) -> list[str]:
        """The kinds of things that were ever recognized."""
        return [kind for (kind,) in self._all('SELECT DISTINCT kind FROM sightings')]

    def states(self, span: Span, *states: State) -> list[Fact]:
        """Runs of one decision in a time, in the order of time, for every instruction."""
        marks = ', '.join('?' * len(states))
        rows = self._all(
            "SELECT runs.stream, start, stop, ifnull(text, ''), state, ifnull(probability, 0), "  # noqa: S608
            'frames FROM runs LEFT JOIN instructions ON instructions.stream = runs.stream '
            'AND instructions.id = runs.instruction '
            f'WHERE stop >= ? AND start <= ? AND state IN ({marks}) '
            f'ORDER BY start DESC LIMIT {_MOST_ROWS}',
            (*span, *map(int, states)),
        )
        return [
            Fact('state', stream, start, stop, State(state).name, text, score, (), frames)
            for stream, start, stop, text, state, score, frames in rows[::-1]
        ]

    def runs(self, stream: int) -> list[StateRun]:
        """The decisions of a stream as runs of one state, in the order of time."""
        rows = self._all(
            "SELECT instruction, ifnull(text, ''), state, start, stop FROM runs "
            'LEFT JOIN instructions ON instructions.stream = runs.stream '
            'AND instructions.id = runs.instruction WHERE runs.stream = ? ORDER BY start',
            (stream,),
        )
        return [StateRun(*row) for row in rows]

    def spoken(self, stream: int) -> list[SpokenAnswer]:
        """The answers of a stream, in the order of the frames that they are about."""
        rows = self._all(
            'SELECT id, instruction, stamp, start, text, probability FROM answers '
            'WHERE stream = ? ORDER BY stamp',
            (stream,),
        )
        return [SpokenAnswer(*row) for row in rows]

    def newest_answer(self) -> int:
        """The row of the answer that was written last; 0 = there is none."""
        ((row,),) = self._all('SELECT ifnull(max(id), 0) FROM answers')
        return int(row)

    def summaries(self, span: Span = EVER) -> list[SummaryRecord]:
        """What a model wrote about times that begin in a time, in the order of time."""
        if not self._has_summaries():
            return []
        rows = self._all(
            'SELECT start, stop, status, text, problem, covered, answer, pictures, model '
            'FROM summaries WHERE start BETWEEN ? AND ? ORDER BY start, stop',
            span,
        )
        return [summary_of(row) for row in rows]

    def instructions(self, span: Span = EVER) -> list[str]:
        """What was watched for in a time, without repetitions."""
        rows = self._all(
            'SELECT DISTINCT text FROM instructions JOIN runs ON runs.stream = '
            'instructions.stream AND runs.instruction = instructions.id '
            'WHERE stop >= ? AND start <= ?',
            span,
        )
        return [text for (text,) in rows]

    def _has_summaries(self) -> bool:
        """A store of schema 1 that nobody has written to since has no table for them."""
        ((version,),) = self._all('PRAGMA user_version')
        return bool(version >= 2)

    def _frames(self, where: str, values: Sequence[Any] = ()) -> list[KeptFrame]:
        rows = self._all(f'SELECT id, stream, stamp, picture FROM frames {where}', values)  # noqa: S608
        return [KeptFrame(*row) for row in rows]

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._database.execute(query, tuple(values)).fetchall()
            except sqlite3.Error as error:
                raise StoreError(f'the store {self.folder} cannot be read ({error})') from error
