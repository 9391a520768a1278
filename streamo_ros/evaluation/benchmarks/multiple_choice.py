# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Offline multiple choice, for what a model has kept of its base: MVBench, Video-MME, TempCompass.

The records are those of a file with video, question and options (or candidates), and an answer
that is a letter, its text, or its place. The first letter of the reply decides.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from streamo_ros.evaluation.benchmarks.benchmark import Benchmark
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkError
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkQuestion
from streamo_ros.evaluation.benchmarks.benchmark import Figures
from streamo_ros.evaluation.benchmarks.benchmark import last_text
from streamo_ros.evaluation.benchmarks.benchmark import percent
from streamo_ros.evaluation.benchmarks.benchmark import read_json
from streamo_ros.evaluation.benchmarks.benchmark import Replies
from streamo_ros.evaluation.benchmarks.benchmark import Rows

_LETTER = re.compile(r'\s*\(?([A-H])(?![a-z])')
_LABEL = re.compile(r'^\(?[A-H][.):]\s*')


def read(path: Path) -> Rows:
    """The records, each with options and the letter of the right one as `gt`.

    Raises:
        BenchmarkError: it is another file, or an answer is none of the options.
    """
    records = read_json(path, 'questions.json', ('video', 'question', 'answer'))
    rows = []
    for number, record in enumerate(records, 1):
        options = record.get('options') or record.get('candidates')
        if not options:
            raise BenchmarkError(f'{path}, record {number}: it has neither options nor candidates')
        texts = [_LABEL.sub('', str(option)) for option in options]
        letter = _right(record['answer'], texts)
        if not letter:
            raise BenchmarkError(
                f'{path}, record {number}: the answer {record["answer"]!r} is none of {texts}'
            )
        rows.append({**record, 'options': texts, 'gt': letter})
    return rows


def _right(answer: Any, options: list[str]) -> str:
    if isinstance(answer, int):
        place = answer if 0 <= answer < len(options) else -1
    elif answer in options:
        place = options.index(answer)
    else:
        match = _LETTER.match(str(answer))
        place = ord(match[1]) - ord('A') if match else -1
    return chr(ord('A') + place) if 0 <= place < len(options) else ''


def questions(records: Rows) -> list[BenchmarkQuestion]:
    """One for each record, about its whole video."""
    return [
        BenchmarkQuestion(
            str(number),
            str(record.get('task_type') or record.get('task') or 'all'),
            (str(record['video']), f'{record["video"]}.mp4'),
            _text(record),
        )
        for number, record in enumerate(records)
    ]


def _text(record: dict[str, Any]) -> str:
    options = '\n'.join(f'{chr(65 + n)}. {text}' for n, text in enumerate(record['options']))
    return f'{record["question"]}\n{options}\nAnswer with the letter of the right option.'


def rows(records: Rows, replies: Replies) -> Rows:
    """The records with a response."""
    return [
        {**record, 'response': last_text(replies[str(number)])}
        for number, record in enumerate(records)
        if str(number) in replies
    ]


def score(results: Rows) -> Figures:
    """Accuracy of each task and of all questions, percent."""
    hits: dict[str, list[float]] = {}
    for row in results:
        match = _LETTER.match(row['response'] or '')
        task = str(row.get('task_type') or row.get('task') or 'all')
        hits.setdefault(task, []).append(float(match is not None and match[1] == row['gt']))
    every = [hit for own in hits.values() for hit in own]
    figures = {task: percent(own) for task, own in hits.items() if len(hits) > 1}
    return {**figures, 'total': percent(every)}


BENCHMARK = Benchmark(
    'Multiple choice',
    read,
    questions,
    rows,
    score,
    'total',
    'the first letter of the reply; the wording of the question is ours',
)
