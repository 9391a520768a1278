# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What happened in a replay, gathered from its rows for a report.

Knows the rows of `journal`, whoever made them: a replay, a recorded file, or a node's messages.
Seconds here run from the first frame to the last, also where a source loops and its stamps jump
back. Knows nothing of how a report looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from streamo_ros.report.event_log import read_event_log
from streamo_ros.report.event_log import Row

PICTURES = 24
"""Most pictures that the film strip keeps."""


@dataclass(frozen=True)
class TimelinePoint:
    """One decision.

    Attributes:
        at: seconds since the replay's first frame.
        state: 'SILENCE', 'STANDBY', 'RESPONSE' or 'UNKNOWN'.
        chances: probabilities of the first three; None when nothing was decided.
        reason: why not.
    """

    at: float
    state: str
    chances: tuple[float, float, float] | None
    reason: str = ''


@dataclass(frozen=True)
class TimelineAnswer:
    """One response.

    Attributes:
        at: seconds since the replay's first frame.
        began: the same of the event's begin.
        picture: a JPEG file of the frame; b'' when it was not kept.
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
    """All that happened for one instruction."""

    text: str
    since: float = 0.0
    points: list[TimelinePoint] = field(default_factory=list)
    answers: list[TimelineAnswer] = field(default_factory=list)


@dataclass(frozen=True)
class Cost:
    """What one frame took, in seconds, and how many frames were dropped until then."""

    at: float
    encode: float
    extend: float
    latency: float
    dropped: int


@dataclass
class Timeline:
    """What happened in a replay.

    Attributes:
        head: the `replay` row.
        end: the `end` row; empty when there was none.
        tracks: by instruction id; 0 for frames that no instruction saw.
        costs: one a frame.
        strip: (seconds, JPEG file) of frames spread over the replay.
        jumps: seconds at which a new stream began.
    """

    head: dict[str, Any] = field(default_factory=dict)
    end: dict[str, Any] = field(default_factory=dict)
    tracks: dict[int, Track] = field(default_factory=dict)
    costs: list[Cost] = field(default_factory=list)
    strip: list[tuple[float, bytes]] = field(default_factory=list)
    jumps: list[float] = field(default_factory=list)
    _stream: int = 0
    _shift: float = 0.0
    _origin: int = 0
    _newest: int = 0
    _stride: int = 1

    @property
    def seconds(self) -> float:
        """From the first frame to the last, and one frame more."""
        return max((cost.at for cost in self.costs), default=0.0) + self.period

    @property
    def period(self) -> float:
        """Seconds between two sampled frames."""
        return 1 / float(self.head.get('rate') or 1)

    def take(self, row: Row, picture: bytes = b'') -> None:
        """Take the next row.

        Args:
            row: see `journal`.
            picture: a small JPEG file of the row's frame; kept with a response.
        """
        match row['row']:
            case 'replay':
                self.head = dict(row)
            case 'instruction':
                self.tracks.setdefault(row['id'], Track(row['text']))
            case 'decision':
                self._take_decision(row)
            case 'response':
                self._take_response(row, picture)
            case 'end':
                self.end = dict(row)

    @property
    def wants_picture(self) -> bool:
        """Whether the film strip needs the newest frame."""
        return bool(self.costs) and (len(self.costs) - 1) % self._stride == 0

    def show(self, picture: bytes) -> None:
        """Give a small JPEG file of the newest frame to the film strip."""
        self.strip.append((self.costs[-1].at, picture))
        if len(self.strip) > PICTURES:
            self.strip = self.strip[::2]
            self._stride *= 2

    def _take_decision(self, row: Row) -> None:
        at = self._place(row)
        raw = row['probabilities']
        chances = None if raw[0] is None else (raw[0], raw[1], raw[2])
        track = self.tracks.setdefault(row['instruction_id'], Track('(no instruction)'))
        if not track.points:
            track.since = at
        track.points.append(TimelinePoint(at, row['state'], chances, row['reason']))
        encode, extend, latency = row['encode_time'], row['extend_time'], row['latency']
        if self.costs and self.costs[-1].at == at:
            # The passes of one frame belong together; only its first decision names the encoder.
            before = self.costs.pop()
            encode, extend = max(encode, before.encode), max(extend, before.extend)
            latency = max(latency, before.latency)
        self.costs.append(Cost(at, encode, extend, latency, row['dropped']))

    def _take_response(self, row: Row, picture: bytes) -> None:
        begin = (row['event_start'] - self._origin) / 1e9 + self._shift
        track = self.tracks.setdefault(row['instruction_id'], Track('(no instruction)'))
        track.answers.append(
            TimelineAnswer(
                self._place(row),
                max(0.0, begin),
                row['response_id'],
                row['text'],
                row['probability'],
                row['finish'],
                picture,
            )
        )

    def _place(self, row: Row) -> float:
        """Seconds since the first frame; a new stream goes on where the old one ended."""
        stream, stamp = row.get('stream_id', self._stream), row['stamp']
        if stream != self._stream:
            if self._stream:
                self._shift += (self._newest - self._origin) / 1e9 + self.period
                self.jumps.append(self._shift)
            self._stream, self._origin, self._newest = stream, stamp, stamp
        self._newest = max(self._newest, stamp)
        return float((stamp - self._origin) / 1e9 + self._shift)


def read_timeline(path: Path) -> Timeline:
    """Gather a file of events; its responses have the pictures that lie beside it.

    Raises:
        JournalError: a line is no row.
    """
    timeline = Timeline()
    for row in read_event_log(path):
        picture = b''
        if row['row'] == 'response':
            file = picture_path(path.parent, row['response_id'])
            picture = file.read_bytes() if file.exists() else b''
        timeline.take(row, picture)
    return timeline


def picture_path(folder: Path, response_id: int) -> Path:
    """Where the picture of a response is kept."""
    return folder / 'pictures' / f'response_{response_id:04d}.jpg'
