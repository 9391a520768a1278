# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A memory store as a session: the frames that were watched, what was decided of them and said.

A store keeps decisions as runs of one state, without the probability of each frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from itertools import pairwise
from statistics import median

from streamo_ros.core.protocol import State
from streamo_ros.core.speech import Finish
from streamo_ros.live.history import History
from streamo_ros.live.pictures import RecentPictures
from streamo_ros.live.review import LONGEST
from streamo_ros.live.review import ReviewError
from streamo_ros.live.session import Session
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.record import KeptFrame
from streamo_ros.memory.record import StateRun
from streamo_ros.report.marks import NO_INSTRUCTION
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.rows import Row
from streamo_ros.report.run_rows import InstructionRow
from streamo_ros.report.run_rows import StreamRow

FRAMES = 100_000
"""Newest frames that are shown: a day at 1 Hz. The page keeps as many of each instruction."""


class KeptPictures(RecentPictures):
    """The pictures that a store still has, read when they are asked for.

    Args:
        reader: the store.
    """

    def __init__(self, reader: StoreReader) -> None:
        self._files = reader.pictures
        self._frames: dict[int, int] = {}

    def note(self, frame: KeptFrame) -> None:
        """Remember which picture a capture time has."""
        self._frames[frame.stamp] = frame.id

    def put(self, stamp: int, picture: bytes) -> None:
        """Nothing to do: the store has them."""

    def pin(self, stamp: int) -> None:
        """Nothing to do: the store decides what it keeps."""

    def get(self, stamp: int) -> bytes:
        """A picture; b'' when there is none."""
        frame = self._frames.get(stamp)
        return self._files.read(frame) if frame is not None else b''


def review_store(reader: StoreReader) -> Session:
    """Read a store, as far as a page can show it.

    Args:
        reader: stays open as long as the session is shown.

    Raises:
        ReviewError: nothing was watched.
        StoreError: it cannot be read.
    """
    frames = reader.newest_frames(FRAMES)
    if not frames:
        raise ReviewError(f'{reader.folder} is empty: nothing was watched yet')
    pictures = KeptPictures(reader)
    session = Session(History(LONGEST), pictures, live=False)
    session.take(StreamRow(str(reader.folder), rate=_rate(frames)))
    for stream, watched in groupby(frames, lambda frame: frame.stream):
        for frame, rows in _rows(reader, stream, [*watched]):
            for row in rows:
                session.take(row)
            if frame.picture:
                pictures.note(frame)
                session.point(frame.stamp)
    older = reader.counts()['frames'] - len(frames)
    session.tell(remembers=True, older=older)
    return session


def _rows(
    reader: StoreReader, stream: int, frames: list[KeptFrame]
) -> Iterator[tuple[KeptFrame, list[Row]]]:
    """The rows of each frame of a stream, in order."""
    answers = [answer for answer in reader.spoken(stream) if answer.stamp >= frames[0].stamp]
    tracks = _tracks(reader.runs(stream))
    opened: set[int] = set()
    for frame in frames:
        rows: list[Row] = []
        for key, runs in tracks.items():
            while runs and runs[-1].stop < frame.stamp:
                runs.pop()
            if runs and runs[-1].start <= frame.stamp:
                if key not in opened:
                    opened.add(key)
                    rows.append(InstructionRow(key, runs[-1].text))
                state = State(runs[-1].state).name
                rows.append(DecisionRow(frame.stamp, key, state, stream_id=stream))
        if not rows:
            rows.append(
                DecisionRow(frame.stamp, 0, 'UNKNOWN', reason=NO_INSTRUCTION, stream_id=stream)
            )
        while answers and answers[0].stamp <= frame.stamp:
            answer = answers.pop(0)
            rows.append(
                ResponseRow(
                    answer.stamp,
                    answer.instruction_id,
                    answer.id,
                    answer.text,
                    answer.start,
                    answer.stamp,
                    Finish.STOP.name,
                    probability=answer.probability,
                )
            )
        yield frame, rows


def _tracks(runs: list[StateRun]) -> dict[int, list[StateRun]]:
    """The runs of each instruction, the earliest last."""
    tracks: dict[int, list[StateRun]] = {}
    for run in runs:
        tracks.setdefault(run.instruction_id, []).append(run)
    return {key: track[::-1] for key, track in tracks.items()}


def _rate(frames: list[KeptFrame]) -> float:
    """Frames a second: what most of them are apart."""
    newest = frames[-1000:]
    apart = [
        after.stamp - before.stamp
        for before, after in pairwise(newest)
        if after.stream == before.stream
    ]
    return 1e9 / median(apart) if apart else 1.0
