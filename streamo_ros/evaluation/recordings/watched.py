# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What was decided and said in a recording, from wherever it is known.

That is a file of events, a bag with the node's own topics, or a replay that is run now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from streamo_ros.evaluation.metrics import Span
from streamo_ros.evaluation.recordings.card import Answer
from streamo_ros.evaluation.recordings.truth import Truth
from streamo_ros.evaluation.recordings.truth import TruthError
from streamo_ros.report.recorded import recorded_timeline
from streamo_ros.report.report_sink import EVENTS
from streamo_ros.report.rows import Probabilities
from streamo_ros.report.timeline import read_timeline
from streamo_ros.report.timeline import Timeline
from streamo_ros.report.timeline import Track
from streamo_ros.sources.base import BAG_SUFFIXES

NEAR = 1.0
"""Seconds that an event may be after the end of its recording: the last frame lasts as well."""
_PART = 'part_'


@dataclass
class WatchedTrack:
    """What came of one instruction.

    Attributes:
        span: from the first to the last frame that was decided, seconds, its own time included.
        answers: in the order of time.
        chances: seconds, and the probabilities of Silence, Standby and Response, of each frame.
    """

    span: Span
    answers: list[Answer] = field(default_factory=list)
    chances: list[tuple[float, Probabilities]] = field(default_factory=list)


@dataclass
class Watched:
    """What came of one recording.

    Attributes:
        name: of the recording, for messages.
        source: where its pictures are; '' = unknown.
        origin: stamp of its first frame, nanoseconds; 0 = its stamps jump back.
        seconds: its length.
        model: what watched it.
        model_id: its identity; '' = unknown.
        gate: whether a gate's score was compared with the thresholds.
        tracks: by instruction.
    """

    name: str
    source: str
    seconds: float
    origin: int = 0
    model: str = ''
    model_id: str = ''
    gate: bool = False
    tracks: dict[str, WatchedTrack] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, timelines: Sequence[Timeline]) -> Watched:
        """Gather what is in the timelines of one recording, each with other instructions."""
        seconds = max(timeline.seconds for timeline in timelines)
        head = timelines[0].head
        watched = cls(
            name,
            head.source,
            seconds,
            timelines[0].origin,
            str(head.model.get('model', '')),
            str(head.model.get('model_id', '')),
            bool(head.thresholds.get('gate')),
        )
        for timeline in timelines:
            for key, track in timeline.tracks.items():
                if key and track.points:
                    watched._add(track, timeline.period)
        return watched

    def _add(self, track: Track, period: float) -> None:
        text = plain(track.text)
        span = track.points[0].at, track.points[-1].at + period
        own = self.tracks.setdefault(text, WatchedTrack(span))
        # Asked twice, it was watched for from the first time to the last.
        own.span = min(own.span[0], span[0]), max(own.span[1], span[1])
        own.answers = sorted(
            [*own.answers, *((answer.at, answer.text) for answer in track.answers)]
        )
        own.chances = sorted(
            [
                *own.chances,
                *(
                    (point.at, point.decision.probabilities)
                    for point in track.points
                    if point.decision.probabilities
                ),
            ]
        )


def plain(text: str) -> str:
    """An instruction by which tracks and truths find each other."""
    return ' '.join(text.split())


def events_file(path: Path) -> Path | None:
    """The file of events that a path stands for: itself, or that of a replay's folder."""
    if path.suffix == '.jsonl':
        return path
    return path / EVENTS if (path / EVENTS).is_file() else None


def part_folder(folder: Path, number: int) -> Path:
    """Where a replay keeps what came of its instructions beyond those of a first run, from 2."""
    return folder / f'{_PART}{number}'


def part_files(folder: Path) -> list[Path]:
    """The files of events of a replay's further runs, in their order."""
    numbers = (found.name.removeprefix(_PART) for found in folder.glob(f'{_PART}*'))
    parts = [
        part_folder(folder, number) for number in sorted(map(int, filter(str.isdigit, numbers)))
    ]
    return [part / EVENTS for part in parts if (part / EVENTS).is_file()]


def stored(path: Path, node: str = '') -> Watched | None:
    """What is stored of an earlier run: a file of events, a replay's folder, or a node's bag.

    Args:
        path: of the recording.
        node: whose topics count, where a bag has those of several.

    Returns:
        None if it is a recording that nobody has watched yet.

    Raises:
        EventLogError, RecordedError: it cannot be read.
    """
    events = events_file(path)
    if events is not None:
        files = [events, *(part_files(path) if path.is_dir() else ())]
        return Watched.of(str(path), [read_timeline(file) for file in files])
    is_bag = path.is_dir() and (path / 'metadata.yaml').is_file()
    if not is_bag and not path.name.endswith(BAG_SUFFIXES):
        return None
    timeline = recorded_timeline(path, node)
    return Watched.of(str(path), [timeline]) if timeline is not None else None


def truths_for(names: Sequence[str], truths: Sequence[Truth], only: bool) -> list[Truth]:
    """The truths about a recording.

    Args:
        names: paths under which the recording is known.
        truths: of the truth file.
        only: whether it is the only recording: a truth that names none is about it.
    """
    known = {
        part for name in names for part in (Path(name).name, Path(name).name.partition('.')[0])
    }
    return [
        truth for truth in truths if truth.recording in known or (not truth.recording and only)
    ]


def check_times(watched: Watched, truths: Sequence[Truth]) -> None:
    """Refuse times that are not within the recording.

    Raises:
        TruthError: there is one; the message names its file and line.
    """
    for truth in truths:
        begins = [('from', truth.since), *(('unsure', start) for start, _ in truth.unsure)]
        for what, at in begins:
            if at > watched.seconds + NEAR:
                raise TruthError(
                    f'{truth.place}: {what} is {at:g} s, but {watched.name} lasts '
                    f'{watched.seconds:.1f} s: give seconds since its first frame'
                )
        for event in truth.events:
            if event.end > watched.seconds + NEAR:
                raise TruthError(
                    f'{event.place}: the event ends at {event.end:g} s, but {watched.name} '
                    f'lasts {watched.seconds:.1f} s: give seconds since its first frame'
                )
