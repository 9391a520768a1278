# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Twelve hours of memory, as fast as they go: what is found again, how fast, and at what price.

A drawn table is watched at one frame a second. Now and then a thing appears for half a minute, and
an answer says so; each such fact happens once. Then the record is asked about facts of every hour
and about things that never were. Beside it, two memories without pictures: the window of a lane
(its frames and last answers), and text in tiers (200 s, 5 summaries, 42 blocks); both are upper
bounds: a fact counts as answered where it is still there to be read.

    python benchmarks/memory.py --output benchmarks/memory.json
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import closing
from datetime import timezone
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
from memory_table import draw
from memory_table import Fact
from memory_table import PLACES
from memory_table import SHAPES
from memory_table import START
from memory_table import step_of
from memory_table import WATCHED

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SamplerCounts
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.sink import StepMaker
from streamo_ros.memory.ask import Answer
from streamo_ros.memory.ask import Asker
from streamo_ros.memory.ask import AskOutcome
from streamo_ros.memory.prompt import Recall
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.sink import MemorySink
from streamo_ros.memory.store import Store
from streamo_ros.memory.tiers import read_tiers
from streamo_ros.memory.writer import StoreWriter
from streamo_ros.share import share_path
from streamo_ros.worlds.render import COLOR_VALUES

LASTS = 30
WINDOW = 120
ANSWERS = 8


def watch(folder: Path, hours: float, facts: dict[int, Fact], every: int) -> dict:
    """Fill a store; what a frame costs the thread that watches, and the store in all."""
    random = np.random.default_rng(1)
    writer = StoreWriter(Store(folder), waits=True)
    sink = MemorySink(writer, lambda: 'drawn')
    takes, begun, busy = [], time.perf_counter(), time.process_time()
    drawing, resident = 0.0, []
    starts = sorted(facts)
    at = -LASTS
    for second in range(0, int(hours * 3600), every):
        if starts and second == starts[0]:
            at = starts.pop(0)
        fact = facts[at] if second - at < LASTS else None
        before = time.thread_time()
        step = step_of(second, draw(random, fact), fact, (second - at) // every)
        drawing += time.thread_time() - before
        if len(writer._queue) > 16:
            writer.flush(60)
        before = time.perf_counter()
        sink.take(step)
        takes.append(time.perf_counter() - before)
        if second % 3600 >= 3600 - every:
            writer.flush(60)
            resident.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
            if sys.stderr.isatty():
                print(f'{second // 3600 + 1} h: {writer.bytes / 1e6:.1f} MB', file=sys.stderr)
    writer.flush(60)
    frames = len(takes)
    spent = time.process_time() - busy - drawing
    counts = writer.counts
    writer.close()
    return {
        'frames': frames,
        'take_ms_median': 1e3 * statistics.median(takes),
        'take_ms_p99': 1e3 * float(np.percentile(takes, 99)),
        'write_cpu_ms_per_frame': 1e3 * spent / frames,
        'wall_seconds': time.perf_counter() - begun,
        'lost': counts.lost,
        'without_picture': counts.without_picture,
        'largest_memory_mb_by_hour': resident,
        'bytes': sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()),
    }


def _asked(asker: Asker, question: str, frames: int) -> tuple[Recall, Answer, float, float]:
    """What is recalled for a question, the answer, and the seconds of wall and processor time."""
    began, worked = time.perf_counter(), time.thread_time()
    recall = asker.recall(question, limit=frames)
    answer = asker.from_record(recall)
    return recall, answer, time.perf_counter() - began, time.thread_time() - worked


def _by_age(by_age: dict[int, list[dict]]) -> dict[int, dict]:
    """The share of questions that each hour of age did well in."""
    names = ('right', 'recall', 'window', 'tiers')
    return {
        age: {name: round(sum(row[name] for row in rows) / len(rows), 3) for name in names}
        for age, rows in sorted(by_age.items())
    }


def ask(
    folder: Path,
    hours: float,
    facts: dict[int, Fact],
    frames: int,
    every: int,
) -> dict:
    """Questions about every fact, and about as many that never were, by hour of age."""
    end = int(hours * 3600) - every
    by_age: dict[int, list[dict]] = {}
    took, busy, wrong_finds = [], [], 0
    with closing(StoreReader(folder)) as reader:
        # Text in tiers, as at the end of the day.
        tiers = ' '.join(read_tiers(reader, START + end * SECOND, timezone.utc).lines)
        counts = reader.counts()
        last_answers = sorted(facts)[-ANSWERS:]
        for at, (color, shape, place) in facts.items():
            question = f'When was the {color} {shape} put at the {place}?'
            recall, answer, *seconds = _asked(Asker(reader, timezone.utc), question, frames)
            took.append(seconds[0])
            busy.append(seconds[1])
            truth = START + (at + every) * SECOND
            in_view = [
                frame
                for frame in recall.frames
                if 0 <= frame.stamp - (START + at * SECOND) < LASTS * SECOND
            ]
            by_age.setdefault((end - at) // 3600, []).append(
                {
                    'right': answer.outcome is AskOutcome.ANSWERED and answer.evidence == (truth,),
                    'recall': bool(in_view),
                    'window': end - at < WINDOW or at in last_answers,
                    'tiers': f'{color} {shape} is put at the {place}' in tiers,
                }
            )
        never = [
            fact for fact in product(COLOR_VALUES, SHAPES, PLACES) if fact not in facts.values()
        ]
        for color, shape, place in never[: len(facts)]:
            question = f'Was there a {color} {shape} at the {place}?'
            _, answer, *_ = _asked(Asker(reader, timezone.utc), question, frames)
            wrong_finds += answer.outcome is not AskOutcome.NOT_FOUND
    return {
        'questions': len(facts),
        'never_were': min(len(never), len(facts)),
        'not_found_right': 1 - wrong_finds / min(len(never), len(facts)),
        'right': _share(by_age, 'right'),
        f'recall_at_{frames}': _share(by_age, 'recall'),
        'ask_ms_median': 1e3 * statistics.median(took),
        'ask_cpu_ms_median': 1e3 * statistics.median(busy),
        'ask_ms_p99': 1e3 * float(np.percentile(took, 99)),
        'by_hours_of_age': _by_age(by_age),
        'pictures': counts['pictures'],
        'picture_bytes': counts['picture_bytes'],
    }


def beside_model(folder: Path, frames: int) -> dict:
    """What a frame of streamo-tiny takes with the memory and without, every other frame."""
    backbone = load(share_path('models', 'streamo-tiny'), Options(device='cpu', lanes=1))
    book = InstructionBook(1)
    book.add(WATCHED.text)
    assistant = Assistant(backbone, book)
    steps = StepMaker(book, SamplerCounts())
    writer = StoreWriter(Store(folder))
    sink = MemorySink(writer, lambda: backbone.info.model_id)
    random = np.random.default_rng(1)
    times: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for second in range(frames):
        with_memory = bool(second % 2)
        image = draw(random, None)
        tick = Tick(START + second * SECOND, Fraction(second), Fraction(second + 1), second, 1)
        wall, busy = time.perf_counter(), time.thread_time()
        events = assistant.observe(Frame(tick, image))
        while assistant.busy:
            events += assistant.speak(64)
        step = steps.step(events, Frame(tick, image), vision=assistant.vision)
        if with_memory:
            sink.take(step)
        times[with_memory].append((time.perf_counter() - wall, time.thread_time() - busy))
        writer.flush(60)
    writer.close()
    wall_and_busy = {
        key: [1e3 * statistics.median(column) for column in zip(*rows[10:], strict=True)]
        for key, rows in times.items()
    }
    return {
        'model_frames': frames,
        'frame_ms_without': wall_and_busy[False][0],
        'frame_ms_with': wall_and_busy[True][0],
        'frame_cpu_ms_without': wall_and_busy[False][1],
        'frame_cpu_ms_with': wall_and_busy[True][1],
    }


def _share(by_age: dict[int, list[dict]], key: str) -> float:
    rows = [row for group in by_age.values() for row in group]
    return sum(row[key] for row in rows) / len(rows)


def main() -> int:
    """Run and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--hours', type=float, default=12.0)
    parser.add_argument('--every', type=int, default=1, help='seconds between two frames')
    parser.add_argument('--model-frames', type=int, default=400)
    parser.add_argument('--questions', type=int, default=200)
    parser.add_argument('--frames', type=int, default=8, help='pictures recalled a question')
    parser.add_argument('--output', type=Path, default=Path(__file__).with_name('memory.json'))
    options = parser.parse_args()
    random = np.random.default_rng(7)
    every = list(product(COLOR_VALUES, SHAPES, PLACES))
    count = min(options.questions, len(every) // 2, int(options.hours * 3600 / (2 * LASTS)))
    places = np.linspace(60, options.hours * 3600 - 2 * LASTS, count).astype(int)
    chosen = random.permutation(len(every))[:count]
    facts = {
        int(at) // options.every * options.every: every[one]
        for at, one in zip(places, chosen, strict=True)
    }
    folder = Path(tempfile.mkdtemp()) / 'store'
    try:
        watched = watch(folder, options.hours, facts, options.every)
        asked = ask(folder, options.hours, facts, options.frames, options.every)
        beside = beside_model(folder.with_name('beside'), options.model_frames)
    finally:
        shutil.rmtree(folder.parent)
    given = {'hours': options.hours, 'seconds_between_frames': options.every}
    report = {**given, **watched, **asked, **beside}
    options.output.write_text(json.dumps(report, indent=1) + '\n')
    print(json.dumps(report, indent=1))
    return 0


if __name__ == '__main__':
    sys.exit(main())
