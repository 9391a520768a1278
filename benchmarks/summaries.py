# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What summaries by the model cost the frames: one lane watches a drawn table, one writes.

Every chunk is summarized, one piece between two frames, so that about half of all frames are
decided while a summary is open, and the others between those are not. Processor time of the thread
that watches; the first frames, while the window fills, are left out. Decisions are compared bit by
bit with those of a run without a memory. The embedded models were not trained to summarize: what
they write is not looked at.

    python benchmarks/summaries.py --output benchmarks/summaries.json
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections import deque
from contextlib import closing
from fractions import Fraction
from operator import eq
from pathlib import Path

import numpy as np
from memory_table import draw
from memory_table import START
from memory_table import WATCHED

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.config.params_file import effective
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SamplerCounts
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import Backbone
from streamo_ros.core.probe import Probe
from streamo_ros.core.sink import Step
from streamo_ros.core.sink import StepMaker
from streamo_ros.core.sink import Totals
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.settings import open_summarizer
from streamo_ros.memory.sink import MemorySink
from streamo_ros.memory.store import Store
from streamo_ros.memory.writer import StoreWriter
from streamo_ros.share import EMBEDDED
from streamo_ros.share import share_path

CHUNK, LEAD = 23, 11
"""Seconds; no multiple of what leaves the window at once."""
FULL = 120
"""Frames after which the window is full."""
COMPARED = 120
"""Frames whose decisions are compared."""
BUDGET = 4
"""Tokens of a piece: the default of generation.budget."""
PARAMETERS = {
    'memory.summarizer': 'model',
    'memory.chunk': float(CHUNK),
    'memory.summary_lead': float(LEAD),
    'memory.blocks': 0,
}


class Watch:
    """A model that watches for one thing, and what it decided."""

    def __init__(self, backbone: Backbone) -> None:
        book = InstructionBook(1)
        book.add(WATCHED.text)
        self.assistant = Assistant(backbone, book)
        self.steps = StepMaker(book, SamplerCounts())
        self.random = np.random.default_rng(1)
        self.decided: list[tuple[object, ...]] = []

    def picture(self) -> np.ndarray:
        """The next one."""
        return draw(self.random, None)

    def see(self, second: int, image: np.ndarray) -> Step:
        """Decide a frame, and say what there is to say."""
        tick = Tick(START + second * SECOND, Fraction(second), Fraction(second + 1), second, 1)
        frame = Frame(tick, image)
        events = self.assistant.observe(frame)
        while self.assistant.busy:
            events += self.assistant.speak(64)
        self.decided += [
            (event.state, event.probabilities) for event in events if isinstance(event, Decided)
        ]
        return self.steps.step(events, frame, vision=self.assistant.vision)


def measure(name: str, chunks: int) -> dict[str, object]:
    """One model's figures.

    Args:
        name: of the embedded model.
        chunks: how many.
    """
    path = share_path('models', EMBEDDED[name])
    backbone = load(path, Options(device='cpu', lanes=2))
    watch = Watch(backbone)
    folder = Path(tempfile.mkdtemp())
    writer = StoreWriter(Store(folder / 'store'))
    waiting: deque[Probe] = deque()
    summarizer = open_summarizer(effective(PARAMETERS), writer, backbone, waiting.append)
    assert summarizer is not None
    sink = MemorySink(writer, lambda: backbone.info.model_id)
    times: dict[bool, list[float]] = {False: [], True: []}
    pieces: list[float] = []
    for second in range(chunks * CHUNK):
        image = watch.picture()
        is_open = bool(waiting)
        began = time.thread_time()
        step = watch.see(second, image)
        sink.take(step)
        summarizer.take(step)
        if second >= FULL:
            times[is_open].append(time.thread_time() - began)
        if summarizer._thread is not None:
            summarizer._thread.join()
        if waiting:
            began = time.thread_time()
            waiting[0].advance(BUDGET)
            pieces.append(time.thread_time() - began)
            if waiting[0].done:
                waiting.popleft()
        if second % 16 == 15:
            writer.flush(60)
    counts = {status.name.lower(): count for status, count in summarizer.counts.items()}
    writer.flush(60)
    with closing(StoreReader(folder / 'store')) as reader:
        shown = [row.pictures for row in reader.summaries()]
    rows = len(shown)
    summarizer.close(Totals(SamplerCounts()))
    writer.close()
    shutil.rmtree(folder)
    plain = Watch(load(path, Options(device='cpu', lanes=1)))
    for second in range(min(COMPARED, chunks * CHUNK)):
        plain.see(second, plain.picture())
    without, beside = (1e3 * statistics.median(times[key]) for key in (False, True))
    return {
        'model': name,
        'frames_with_a_summary_open': len(times[True]),
        'frames_without': len(times[False]),
        'frame_cpu_ms_without': without,
        'frame_cpu_ms_with': beside,
        'ratio': beside / without,
        'piece_cpu_ms_median': 1e3 * statistics.median(pieces),
        'piece_cpu_ms_largest': 1e3 * max(pieces),
        'pieces_of_a_summary': len(pieces) / max(1, rows),
        'summary_cpu_ms': 1e3 * sum(pieces) / max(1, rows),
        'pictures_of_a_summary': sum(shown) / max(1, rows),
        'summaries': counts,
        'decisions': len(plain.decided),
        'decisions_the_same': sum(map(eq, plain.decided, watch.decided)),
    }


def main() -> int:
    """Run and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--models', nargs='+', default=['tiny'], choices=EMBEDDED)
    parser.add_argument('--chunks', type=int, default=16)
    parser.add_argument('--output', type=Path, default=Path(__file__).with_name('summaries.json'))
    options = parser.parse_args()
    given = {'chunk_seconds': CHUNK, 'lead_seconds': LEAD, 'budget_tokens': BUDGET}
    report = {**given, 'rows': [measure(name, options.chunks) for name in options.models]}
    options.output.write_text(json.dumps(report, indent=1) + '\n')
    print(json.dumps(report, indent=1))
    return 0


if __name__ == '__main__':
    sys.exit(main())
