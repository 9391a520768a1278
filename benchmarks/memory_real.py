# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Hours of real cameras in one store, and questions about them: what the record finds again.

`streamo-objects` watches visits: clips with truth (docs/evaluation.md) at one frame a second, in
random order and spread over the hours. Between them it watches an empty room, at one frame in two
minutes. Every picture of a clip is encoded once and shown at each of its visits; all decisions are
the model's own, each in the context of that hour. Asked is about every class that is in a visit,
and about one that surely is not: 'Was there a bottle between 14:03 and 14:05?' A find is right if
its evidence lies in the visit.

    python benchmarks/memory_real.py CLIPS --output benchmarks/memory_real.json
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from datetime import timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import FrameSampler
from streamo_ros.core.frame import SECOND
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.sink import StepMaker
from streamo_ros.evaluation.real_clips import RATE
from streamo_ros.evaluation.real_clips import read_clips
from streamo_ros.evaluation.real_clips import RealClip
from streamo_ros.memory.ask import Asker
from streamo_ros.memory.ask import AskOutcome
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.sink import MemorySink
from streamo_ros.memory.store import Store
from streamo_ros.memory.tiers import read_tiers
from streamo_ros.memory.tiers import Tiers
from streamo_ros.memory.writer import StoreWriter
from streamo_ros.share import share_path
from streamo_ros.sources.open import open_source

START = 1_789_970_400 * SECOND
"""2026-09-21 06:00 UTC."""
EMPTY, EMPTY_SECONDS = 'one_by_one_person', 5
"""A clip that begins with an empty room, and for how long."""
BETWEEN = 120
"""Seconds between two frames of the empty room."""
WINDOW = 120
WATCHED = 'Tell me when a person comes in.'
FRAMES = 8


@dataclass(frozen=True)
class Visit:
    """A clip at a time of the day.

    Attributes:
        clip: what is shown.
        start: second of the first frame, a whole minute.
    """

    clip: RealClip
    start: int

    @property
    def end(self) -> int:
        """Second of the last frame."""
        return self.start + len(times_of(self.clip)) - 1

    def shows(self, name: str, second: float) -> bool:
        """Whether a thing of a class is in view."""
        return any(
            track['start_s'] <= second - self.start <= track['end_s']
            for track in self.clip.truth['tracks']
            if track['class'] == name
        )


class EncodedOnce:
    """A model that encodes each picture once; everything else is its own."""

    def __init__(self, backbone: Any) -> None:
        self._backbone = backbone
        self._visions: dict[int, Any] = {}
        self.seconds: list[float] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backbone, name)

    def encode(self, image: NDArray[np.uint8]) -> Any:
        """See `interface.Backbone`; by the identity of the picture, which the clips keep."""
        if id(image) not in self._visions:
            began = time.thread_time()
            self._visions[id(image)] = self._backbone.encode(image)
            self.seconds.append(time.thread_time() - began)
        return self._visions[id(image)]


def times_of(clip: RealClip) -> tuple[Fraction, ...]:
    """Times of a clip's frames at one a second."""
    return clip.times[:: int(RATE)]


def visits_of(clips: list[RealClip], hours: float, passes: int) -> list[Visit]:
    """Each clip `passes` times, in random order, at equal distances."""
    random = np.random.default_rng(7)
    order = [clips[at] for _ in range(passes) for at in random.permutation(len(clips))]
    slot = hours * 3600 / len(order)
    return [Visit(clip, int((at + 0.2) * slot) // 60 * 60) for at, clip in enumerate(order)]


def pictures_of(clip: RealClip) -> list[NDArray[np.uint8]]:
    """The clip at one frame a second."""
    wanted = iter(times_of(clip))
    due = next(wanted)
    pictures: list[NDArray[np.uint8]] = []
    with closing(open_source(str(clip.path))) as source:
        first = None
        for record in source.records():
            first = record.stamp if first is None else first
            if Fraction(record.stamp - first, SECOND) >= due:
                pictures.append(record.image())
                due = next(wanted, Fraction(10**9))
    return pictures


def shown(
    visits: list[Visit], pictures: dict[str, list[NDArray[np.uint8]]], hours: float
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Seconds and pictures, in the order of time."""
    empty = pictures[EMPTY][:EMPTY_SECONDS]
    second = 0
    for visit in [*visits, None]:
        until = visit.start if visit else int(hours * 3600)
        yield from ((at, empty[at % len(empty)]) for at in range(second, until, BETWEEN))
        if visit is not None:
            for at, picture in enumerate(pictures[visit.clip.path.stem]):
                yield visit.start + at, picture
            second = visit.end + BETWEEN


def watch(folder: Path, visits: list[Visit], hours: float) -> dict[str, Any]:
    """Fill a store."""
    clips = {visit.clip.path.stem: visit.clip for visit in visits}
    pictures = {name: pictures_of(clip) for name, clip in clips.items()}
    path = share_path('models', 'streamo-objects')
    backbone = EncodedOnce(load(path, Options(device='cpu', lanes=1)))
    book = InstructionBook(1)
    book.add(WATCHED)
    limits = ContextLimits.for_checkpoint(backbone.info)
    assistant = Assistant(backbone, book, AssistantSettings(limits=limits))
    sampler = FrameSampler(Fraction(1))
    steps = StepMaker(book, sampler.counts)
    writer = StoreWriter(Store(folder), waits=True)
    sink = MemorySink(writer, lambda: backbone.info.model_id)
    spent = []
    for second, picture in shown(visits, pictures, hours):
        tick = sampler.offer(START + second * SECOND)
        assert tick is not None
        frame = Frame(tick, picture)
        began, encoded = time.thread_time(), len(backbone.seconds)
        events = assistant.observe(frame)
        while assistant.busy:
            events += assistant.speak(64)
        if len(backbone.seconds) == encoded:
            spent.append(time.thread_time() - began)
        sink.take(steps.step(events, frame, vision=assistant.vision))
    writer.flush(60)
    lost = writer.counts.lost + writer.counts.without_picture
    writer.close()
    return {
        'hours': hours,
        'visits': len(visits),
        'frames': sampler.counts.sampled,
        'encoded_pictures': len(backbone.seconds),
        'encode_cpu_ms_median': 1e3 * statistics.median(backbone.seconds),
        'decide_cpu_ms_median': 1e3 * statistics.median(spent),
        'lost': lost,
        'bytes': sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()),
    }


def ask(folder: Path, visits: list[Visit], hours: float) -> dict[str, Any]:
    """Questions about every class of every visit, and about one that is not there."""
    rows: list[dict[str, Any]] = []
    busy: list[float] = []
    alarms: Counter[str] = Counter()
    asked_absent = 0
    now = int(hours * 3600)
    with closing(StoreReader(folder)) as reader:
        tiers = read_tiers(reader, reader.span()[1], timezone.utc)
        for number, visit in enumerate(visits):
            names = sorted({track['class'] for track in visit.clip.truth['tracks']})
            for name in names:
                began = time.thread_time()
                asker = Asker(reader, timezone.utc)
                recall = asker.recall(_question(name, visit), limit=FRAMES)
                answer = asker.from_record(recall)
                busy.append(time.thread_time() - began)
                evidence = [(stamp - START) / SECOND for stamp in answer.evidence]
                rows.append(
                    {
                        'clip': visit.clip.path.stem,
                        'class': name,
                        'age': (now - visit.end) // 3600,
                        'right': answer.outcome is AskOutcome.ANSWERED
                        and all(visit.start <= second <= visit.end for second in evidence),
                        'recall': any(
                            visit.shows(name, (frame.stamp - START) / SECOND)
                            for frame in recall.frames
                        ),
                        'window': now - visit.end < WINDOW,
                        'tiers': _told(tiers, visit, name),
                    }
                )
            absent = visit.clip.truth.get('absent', [])
            if absent:
                name = absent[number % len(absent)]
                asker = Asker(reader, timezone.utc)
                answer = asker.from_record(asker.recall(_question(name, visit), limit=FRAMES))
                asked_absent += 1
                alarms[name] += answer.outcome is not AskOutcome.NOT_FOUND
    return {
        'questions': len(rows),
        **{name: _share(rows, name) for name in ('right', 'recall', 'tiers', 'window')},
        'questions_about_what_is_not_there': asked_absent,
        'not_found_right': 1 - alarms.total() / max(1, asked_absent),
        'found_though_not_there': {name: count for name, count in alarms.items() if count},
        'ask_cpu_ms_median': 1e3 * statistics.median(busy),
        'by_clip_and_class': _grouped(rows, lambda row: f'{row["clip"]}: {row["class"]}'),
        'by_hours_of_age': _grouped(rows, lambda row: row['age']),
    }


def _question(name: str, visit: Visit) -> str:
    """Times are whole minutes, from the one that a visit begins with to the one after its end."""
    start, end = (
        datetime.fromtimestamp(START // SECOND + second, timezone.utc).strftime('%H:%M')
        for second in (visit.start, (visit.end // 60 + 1) * 60)
    )
    return f'Was there {"an" if name[0] in "aeiou" else "a"} {name} between {start} and {end}?'


def _told(tiers: Tiers, visit: Visit, name: str) -> bool:
    start, end = (START + second * SECOND for second in (visit.start, visit.end))
    return any(
        name in one.text
        for one in (*tiers.long, *tiers.mid)
        if one.start <= end and start < one.end
    )


def _share(rows: list[dict[str, Any]], name: str) -> float:
    return round(sum(row[name] for row in rows) / len(rows), 3)


def _grouped(rows: list[dict[str, Any]], key: Any) -> dict[Any, dict[str, float]]:
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return {
        one: {
            'questions': len(group),
            **{name: _share(group, name) for name in ('right', 'recall', 'tiers')},
        }
        for one, group in sorted(groups.items())
    }


def main() -> int:
    """Run and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('clips', type=Path, help='folder of NAME.mp4 and NAME.json')
    parser.add_argument('--hours', type=float, default=12.0)
    parser.add_argument('--passes', type=int, default=3, help='visits of each clip')
    parser.add_argument(
        '--output', type=Path, default=Path(__file__).with_name('memory_real.json')
    )
    options = parser.parse_args()
    visits = visits_of(read_clips(options.clips), options.hours, options.passes)
    folder = Path(tempfile.mkdtemp()) / 'store'
    try:
        watched = watch(folder, visits, options.hours)
        asked = ask(folder, visits, options.hours)
    finally:
        shutil.rmtree(folder.parent)
    report = {'passes': options.passes, **watched, **asked}
    options.output.write_text(json.dumps(report, indent=1) + '\n')
    print(json.dumps(report, indent=1))
    return 0


if __name__ == '__main__':
    sys.exit(main())
