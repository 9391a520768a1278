# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""SW-F1 on a user's own videos: a missed answer counts ten times as much as one too many.

Source: the Streaming Harness (arXiv 2606.08615) publishes the weights 2 for an answer that counts,
2 for a missed one and 0.2 for one too many, and neither its data nor its window: here an answer
counts within `--window` seconds of the time that is due, 3 unless it is given. With the weights 2,
1 and 1 the same quotient would be F1.
"""

from __future__ import annotations

from pathlib import Path

from streamo_ros.evaluation.benchmarks.benchmark import Benchmark
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkError
from streamo_ros.evaluation.benchmarks.benchmark import Figures
from streamo_ros.evaluation.benchmarks.benchmark import Graders
from streamo_ros.evaluation.benchmarks.benchmark import Rows
from streamo_ros.evaluation.benchmarks.own_questions import hits
from streamo_ros.evaluation.benchmarks.own_questions import questions
from streamo_ros.evaluation.benchmarks.own_questions import read as read_questions
from streamo_ros.evaluation.benchmarks.own_questions import rows
from streamo_ros.evaluation.benchmarks.own_questions import SAID
from streamo_ros.evaluation.benchmarks.own_questions import with_judged

RIGHT, MISSED, TOO_MANY = 2.0, 2.0, 0.2
"""Weights of answers."""
WINDOW = 3.0
_KEY = 'window_seconds'


def read(path: Path) -> Rows:
    """The records with answers at moments; see `own_questions`.

    Raises:
        BenchmarkError: it is another file, or has none of them.
    """
    kept = [record for record in read_questions(path) if record['task'] == 'tsqa']
    if not kept:
        raise BenchmarkError(f'{path} has no record of tsqa: add answers with their times')
    return kept


def grade(results: Rows, graders: Graders) -> Rows:
    """The rows with the window, and with the judge's word on texts where there is one.

    Without `--window` rows keep the one that they were made with.

    Raises:
        BenchmarkError: it differs among them.
    """
    window = _window(results) if graders.window is None else graders.window
    judged = with_judged(results, graders.judge, window) if graders.judge else results
    return [{**row, _KEY: window} for row in judged]


def _window(results: Rows) -> float:
    windows = {float(row.get(_KEY, WINDOW)) for row in results}
    if len(windows) > 1:
        raise BenchmarkError(
            'the results were made with different windows: give one with --window'
        )
    return windows.pop() if windows else WINDOW


def score(results: Rows) -> Figures:
    """SW-F1 in percent, what it is made of, and its window."""
    window = _window(results)
    right = sum(hits(row, window) for row in results)
    missed = sum(len(row['answers']) for row in results) - right
    too_many = sum(len(row[SAID]) for row in results) - right
    weight = RIGHT * right + MISSED * missed + TOO_MANY * too_many
    return {
        'SW-F1': 100 * RIGHT * right / weight if weight else 0.0,
        'right': right,
        'missed': missed,
        'too many': too_many,
        'window in seconds': window,
    }


BENCHMARK = Benchmark(
    'SW-F1 (own videos)',
    read,
    questions,
    rows,
    score,
    'SW-F1',
    'weights of arXiv 2606.08615; its window and data were never released',
    grade,
)
