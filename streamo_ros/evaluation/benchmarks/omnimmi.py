# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""OmniMMI, proactive alerting: whether one speaks while it happens.

Rule: MCG-NJU/OneStreamer, Eval/Proactive_Eval/omnimmi/src/omnimmi/scoring.py (`pa_metrics`).
"""

from __future__ import annotations

from pathlib import Path

from streamo_ros.evaluation.benchmarks.benchmark import Benchmark
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkQuestion
from streamo_ros.evaluation.benchmarks.benchmark import Figures
from streamo_ros.evaluation.benchmarks.benchmark import read_json
from streamo_ros.evaluation.benchmarks.benchmark import Replies
from streamo_ros.evaluation.benchmarks.benchmark import Rows
from streamo_ros.evaluation.metrics import mean


def read(path: Path) -> Rows:
    """The records of proactive alerting; see `read_json`."""
    return read_json(path, 'proactive_alerting.json', ('video', 'question', 'answer'))


def questions(records: Rows) -> list[BenchmarkQuestion]:
    """One for each record, asked at the start of its video."""
    return [
        BenchmarkQuestion(
            str(number),
            'PA',
            (str(record['video']), f'videos/{record["video"]}'),
            record['question'],
        )
        for number, record in enumerate(records)
    ]


def rows(records: Rows, replies: Replies) -> Rows:
    """The records with response_times_seconds."""
    return [
        {**record, 'response_times_seconds': [at for at, _ in replies[str(number)]]}
        for number, record in enumerate(records)
        if str(number) in replies
    ]


def score(results: Rows) -> Figures:
    """Shares of 1; distances and delays in seconds, left out where there are none."""
    first, precisions, overlaps = list[bool](), list[float](), list[float]()
    said = within = 0
    distances, delays = list[float](), list[float]()
    for row in results:
        start, end = (float(value) for value in row['answer'])
        times = [float(value) for value in row['response_times_seconds']]
        hits = [at for at in times if start <= at <= end]
        said, within = said + len(times), within + len(hits)
        first.append(bool(times) and start <= times[0] <= end)
        precisions.append(len(hits) / len(times) if times else 0.0)
        overlaps.append(_overlap(times, start, end))
        delays += [hits[0] - start] if hits else []
        distances += [max(start - times[0], times[0] - end, 0.0)] if times else []
    precision = within / said if said else 0.0
    recall = len(delays) / len(results) if results else 0.0
    both = precision + recall
    figures = {
        'first trigger accuracy': mean(first) or 0.0,
        'macro precision': mean(precisions) or 0.0,
        'macro span IoU': mean(overlaps) or 0.0,
        'micro precision': precision,
        'recall': recall,
        'f1': 2 * precision * recall / both if both else 0.0,
    }
    times_of = {'mean distance': mean(distances), 'mean delay': mean(delays)}
    return figures | {name: value for name, value in times_of.items() if value is not None}


def _overlap(times: list[float], start: float, end: float) -> float:
    """Overlap of the time from the first to the last answer with the time that is due.

    The union is the hull of both, as in the official program: apart, they are not 0 for that.
    """
    if not times:
        return 0.0
    hull = max(times[-1], end) - min(times[0], start)
    common = max(0.0, min(times[-1], end) - max(times[0], start))
    return common / hull if hull > 0 else 0.0


BENCHMARK = Benchmark(
    'OmniMMI, proactive alerting',
    read,
    questions,
    rows,
    score,
    'first trigger accuracy',
    'MCG-NJU/OneStreamer omnimmi/scoring.py at f0a610b',
)
