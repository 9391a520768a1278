# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""E.T. Bench: when it happens (TVG, EPM), all times of it (TAL), and captions (DVC, SLC).

Rule: the benchmark's compute_metrics.py, as it is kept in interlive-team/STRIDE,
eval/task/etbench. F1 of TVG and EPM is the share of samples whose first interval overlaps by at
least 0.1, 0.3, 0.5 and 0.7, averaged over the four; that of TAL is the F1 of covered truths and
covered predictions, averaged likewise. A task's is the mean over its sources, and the headline
the mean over all sources of these three; captions have a mean of their own, see `et_captions`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamo_ros.evaluation.benchmarks import et_captions
from streamo_ros.evaluation.benchmarks.benchmark import Benchmark
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkError
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkQuestion
from streamo_ros.evaluation.benchmarks.benchmark import Figures
from streamo_ros.evaluation.benchmarks.benchmark import Graders
from streamo_ros.evaluation.benchmarks.benchmark import read_json
from streamo_ros.evaluation.benchmarks.benchmark import Replies
from streamo_ros.evaluation.benchmarks.benchmark import Rows
from streamo_ros.evaluation.metrics import Span

ONE, MANY = ('tvg', 'epm'), ('tal',)
THRESHOLDS = (0.1, 0.3, 0.5, 0.7)
DIGITS = 5
"""Digits to which the official program rounds."""
_NUMBER = r'(\d+\.*\d*)'
_DASH = re.compile(rf'{_NUMBER}\s*-\s*{_NUMBER}')
_TO = re.compile(rf'{_NUMBER}\s* to \s*{_NUMBER}')
_PLAIN = re.compile(r'\b(?:\d+\.\d+|\d+)\b')
_CLOCK = re.compile(r'\b(\d{1,2}):(\d{2}):(\d{2})\b')
_WORDS = ('start', 'end', 'happen')


def read(path: Path) -> Rows:
    """The records of the five tasks.

    Raises:
        BenchmarkError: it is another file, or has none of them.
    """
    records = read_json(path, 'etbench_vid_v1.0.json', ('task', 'video', 'q', 'tgt'))
    tasks = ONE + MANY + et_captions.TASKS
    kept = [record for record in records if record['task'] in tasks]
    if not kept:
        raise BenchmarkError(f'{path} has no record of {", ".join(tasks)}')
    return kept


def questions(records: Rows) -> list[BenchmarkQuestion]:
    """One for each record, asked at the start of its video."""
    return [
        BenchmarkQuestion(str(number), record['task'], (str(record['video']),), record['q'])
        for number, record in enumerate(records)
    ]


def rows(records: Rows, replies: Replies) -> Rows:
    """The records with the text of all answers as `a`."""
    return [
        {**record, 'a': '\n'.join(text for _, text in replies[str(number)])}
        for number, record in enumerate(records)
        if str(number) in replies
    ]


def grade(results: Rows, graders: Graders) -> Rows:
    """The rows with the similarity of their captions, where there is a sentence encoder."""
    return et_captions.with_similarities(results, graders.encoder) if graders.encoder else results


def score(results: Rows) -> Figures:
    """F1 of each task and source, also at each threshold, and their means; shares of 1."""
    figures: Figures = {}
    for tasks, score_part, total in (
        (ONE + MANY, _intervals_score, 'F1'),
        (et_captions.TASKS, et_captions.score, 'captions F1'),
    ):
        every = []
        for task in tasks:
            means = []
            own = [row for row in results if row['task'] == task]
            for source in dict.fromkeys(row.get('source', '') for row in own):
                name = f'{task} {source}'.strip()
                figures |= score_part(
                    [row for row in own if row.get('source', '') == source], name
                )
                means.append(figures[f'{name} F1'])
            if means:
                figures[f'{task} F1'] = round(sum(means) / len(means), DIGITS)
            every += means
        if every or total == BENCHMARK.headline:
            figures[total] = round(sum(every) / len(every), DIGITS) if every else 0.0
    return figures


def _intervals_score(results: Rows, name: str) -> Figures:
    """The figures of a task and a source; their names begin with `name`."""
    each = [sum(_hit(row, at) for row in results) / len(results) for at in THRESHOLDS]
    figures = {
        f'{name} F1@{at:g}': round(value, DIGITS)
        for at, value in zip(THRESHOLDS, each, strict=True)
    }
    return {**figures, f'{name} F1': round(sum(each) / len(each), DIGITS)}


def _hit(row: dict[str, Any], threshold: float) -> float:
    said = intervals(row['a'])
    if not said:
        return 0.0
    due = row['tgt'] if isinstance(row['tgt'][0], list) else [row['tgt']]
    if row['task'] in ONE:
        return float(float(overlaps(due[:1], said[:1])[0, 0]) >= threshold)
    # Theirs compares 32-bit numbers with a threshold of 32 bits here, and above one of 64.
    near = overlaps(due, said) >= np.float32(threshold)
    recall, precision = float(near.any(1).mean()), float(near.any(0).mean())
    both = recall + precision
    return 2 * precision * recall / both if both else 0.0


def overlaps(due: Sequence[Sequence[float]], said: Sequence[Span]) -> NDArray[np.float32]:
    """Intersection over union of every pair, in 32 bits as theirs.

    Returns:
        Shape (due, said).
    """
    a, b = np.array(due, np.float32)[:, None], np.array(said, np.float32)[None]
    common = np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0])
    common = np.maximum(common, np.float32(0))
    union = (a[..., 1] - a[..., 0]) + (b[..., 1] - b[..., 0]) - common
    shares: NDArray[np.float32] = np.zeros_like(common)
    np.divide(common, union, out=shares, where=union > 0)
    return shares


def intervals(text: str) -> list[Span]:
    """The intervals that a text names, as the benchmark reads them.

    First 'a - b', else 'a to b', else the first number of each sentence that tells of a start or
    an end, in pairs, else times of day in such sentences.
    """
    text = text.lower()
    pairs = [(float(a), float(b)) for a, b in _DASH.findall(text) or _TO.findall(text)]
    if not pairs:
        telling = [
            part for part in re.split(r'[!?\n]', text) if any(word in part for word in _WORDS)
        ]
        firsts = [match[0] for part in telling if (match := _PLAIN.search(part))]
        times = [float(first) for first in firsts] or [
            3600.0 * int(h) + 60 * int(m) + int(s)
            for part in telling
            for h, m, s in _CLOCK.findall(part)[:1]
        ]
        pairs = list(zip(times[::2], times[1::2], strict=False))
    return [(min(pair), max(pair)) for pair in pairs]


BENCHMARK = Benchmark(
    'E.T. Bench',
    read,
    questions,
    rows,
    score,
    'F1',
    'E.T. Bench compute_metrics.py as in interlive-team/STRIDE at 153adb7',
    grade,
)
