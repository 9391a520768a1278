# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Marks over time as bands of whole pixel columns.

An hour has more frames than a figure has pixels. In a column that several marks share, the
strongest is shown; a response is always seen.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import groupby

from streamo_ros.report.marks import ENDED
from streamo_ros.report.marks import mark
from streamo_ros.report.marks import mark_name
from streamo_ros.report.marks import NO_INSTRUCTION
from streamo_ros.report.svg import Axis
from streamo_ros.report.svg import clock
from streamo_ros.report.svg import COLUMNS
from streamo_ros.report.svg import LEFT
from streamo_ros.report.timeline import Track

GAP = 2.1
"""Frames are at most two periods apart; more is a gap in the recording."""
LEAST = 3
"""Pixels of a response at least."""
_STRENGTH = (NO_INSTRUCTION, ENDED, 'SILENCE', 'UNKNOWN', 'STANDBY', 'RESPONSE')
_NOTHING = -1


@dataclass
class Run:
    """Neighboring frames of the same mark; times in seconds."""

    start: float
    end: float
    mark: str


@dataclass
class Band:
    """Neighboring columns of the same mark.

    Attributes:
        first: the first column.
        last: the column behind the last one.
        runs: what is seen in it, in the order of time.
    """

    first: int
    last: int
    mark: str
    runs: list[Run]

    def describe(self) -> str:
        """What it shows, e.g. 'response from 20 s to 21 s', '12 × response from 20 s to 1:40'."""
        count = f'{len(self.runs)} × ' if len(self.runs) > 1 else ''
        start, end = self.runs[0].start, self.runs[-1].end
        return f'{count}{mark_name(self.mark)} from {clock(start)} to {clock(end)}'


def bands(track: Track, axis: Axis, period: float) -> list[Band]:
    """The marks of a track.

    Args:
        track: one instruction.
        axis: the time axis.
        period: seconds between two sampled frames.
    """
    columns = [_NOTHING] * COLUMNS
    seen = [(run, _place(run, axis)) for run in _runs(track, period)]
    for run, (first, last) in seen:
        strength = _STRENGTH.index(run.mark)
        for column in range(first, last):
            columns[column] = max(columns[column], strength)
    drawn: list[Band] = []
    for strength, group in groupby(range(COLUMNS), key=columns.__getitem__):
        members = list(group)
        if strength != _NOTHING:
            drawn.append(Band(members[0], members[-1] + 1, _STRENGTH[strength], []))
    _fill(drawn, seen)
    return drawn


def band_rects(drawn: list[Band], y: float, height: float) -> str:
    """Bands as elements of SVG."""
    return ''.join(
        f'<rect x="{LEFT + band.first}" y="{y:g}" height="{height:g}" '
        f'width="{band.last - band.first}" class="{band.mark.lower()}">'
        f'<title>{band.describe()}</title></rect>'
        for band in drawn
    )


def _runs(track: Track, period: float) -> list[Run]:
    runs: list[Run] = []
    for point in track.points:
        end, name = point.at + period, mark(point.decision)
        if runs and runs[-1].mark == name and end - runs[-1].end <= GAP * period:
            runs[-1].end = end
        else:
            if runs and runs[-1].end > point.at:
                runs[-1].end = point.at
            runs.append(Run(point.at, end, name))
    return runs


def _place(run: Run, axis: Axis) -> tuple[int, int]:
    """The columns of a run, at least one, and enough for a response."""
    first = min(COLUMNS - 1, math.floor(axis.x(run.start) - LEFT))
    last = min(COLUMNS, max(first + 1, math.ceil(axis.x(run.end) - LEFT)))
    if run.mark == 'RESPONSE' and last - first < LEAST:
        first = min(first, COLUMNS - LEAST)
        last = first + LEAST
    return first, last


def _fill(drawn: list[Band], seen: list[tuple[Run, tuple[int, int]]]) -> None:
    """Give each band the runs that are seen in it; a run of a gap in another is in several."""
    starts = [band.first for band in drawn]
    for run, (first, last) in seen:
        for band in drawn[max(0, bisect_right(starts, first) - 1) :]:
            if band.first >= last:
                break
            if band.mark == run.mark and band.last > first:
                band.runs.append(run)
