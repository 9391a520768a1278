# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""StreamingBench, sequential questions: each may be about the ones before it.

Rule: THUNLP-MT/StreamingBench, src/benchmark/StreamingBenchSQA.py and src/data/count.py. A
question is shown with those before it in its sequence and their true answers, whatever the model
said; in fewer words than there, so that all are as short as an instruction must be. The first
letter counts, and a question without an answer is left out; how many were counted is told beside.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import cast

from streamo_ros.core.instruction_text import MAX_INSTRUCTION_CHARACTERS
from streamo_ros.evaluation.benchmarks.benchmark import Benchmark
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkError
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkQuestion
from streamo_ros.evaluation.benchmarks.benchmark import Figures
from streamo_ros.evaluation.benchmarks.benchmark import last_text
from streamo_ros.evaluation.benchmarks.benchmark import percent
from streamo_ros.evaluation.benchmarks.benchmark import read_list
from streamo_ros.evaluation.benchmarks.benchmark import Replies
from streamo_ros.evaluation.benchmarks.benchmark import Rows
from streamo_ros.evaluation.benchmarks.benchmark import seconds_of
from streamo_ros.evaluation.benchmarks.streaming_bench import ask_for_letter
from streamo_ros.evaluation.benchmarks.streaming_bench import lettered
from streamo_ros.evaluation.benchmarks.streaming_bench import MODEL
from streamo_ros.evaluation.benchmarks.streaming_bench import video_names

FILE = 'questions_sqa.json'
_BEFORE = 'This was asked and answered about the video before: '
_NOW = "\n\nHere is the question. Answer it and don't confuse it with those before.\n"


def read(path: Path) -> Rows:
    """The sequences: lists of records, each with questions and a video.

    Raises:
        BenchmarkError: see `read_list`; or a sequence is no list of such records.
    """
    sequences = read_list(path, FILE)
    for number, sequence in enumerate(sequences, 1):
        sound = isinstance(sequence, list) and all(
            isinstance(record, dict) and {'questions', 'video_path'} <= record.keys()
            for record in sequence
        )
        if not sound:
            raise BenchmarkError(
                f"{path}, sequence {number} is no list of records with 'questions' and "
                f"'video_path', so this is another benchmark or part: give {FILE} with --data"
            )
    return sequences


def _each(sequences: Rows) -> Iterator[tuple[tuple[int, int, int], Mapping[str, Any], Any]]:
    """(place, record, question) of every question."""
    for first, sequence in enumerate(cast('list[Rows]', sequences)):
        for second, record in enumerate(sequence):
            for third, question in enumerate(record['questions']):
                yield (first, second, third), record, question


def _key(place: tuple[int, int, int]) -> str:
    return '/'.join(map(str, place))


def questions(sequences: Rows) -> list[BenchmarkQuestion]:
    """One for each: what has been seen until then, with what was asked before.

    Raises:
        BenchmarkError: one is longer than an instruction may be.
    """
    asked = []
    context, at = '', -1
    for place, record, question in _each(sequences):
        if place[0] != at:
            context, at = '', place[0]
        options = lettered(question['options'])
        text = ask_for_letter(question['question'], options)
        if context:
            text = context.strip() + _NOW + text
        if len(text) > MAX_INSTRUCTION_CHARACTERS:
            raise BenchmarkError(
                f'question {_key(place)} has {len(text)} characters together with those before '
                f'it, and an instruction at most {MAX_INSTRUCTION_CHARACTERS}: shorten them'
            )
        end = seconds_of(question['time_stamp'])
        videos = video_names(record)
        asked.append(BenchmarkQuestion(_key(place), question['task_type'], videos, text, 0.0, end))
        context = (context or _BEFORE) + (
            f'At {question["time_stamp"]}: Question: {question["question"]}; '
            f'Options: {", ".join(options)}; Answer: {question["answer"]}; '
        )
    return asked


def rows(sequences: Rows, replies: Replies) -> Rows:
    """The sequences with an answer to each question that was asked."""
    filled = [
        [{**record, 'questions': []} for record in sequence]
        for sequence in cast('list[Rows]', sequences)
    ]
    for place, _, question in _each(sequences):
        if _key(place) in replies:
            text = last_text(replies[_key(place)]) or ''
            filled[place[0]][place[1]]['questions'].append({**question, MODEL: text})
    return cast('Rows', filled)


def score(results: Rows) -> Figures:
    """Accuracy of each task and of all that was answered, percent, and how many were."""
    hits: dict[str, list[bool]] = {}
    for _, _, question in _each(results):
        answer = question.get(MODEL)
        if answer:
            own = hits.setdefault(question['task_type'], [])
            own.append(answer[0] == question['answer'])
    every = [hit for own in hits.values() for hit in own]
    return {
        **{task: percent(own) for task, own in hits.items()},
        'total': percent(every),
        'answered': float(len(every)),
    }


BENCHMARK = Benchmark(
    'StreamingBench, sequential question answering',
    read,
    questions,
    rows,
    score,
    'total',
    'THUNLP-MT/StreamingBench src/data/count.py at 8929923',
)
