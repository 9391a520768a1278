# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Questions about a user's own videos, for benchmarks whose data was never released.

`questions.json` (or .jsonl) is a list of records with `id`, `task`, `video`, `question`, and

* `ask`: seconds of the video at which the question is asked; 0 if it is missing;
* `interval`: [start, end] in seconds, for grounding (tasks forward and backward);
* `answers`: a list of {time, text}, or {window: [from, to], text}, for answers at moments (tsqa);
* `options`: what tsqa chooses among, if it does; a text may then be the letter or the option;
* `baseline`: what another model said, for narration and caption.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkError
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkQuestion
from streamo_ros.evaluation.benchmarks.benchmark import read_json
from streamo_ros.evaluation.benchmarks.benchmark import Replies
from streamo_ros.evaluation.benchmarks.benchmark import Rows
from streamo_ros.evaluation.benchmarks.judge import Judge

FILE = 'questions.json'
SAID, JUDGED = 'said', 'judged'
"""Keys of a row: what was said, as [seconds, text]; for each due answer, whether each of these
says the same."""
NEEDED = {
    'forward': 'interval',
    'backward': 'interval',
    'narration': 'baseline',
    'caption': 'baseline',
    'tsqa': 'answers',
}
"""What a record of each task must have."""


def read(path: Path) -> Rows:
    """The records; see the module.

    Raises:
        BenchmarkError: it is another file, or a record lacks what its task needs.
    """
    records = read_json(path, FILE, ('id', 'task', 'video', 'question'))
    for number, record in enumerate(records, 1):
        task = record['task']
        if task not in NEEDED:
            raise BenchmarkError(
                f'{path}, record {number}: the task {task!r} is none of {", ".join(NEEDED)}'
            )
        if NEEDED[task] not in record:
            raise BenchmarkError(f'{path}, record {number}: {task} needs {NEEDED[task]!r}: add it')
        _check_times(f'{path}, record {number}', record)
    return records


def _check_times(where: str, record: Mapping[str, Any]) -> None:
    try:
        spans = [record['interval']] if 'interval' in record else []
        if record['task'] == 'tsqa' and not record['answers']:
            raise BenchmarkError(f'{where}: tsqa needs at least one answer: add it')
        for answer in record.get('answers', []):
            str(answer['text'])
            spans.append(window(answer, 0.0))
        if any(not float(start) <= float(end) for start, end in spans):
            raise BenchmarkError(f'{where}: an interval ends before it begins: exchange the two')
        float(record.get('ask', 0))
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, BenchmarkError):
            raise
        raise BenchmarkError(
            f'{where}: a time is no number or an answer lacks its text ({error!r}): fix it'
        ) from error


def window(answer: Mapping[str, Any], tolerance: float) -> tuple[float, float]:
    """The seconds within which an answer counts: its own window, or its time and a tolerance."""
    if 'window' in answer:
        start, end = answer['window']
        return float(start), float(end)
    return float(answer['time']) - tolerance, float(answer['time']) + tolerance


def questions(records: Rows) -> list[BenchmarkQuestion]:
    """One for each record; a choice lists its options with letters."""
    return [
        BenchmarkQuestion(
            str(record['id']),
            record['task'],
            (str(record['video']),),
            _text(record),
            float(record.get('ask', 0)),
        )
        for record in records
    ]


def _text(record: Mapping[str, Any]) -> str:
    lettered = [
        f'({letter}) {option}'
        for letter, option in zip(string.ascii_uppercase, record.get('options', []), strict=False)
    ]
    return '\n'.join([str(record['question']), *lettered])


def rows(records: Rows, replies: Replies) -> Rows:
    """The records with what was said."""
    return [
        {**record, SAID: [[at, text] for at, text in replies[str(record['id'])]]}
        for record in records
        if str(record['id']) in replies
    ]


def with_judged(results: Rows, judge: Judge, tolerance: float) -> Rows:
    """The rows of tsqa with the judge's word on each due and each given answer that may count.

    Args:
        results: the rows.
        judge: compares the texts.
        tolerance: seconds before and after a time that is due, as `hits` will be given.
    """
    return [
        {**row, JUDGED: [_judged(row, due, judge, tolerance) for due in row['answers']]}
        if row['task'] == 'tsqa' and not row.get('options')
        else row
        for row in results
    ]


def _judged(
    row: Mapping[str, Any], due: Mapping[str, Any], judge: Judge, tolerance: float
) -> list[bool]:
    start, end = window(due, tolerance)
    return [
        start <= at <= end and judge.same(row['question'], str(due['text']), str(text))
        for at, text in row[SAID]
    ]


def hits(row: Mapping[str, Any], tolerance: float) -> int:
    """How many due answers were given, each by an answer of its own, in time order.

    Args:
        row: of tsqa.
        tolerance: seconds before and after a time that is due.
    """
    left = list(range(len(row[SAID])))
    for number, due in enumerate(row['answers']):
        start, end = window(due, tolerance)
        for other in left:
            if start <= row[SAID][other][0] <= end and _agree(row, number, other):
                left.remove(other)
                break
    return len(row[SAID]) - len(left)


def _agree(row: Mapping[str, Any], due: int, said: int) -> bool:
    """Whether two answers say the same: by the judge, or the same option, letter or words."""
    if JUDGED in row:
        return bool(row[JUDGED][due][said])
    options: Sequence[str] = row.get('options', [])
    true, given = row['answers'][due]['text'], row[SAID][said][1]
    return _chosen(str(true), options) == _chosen(str(given), options)


def _chosen(text: str, options: Sequence[str]) -> str:
    """The letter of the option that a text names, else its words."""
    words = _words(text)
    for letter, option in zip(string.ascii_uppercase, options, strict=False):
        plain = _words(option)
        if words in (plain, letter.lower(), f'{letter.lower()} {plain}'):
            return letter
    return words


def _words(text: str) -> str:
    kept = ''.join(letter if letter.isalnum() else ' ' for letter in text.lower())
    return ' '.join(kept.split())
