# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Streamo-Bench's six columns on a user's own videos; its own data was never released.

Source: Xia et al., 'Streaming Video Instruction Tuning' (Streamo), arXiv 2512.21334, sec. 5.2 and
Eqs. 8-10. Grounding: mean overlap of the first interval that is named, 0 without one. Narration
and captions: share of wins over another model's text, by a judge (`--judge`), both orders, a tie
half. Time-sensitive questions: an answer counts if the words agree and it comes within 3 s. The
paper's accuracy and recall of these do not follow from its formulas; here accuracy is the share of
given answers that count, recall the mean over questions of the share of due answers that were
given, and the same over all answers due stands beside them.
"""

from __future__ import annotations

from collections.abc import Sequence

from streamo_ros.evaluation.benchmarks.benchmark import Benchmark
from streamo_ros.evaluation.benchmarks.benchmark import Figures
from streamo_ros.evaluation.benchmarks.benchmark import Graders
from streamo_ros.evaluation.benchmarks.benchmark import percent
from streamo_ros.evaluation.benchmarks.benchmark import Rows
from streamo_ros.evaluation.benchmarks.own_questions import hits
from streamo_ros.evaluation.benchmarks.own_questions import questions
from streamo_ros.evaluation.benchmarks.own_questions import read
from streamo_ros.evaluation.benchmarks.own_questions import rows
from streamo_ros.evaluation.benchmarks.own_questions import SAID
from streamo_ros.evaluation.benchmarks.own_questions import with_judged
from streamo_ros.evaluation.metrics import interval_iou
from streamo_ros.training.intervals import named_interval

TOLERANCE = 3.0
WIN = 'win'
"""Key of a row: how a judge compared it with the baseline; 1, 0.5 or 0."""
GROUNDING, COMPARED = ('forward', 'backward'), ('narration', 'caption')


def grade(results: Rows, graders: Graders) -> Rows:
    """The rows with the judge's comparisons, where there is one."""
    judge = graders.judge
    if judge is None:
        return results
    return [
        {
            **row,
            WIN: judge.win(
                row['question'],
                '\n'.join(f'{at:g} s: {text}' for at, text in row[SAID]) or '(nothing)',
                str(row['baseline']),
            ),
        }
        if row['task'] in COMPARED
        else row
        for row in with_judged(results, judge, TOLERANCE)
    ]


def score(results: Rows) -> Figures:
    """The columns that the rows allow, in percent, and their mean if all six are there."""
    figures: Figures = {}
    for task in GROUNDING:
        own = [row for row in results if row['task'] == task]
        if own:
            figures[f'{task} mIoU'] = percent(
                [_overlap(row['interval'], row[SAID]) for row in own]
            )
    for task in COMPARED:
        wins = [row[WIN] for row in results if row['task'] == task and WIN in row]
        if wins:
            figures[f'{task} win rate'] = percent(wins)
    own = [row for row in results if row['task'] == 'tsqa']
    columns = dict(figures)
    if own:
        columns |= _moments(own)
        figures |= columns
        figures['tsqa recall, all answers'] = _recall_of_all(own)
    if len(columns) == 6:
        figures['average'] = sum(columns.values()) / 6
    return figures


def _overlap(interval: Sequence[float], said: Sequence[Sequence[object]]) -> float:
    named = [span for _, text in said if (span := named_interval(str(text)))]
    start, end = (float(bound) for bound in interval)
    return interval_iou((start, end), named[0] if named else None)


def _moments(results: Rows) -> Figures:
    right = [hits(row, TOLERANCE) for row in results]
    given = sum(len(row[SAID]) for row in results)
    shares = [hit / len(row['answers']) for hit, row in zip(right, results, strict=True)]
    return {
        'tsqa accuracy': 100 * sum(right) / given if given else 0.0,
        'tsqa recall': percent(shares),
    }


def _recall_of_all(results: Rows) -> float:
    due = sum(len(row['answers']) for row in results)
    return 100 * sum(hits(row, TOLERANCE) for row in results) / due if due else 0.0


BENCHMARK = Benchmark(
    'Streamo-Bench (own videos)',
    read,
    questions,
    rows,
    score,
    'average',
    'Streamo, arXiv 2512.21334, sec. 5.2; data and scorer were never released',
    grade,
)
