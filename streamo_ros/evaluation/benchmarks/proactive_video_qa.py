# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ProactiveVideoQA: how soon how much of the answer is said (PAUC).

Rule: MCG-NJU/OneStreamer, Eval/VLMEvalKit/vlmeval/dataset/pvqa_scoring.py. The points of each
reply come from a judge (`--judge`): 2 covers the answer, 1 a part, 0 nothing of it. Without one
they are found with a plain comparison of words, which is said, and which no paper uses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from streamo_ros.evaluation.benchmarks.benchmark import Answer
from streamo_ros.evaluation.benchmarks.benchmark import Benchmark
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkQuestion
from streamo_ros.evaluation.benchmarks.benchmark import Figures
from streamo_ros.evaluation.benchmarks.benchmark import Graders
from streamo_ros.evaluation.benchmarks.benchmark import read_json
from streamo_ros.evaluation.benchmarks.benchmark import Replies
from streamo_ros.evaluation.benchmarks.benchmark import Rows

START, HIGHEST = 0.5, 2.0
"""Points before the first reply, and the most that there are."""
OMEGAS = (0.0, 0.5, 1.0)
_WORD = re.compile(r'\w+')
_MOST, _PART = 0.7, 0.3


def read(path: Path) -> Rows:
    """The records of one part (EGO, TV, VAD or WEB); see `read_json`."""
    keys = ('question_id', 'video', 'conversation', 'answer')
    return read_json(path, 'anno.json', keys)


def questions(records: Rows) -> list[BenchmarkQuestion]:
    """One for each record; it ends with its last reply time."""
    return [
        BenchmarkQuestion(
            str(record['question_id']),
            'PAUC',
            (str(record['video']), f'videos/{record["video"]}'),
            record['conversation'][0]['content'],
            float(record['conversation'][0].get('time', 0.0)),
            max(float(answer['reply_timespan'][1]) for answer in record['answer']),
        )
        for record in records
    ]


def rows(records: Rows, replies: Replies) -> Rows:
    """The records with the replies, and judge_scores in each answer, by the time of the reply."""
    answered = [
        {**record, 'replies': [[at, text] for at, text in replies[str(record['question_id'])]]}
        for record in records
        if str(record['question_id']) in replies
    ]
    return _with_points(answered, lambda _, true, said: plain_points(true, said))


def grade(results: Rows, graders: Graders) -> Rows:
    """The rows with the judge's points, where there is one."""
    return _with_points(results, graders.judge.points) if graders.judge else results


def _with_points(results: Rows, points: Callable[[str, str, str], int]) -> Rows:
    """The rows with judge_scores; `points` takes the question, the true and the given answer."""
    return [
        {
            **row,
            'answer': [
                {
                    **answer,
                    'judge_scores': judged(
                        answer, row['replies'], partial(points, row['conversation'][0]['content'])
                    ),
                }
                for answer in row['answer']
            ],
        }
        for row in results
    ]


def judged(
    answer: Mapping[str, Any], replies: Sequence[Answer], points: Callable[[str, str], int]
) -> dict[float, int]:
    """The points of all that has been said up to each reply within the reply time.

    Args:
        answer: with content and reply_timespan.
        replies: (seconds, text).
        points: gives 0, 1 or 2 for the true and the predicted answer.
    """
    begin, end = answer['reply_timespan']
    said: list[str] = []
    scores = {}
    for at, text in replies:
        if begin <= at <= end and text not in said:
            said.append(text)
            scores[at] = points(answer['content'], ' '.join(said))
    return scores


def plain_points(true: str, predicted: str) -> int:
    """Points by the share of the true answer's words that were said; no judge, and no paper's."""
    wanted = set(_WORD.findall(true.lower()))
    share = len(wanted & set(_WORD.findall(predicted.lower()))) / max(1, len(wanted))
    return 2 if share >= _MOST else int(share >= _PART)


def score(results: Rows) -> Figures:
    """PAUC for each weight of earliness, percent to two decimals as it is published."""
    turns = [answer for row in results for answer in row['answer']]
    figures = {}
    for omega in OMEGAS:
        areas = [_area(answer, omega) for answer in turns]
        mean = sum(areas) / len(areas) if areas else 0.0
        figures[f'PAUC omega={omega:g}'] = round(100 * mean, 2)
    return figures


def _area(answer: Mapping[str, Any], omega: float) -> float:
    begin, end = answer['reply_timespan']
    points = _without_relapses(answer)
    if not points:
        return START / HIGHEST
    if end <= begin:
        return 0.0
    area, before, level = 0.0, 0.0, START
    for at, reached in points:
        x = (at - begin) * (1 - omega)
        area += (x - before) * level
        before, level = x, reached
    area += (end - begin - before) * level
    return float(area / ((end - begin) * HIGHEST))


def _without_relapses(answer: Mapping[str, Any]) -> list[tuple[float, float]]:
    """Points by time, without later ones that are worse than the last within the related time."""
    scores = {float(at): float(points) for at, points in answer.get('judge_scores', {}).items()}
    related = answer.get('related_timespan', answer['reply_timespan'])[1]
    inside = [points for at, points in sorted(scores.items()) if at <= related]
    last = inside[-1] if inside else 0.0
    kept = [(at, points) for at, points in scores.items() if at <= related or points >= last]
    return sorted(kept) if len(scores) > 1 else sorted(scores.items())


BENCHMARK = Benchmark(
    'ProactiveVideoQA',
    read,
    questions,
    rows,
    score,
    'PAUC omega=0.5',
    'MCG-NJU/OneStreamer pvqa_scoring.py at f0a610b; points without a judge are not comparable',
    grade,
)
