# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""OVO-Timing: whether one speaks within two seconds of what happens, on OVO-Bench's forward tasks.

Rule: MCG-NJU/VideoChat3, vlmevalkit-videochat3/vlmeval/dataset/ovo_timing.py: recall and
precision are means over the samples of a task, F1 is that of the means, and the headline the mean
over tasks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamo_ros.evaluation.benchmarks.benchmark import Benchmark
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkError
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkQuestion
from streamo_ros.evaluation.benchmarks.benchmark import Figures
from streamo_ros.evaluation.benchmarks.benchmark import read_json
from streamo_ros.evaluation.benchmarks.benchmark import Replies
from streamo_ros.evaluation.benchmarks.benchmark import Rows

TASKS = ('CRR', 'REC', 'SSR')
FILES = ('ovobench_timing.json', 'ovo_bench_new.json')
TOLERANCE = 2.0
SHIFT = 2.0
"""Seconds after the start of an event or step at which it is due."""


def read(path: Path) -> Rows:
    """The records of the three forward tasks.

    Raises:
        BenchmarkError: it is another file.
    """
    name = next((name for name in FILES if path.is_dir() and (path / name).is_file()), FILES[0])
    records = read_json(path, name, ('id', 'task', 'video'))
    kept = [record for record in records if record['task'] in TASKS]
    if not kept:
        raise BenchmarkError(f"{path} has no record of {', '.join(TASKS)}: give OVO-Bench's file")
    return kept


def questions(records: Rows) -> list[BenchmarkQuestion]:
    """One for each record: the whole stream, up to the last poll."""
    return [
        BenchmarkQuestion(
            str(record['id']),
            record['task'],
            _videos(record),
            _text(record),
            float(record['ask_time']) if record['task'] == 'CRR' else 0.0,
            float(record['test_info'][-1]['realtime']),
        )
        for record in records
    ]


def _videos(record: dict[str, Any]) -> tuple[str, ...]:
    """The clip of the last poll is the longest; the whole video will do as well."""
    last = len(record['test_info']) - 1
    names = [f'{record["id"]}_{number}.mp4' for number in range(last, -1, -1)]
    names.append(f'{record["id"]}.mp4')
    return *names, *(f'chunked_videos/{name}' for name in names), str(record['video'])


def _text(record: dict[str, Any]) -> str:
    if record['task'] == 'REC':
        return f'How many times does the event: {record["activity"]} happen?'
    if record['task'] == 'SSR':
        words = re.sub(r'(?<!^)(?=[A-Z])', ' ', record['tutorial']).lower()
        return f'Describe the steps of {words}'
    return str(record['question'])


def due(record: dict[str, Any]) -> list[float]:
    """When an answer is due, seconds."""
    if record['task'] == 'CRR':
        return [float(record['clue_time'])]
    starts = record['start_times' if record['task'] == 'REC' else 'start_time']
    return [float(start) + SHIFT for start in starts]


def rows(records: Rows, replies: Replies) -> Rows:
    """One for each record: task, gt_timestamp, detections."""
    return [
        {
            'sample_id': record['id'],
            'task': record['task'],
            'gt_timestamp': due(record),
            'detections': [at for at, text in replies[str(record['id'])] if text],
            'response_events': [
                {'time': at, 'answer': text} for at, text in replies[str(record['id'])] if text
            ],
        }
        for record in records
        if str(record['id']) in replies
    ]


def score(results: Rows) -> Figures:
    """Recall, precision and F1 within two seconds of each task, and their means; shares of 1."""
    figures: Figures = {}
    means: list[Figures] = []
    for task in TASKS:
        pairs = [
            hits(row['gt_timestamp'], row['detections']) for row in results if row['task'] == task
        ]
        recall = sum(pair[0] for pair in pairs) / len(pairs) if pairs else 0.0
        precision = sum(pair[1] for pair in pairs) / len(pairs) if pairs else 0.0
        both = recall + precision
        f1 = 2 * recall * precision / both if both > 0 else 0.0
        means.append({'recall': recall, 'precision': precision, 'f1': f1})
        figures |= {f'{task} {name}': value for name, value in means[-1].items()}
    for name in ('recall', 'precision', 'f1'):
        # A task without samples counts as 0 there, too.
        figures[name] = sum(mean[name] for mean in means) / len(TASKS)
    return figures


def hits(wanted: Sequence[float], detected: Sequence[float]) -> tuple[float, float]:
    """Recall and precision of one sample.

    Each time due, in the order of the file, takes the first detection left within the tolerance.
    """
    left = list(detected)
    matched = 0
    for time in wanted:
        near = next((n for n, at in enumerate(left) if abs(at - time) <= TOLERANCE), None)
        if near is not None:
            left.pop(near)
            matched += 1
    recall = matched / len(wanted) if wanted else 0.0
    return recall, matched / len(detected) if detected else 0.0


BENCHMARK = Benchmark(
    'OVO-Timing',
    read,
    questions,
    rows,
    score,
    'f1',
    'MCG-NJU/VideoChat3 vlmeval/dataset/ovo_timing.py at 189754e',
)
