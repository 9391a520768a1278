# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""StreamingBench: choices about the present, and what is to be said when something is seen.

Rule: THUNLP-MT/StreamingBench, src/data/count.py. There the proactive part is a poll each second
up to four seconds after the moment that is due; here the node speaks by itself, and its first
answer is what a poll that was answered with yes would have been. If it says nothing, the last poll
counts, as there.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamo_ros.evaluation.benchmarks.benchmark import Benchmark
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkQuestion
from streamo_ros.evaluation.benchmarks.benchmark import Figures
from streamo_ros.evaluation.benchmarks.benchmark import last_text
from streamo_ros.evaluation.benchmarks.benchmark import read_json
from streamo_ros.evaluation.benchmarks.benchmark import Replies
from streamo_ros.evaluation.benchmarks.benchmark import Rows
from streamo_ros.evaluation.benchmarks.benchmark import seconds_of

TOLERANCE = 2.0
AFTER = 4.0
"""Seconds after the moment that is due at which polling ends."""
MODEL = 'streamo'
"""Key of our answers in the official layout."""
LETTERS = 'ABCD'


def read_proactive(path: Path) -> Rows:
    """The records of the proactive part; see `read_json`."""
    return read_json(path, 'questions_proactive.json', ('questions', 'video_path'))


def read_real(path: Path) -> Rows:
    """The records of the part about the present; see `read_json`."""
    return read_json(path, 'questions_real.json', ('questions', 'video_path'))


def _each(records: Rows) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    return [
        (f'{number}/{place}', record, question)
        for number, record in enumerate(records)
        for place, question in enumerate(record['questions'])
    ]


def proactive_questions(records: Rows) -> list[BenchmarkQuestion]:
    """One for each: from when it is asked to four seconds after its moment."""
    return [
        BenchmarkQuestion(
            key,
            question['task_type'],
            video_names(record),
            question['question'],
            seconds_of(question['time_stamp']),
            seconds_of(question['ground_truth_time_stamp']) + AFTER,
        )
        for key, record, question in _each(records)
    ]


def real_questions(records: Rows) -> list[BenchmarkQuestion]:
    """One for each: what has been seen until then, and four options."""
    asked = []
    for key, record, question in _each(records):
        text = ask_for_letter(question['question'], lettered(question['options']))
        end = seconds_of(question['time_stamp'])
        asked.append(
            BenchmarkQuestion(key, question['task_type'], video_names(record), text, 0.0, end)
        )
    return asked


def lettered(options: Sequence[str]) -> list[str]:
    """Options with their letters, if they have none."""
    if options[0].startswith('A.'):
        return list(options)
    return [f'{LETTERS[n]}. {text}' for n, text in enumerate(options)]


def ask_for_letter(question: str, options: Sequence[str]) -> str:
    """What the model is asked."""
    lines = '\n'.join(options)
    return (
        f'{question}\n{lines}\nRespond with only the letter (A, B, C, or D) of the correct option.'
    )


def video_names(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Paths below the folder of videos under which a record's video may be."""
    return record['video_path'].removeprefix('./'), Path(record['video_path']).name


def proactive_rows(records: Rows, replies: Replies) -> Rows:
    """The records with a dialog history for each question that was asked."""
    filled = [{**record, 'questions': []} for record in records]
    for key, _, question in _each(records):
        if key not in replies:
            continue
        answers = replies[key]
        end = seconds_of(question['ground_truth_time_stamp']) + AFTER
        at, text = answers[0] if answers else (end, 'no')
        history = [{'role': 'assistant', 'content': text, 'time': at}]
        answered = {'answered': at if answers else False, 'dialog_history': history}
        filled[int(key.split('/')[0])]['questions'].append({**question, MODEL: answered})
    return [record for record in filled if record['questions']]


def real_rows(records: Rows, replies: Replies) -> Rows:
    """The records with an answer to each question that was asked."""
    filled = [{**record, 'questions': []} for record in records]
    for key, _, question in _each(records):
        if key in replies:
            text = last_text(replies[key]) or ''
            filled[int(key.split('/')[0])]['questions'].append({**question, MODEL: text})
    return [record for record in filled if record['questions']]


def score_proactive(results: Rows) -> Figures:
    """Share of the questions answered at the right time, and with the right words too; percent."""
    total = timely = right = 0
    for _, _, question in _each(results):
        last = question[MODEL]['dialog_history'][-1]
        total += 1
        if abs(last['time'] - seconds_of(question['ground_truth_time_stamp'])) <= TOLERANCE:
            timely += 1
            right += question['ground_truth_output'] in last['content']
    return {
        'time accuracy': 100 * timely / total if total else 0.0,
        'answer accuracy': 100 * right / total if total else 0.0,
    }


def score_real(results: Rows) -> Figures:
    """Accuracy of each task and of all questions, percent; an empty answer counts as wrong."""
    hits: dict[str, list[bool]] = {}
    for _, _, question in _each(results):
        hit = question[MODEL][:1] == question['answer']
        hits.setdefault(question['task_type'], []).append(hit)
    every = [hit for own in hits.values() for hit in own]
    figures = {task: 100 * sum(own) / len(own) for task, own in hits.items()}
    return {**figures, 'total': 100 * sum(every) / len(every) if every else 0.0}


PROACTIVE = Benchmark(
    'StreamingBench, proactive output',
    read_proactive,
    proactive_questions,
    proactive_rows,
    score_proactive,
    'answer accuracy',
    'THUNLP-MT/StreamingBench src/data/count.py at 8929923',
)
REAL = Benchmark(
    'StreamingBench, real-time visual understanding',
    read_real,
    real_questions,
    real_rows,
    score_real,
    'total',
    'THUNLP-MT/StreamingBench src/data/count.py at 8929923',
)
