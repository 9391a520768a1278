# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Gathers rows for a report.

The rows come from a replay, a file of events or a node's messages. Seconds here run from the first
frame to the last, even where a source loops and its stamps jump back.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from streamo_ros.report.event_log import read_event_log
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.rows import Row
from streamo_ros.report.run_rows import EndRow
from streamo_ros.report.run_rows import HeldBackRow
from streamo_ros.report.run_rows import InstructionRow
from streamo_ros.report.run_rows import StreamRow

PICTURES = 24
"""Most pictures in the film strip."""


@dataclass(frozen=True)
class TimelinePoint:
    """One decision.

    Attributes:
        at: seconds since the first frame.
        decision: its row.
    """

    at: float
    decision: DecisionRow


@dataclass(frozen=True)
class TimelineAnswer:
    """One response.

    Attributes:
        at: seconds since the first frame.
        began: the same, of the start of the event.
        picture: a JPEG file of the frame; b'' when none was kept.
    """

    at: float
    began: float
    response_id: int
    text: str
    probability: float | None
    finish: str
    picture: bytes = b''


@dataclass
class Track:
    """Everything that happened for one instruction.

    Attributes:
        held: how many answers were held back, by the reason's name.
    """

    text: str
    since: float = 0.0
    points: list[TimelinePoint] = field(default_factory=list)
    answers: list[TimelineAnswer] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Cost:
    """How long one frame took, in seconds, and how many frames were dropped until then."""

    at: float
    encode: float
    extend: float
    latency: float
    dropped: int


@dataclass
class StreamClock:
    """Seconds since the first frame, across streams: a new one starts where the old one ended.

    Attributes:
        jumps: seconds at which a new stream began.
        origin: stamp of the first frame of the stream, nanoseconds.
    """

    jumps: list[float] = field(default_factory=list)
    origin: int = 0
    _stream: int = 0
    _shift: float = 0.0
    _newest: int = 0

    def seconds(self, stamp: int, stream: int, period: float) -> float:
        """Seconds of a frame.

        Args:
            stamp: its capture time, nanoseconds.
            stream: its stream; 0 = that of the frame before.
            period: seconds between two sampled frames.
        """
        stream = stream or self._stream
        if stream != self._stream:
            if self._stream:
                self._shift += (self._newest - self.origin) / 1e9 + period
                self.jumps.append(self._shift)
            self._stream, self.origin, self._newest = stream, stamp, stamp
        self._newest = max(self._newest, stamp)
        return self.at(stamp)

    def at(self, stamp: int) -> float:
        """Seconds of a moment in the stream of the newest frame; moves nothing."""
        return float((stamp - self.origin) / 1e9 + self._shift)


@dataclass
class Timeline:
    """Everything that happened in one run.

    Attributes:
        head: the first row.
        end: the last row; None when there was none.
        tracks: by instruction id; 0 for frames without an active instruction.
        costs: one per frame.
        strip: (seconds, JPEG file) of frames spread over the run.
    """

    head: StreamRow = field(default_factory=StreamRow)
    end: EndRow | None = None
    tracks: dict[int, Track] = field(default_factory=dict)
    costs: list[Cost] = field(default_factory=list)
    strip: list[tuple[float, bytes]] = field(default_factory=list)
    _clock: StreamClock = field(default_factory=StreamClock)
    _stride: int = 1

    @property
    def jumps(self) -> list[float]:
        """Seconds at which a new stream began."""
        return self._clock.jumps

    @property
    def seconds(self) -> float:
        """From the first frame to the last, and one frame more."""
        return max((cost.at for cost in self.costs), default=0.0) + self.period

    @property
    def period(self) -> float:
        """Seconds between two sampled frames."""
        return 1 / float(self.head.rate or 1)

    @property
    def origin(self) -> int:
        """Stamp of the first frame, nanoseconds; 0 when there is none, or several streams."""
        return 0 if self.jumps else self._clock.origin

    def take(self, row: Row, picture: bytes = b'') -> None:
        """Take the next row.

        Args:
            row: a row; pieces of answers are ignored.
            picture: a small JPEG file of the row's frame; kept with a response.
        """
        match row:
            case StreamRow():
                self.head = row
            case InstructionRow():
                self.tracks.setdefault(row.id, Track(row.text))
            case DecisionRow():
                self._take_decision(row)
            case ResponseRow():
                self._take_response(row, picture)
            case HeldBackRow():
                self.tracks[row.instruction_id].held[row.held] += 1
            case EndRow():
                self.end = row

    @property
    def wants_picture(self) -> bool:
        """Whether the film strip needs the newest frame."""
        return bool(self.costs) and (len(self.costs) - 1) % self._stride == 0

    def show(self, picture: bytes) -> None:
        """Add a small JPEG file of the newest frame to the film strip."""
        self.strip.append((self.costs[-1].at, picture))
        if len(self.strip) > PICTURES:
            self.strip = self.strip[::2]
            self._stride *= 2

    def _take_decision(self, row: DecisionRow) -> None:
        at = self._clock.seconds(row.stamp, row.stream_id, self.period)
        track = self.tracks.setdefault(row.instruction_id, Track('(no instruction)'))
        if not track.points:
            track.since = at
        track.points.append(TimelinePoint(at, row))
        encode, extend, latency = row.encode_time, row.extend_time, row.latency
        if self.costs and self.costs[-1].at == at:
            # The passes of one frame belong together; only its first decision has the encoder's.
            before = self.costs.pop()
            encode, extend = max(encode, before.encode), max(extend, before.extend)
            latency = max(latency, before.latency)
        self.costs.append(Cost(at, encode, extend, latency, row.dropped))

    def _take_response(self, row: ResponseRow, picture: bytes) -> None:
        # The start first: the answer may be what a new stream begins with.
        began = self._clock.at(row.event_start)
        track = self.tracks.setdefault(row.instruction_id, Track('(no instruction)'))
        track.answers.append(
            TimelineAnswer(
                self._clock.seconds(row.stamp, row.stream_id, self.period),
                max(0.0, began),
                row.response_id,
                row.text,
                row.probability,
                row.finish,
                picture,
            )
        )


def read_timeline(path: Path) -> Timeline:
    """Gather a file of events, with the pictures of responses in the folder beside it.

    Raises:
        EventLogError: a line is not a row.
    """
    timeline = Timeline()
    for row in read_event_log(path):
        picture = b''
        if isinstance(row, ResponseRow):
            file = picture_path(path.parent, row.response_id)
            picture = file.read_bytes() if file.exists() else b''
        timeline.take(row, picture)
    return timeline


def picture_path(folder: Path, response_id: int) -> Path:
    """The file of a response's picture."""
    return folder / 'pictures' / f'response_{response_id:04d}.jpg'
