# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""OVO-Bench: questions about the past and the present, and polls about what is to come.

Rule: JoeLeelyf/OVO-Bench, utils/OVOBenchScore.py; the prompts are those of its constant.py.
The total is the mean of three groups, each the mean of its tasks.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from streamo_ros.documents import load_yaml
from streamo_ros.evaluation.benchmarks.benchmark import Benchmark
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkError
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkQuestion
from streamo_ros.evaluation.benchmarks.benchmark import Figures
from streamo_ros.evaluation.benchmarks.benchmark import last_text
from streamo_ros.evaluation.benchmarks.benchmark import percent
from streamo_ros.evaluation.benchmarks.benchmark import read_json
from streamo_ros.evaluation.benchmarks.benchmark import Replies
from streamo_ros.evaluation.benchmarks.benchmark import Rows
from streamo_ros.share import share_path

GROUPS = {
    'backward': ('EPM', 'ASI', 'HLD'),
    'realtime': ('OCR', 'ACR', 'ATR', 'STU', 'FPD', 'OJR'),
    'forward': ('REC', 'SSR', 'CRR'),
}
FILE = 'ovo_bench_new.json'
PROMPTS = ('config', 'evaluate', 'ovo_bench.yaml')
"""The prompts, byte for byte as they were published."""


def read(path: Path) -> Rows:
    """The records of the benchmark.

    Raises:
        BenchmarkError: it is another file.
    """
    records = read_json(path, FILE, ('id', 'task', 'video'))
    for number, record in enumerate(records, 1):
        if group_of(record['task']) is None:
            raise BenchmarkError(f'{path}, record {number}: {record["task"]!r} is no task of it')
    return records


def group_of(task: str) -> str | None:
    """The group of a task."""
    return next((name for name, tasks in GROUPS.items() if task in tasks), None)


def questions(records: Rows) -> list[BenchmarkQuestion]:
    """One for each choice, and one for each poll, each about a clip of its own."""
    prompts = load_yaml(share_path(*PROMPTS).read_text(encoding='utf-8'))
    asked = []
    for record in records:
        task, key = record['task'], str(record['id'])
        if group_of(task) != 'forward':
            text = prompts['choice'].format(record['question'], _options(record['options']))
            asked.append(BenchmarkQuestion(key, task, _clips(key), text))
            continue
        for number, poll in enumerate(record['test_info']):
            text = prompts[task].format(_polled(record, poll))
            name = f'{key}_{number}'
            asked.append(BenchmarkQuestion(name, task, _clips(name), text))
    return asked


def _options(options: list[str]) -> str:
    return '; '.join(f'{chr(65 + place)}. {text}' for place, text in enumerate(options)) + ';'


def _polled(record: dict[str, Any], poll: dict[str, Any]) -> str:
    if record['task'] == 'REC':
        return f'How many times did they {record["activity"]}?'
    return str(poll['step'] if record['task'] == 'SSR' else record['question'])


def _clips(name: str) -> tuple[str, ...]:
    return f'{name}.mp4', f'chunked_videos/{name}.mp4'


def rows(records: Rows, replies: Replies) -> Rows:
    """Results in the layout of the official result files, all groups in one list."""
    results = []
    for record in records:
        key = str(record['id'])
        if group_of(record['task']) != 'forward':
            if key in replies:
                results.append(
                    {
                        'id': record['id'],
                        'video': record['video'],
                        'task': record['task'],
                        'question': record['question'],
                        'response': last_text(replies[key]),
                        'ground_truth': chr(65 + record['gt']),
                    }
                )
            continue
        polls = [
            {**poll, 'response': last_text(replies[f'{key}_{number}'])}
            for number, poll in enumerate(record['test_info'])
            if f'{key}_{number}' in replies
        ]
        if polls:
            results.append({**record, 'test_info': polls})
    return results


def score(results: Rows) -> Figures:
    """Accuracy of each task, each group, and in all, percent."""
    hits: dict[str, list[float]] = {}
    for row in results:
        hits.setdefault(row['task'], []).extend(_hits(row))
    figures: Figures = {}
    means = []
    for group, tasks in GROUPS.items():
        own = [percent(hits[task]) for task in tasks if task in hits]
        figures |= {task: percent(hits[task]) for task in tasks if task in hits}
        if own:
            means.append(sum(own) / len(own))
            figures[group] = means[-1]
    # The official program needs all three groups; a part of them has no total.
    if len(means) == len(GROUPS):
        figures['total'] = sum(means) / len(means)
    return figures


def _hits(row: dict[str, Any]) -> list[float]:
    if 'test_info' not in row:
        # A letter anywhere in the text: that is the official rule.
        response = row['response']
        return [float(response is not None and row['ground_truth'] in response)]
    return [float(_poll_hit(row['task'], poll)) for poll in row['test_info']]


def _poll_hit(task: str, poll: dict[str, Any]) -> bool:
    response = poll['response']
    if response is None:
        return False
    if task == 'REC':
        return ''.join(re.findall(r'\d+', response)) == str(poll['count'])
    wanted = 'Yes' if poll['type'] else 'No'
    return response == wanted[0] or wanted in response


BENCHMARK = Benchmark(
    'OVO-Bench',
    read,
    questions,
    rows,
    score,
    'total',
    'JoeLeelyf/OVO-Bench utils/OVOBenchScore.py at c34093f',
)
