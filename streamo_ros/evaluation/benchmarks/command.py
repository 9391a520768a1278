# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A published benchmark by its own rule, through the engine of the node.

Data and videos are the benchmark's own; get them from its authors.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from streamo_ros.evaluation.benchmarks.benchmark import Benchmark
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkError
from streamo_ros.evaluation.benchmarks.benchmark import Figures
from streamo_ros.evaluation.benchmarks.benchmark import read_json
from streamo_ros.evaluation.benchmarks.benchmark import Rows
from streamo_ros.evaluation.benchmarks.runner import ask
from streamo_ros.evaluation.benchmarks.runner import find_videos
from streamo_ros.evaluation.benchmarks.table import BENCHMARKS
from streamo_ros.evaluation.workers import EvalConfig
from streamo_ros.files import write_text
from streamo_ros.program import run_program

REPLIES, ROWS, FIGURES, TABLE = 'replies.jsonl', 'rows.json', 'figures.json', 'table.md'
LISTED = 10
"""Missing videos that are named."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `streamo benchmark`."""
    options = parser().parse_args(argv)
    benchmark = BENCHMARKS[options.name]
    result = _scored(benchmark, options) if options.rows else _run(benchmark, options)
    if options.output:
        write_text(options.output / FIGURES, json.dumps(result, indent=2) + '\n')
        write_text(options.output / TABLE, markdown(benchmark, result))
    print(json.dumps(result) if options.json else markdown(benchmark, result), end='\n')
    return 0


def parser() -> argparse.ArgumentParser:
    """The arguments of `streamo benchmark`."""
    names = '\n'.join(f'  {name:<26}{one.title}' for name, one in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog='streamo benchmark',
        description=f'{__doc__}\nbenchmarks:\n{names}',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('name', choices=tuple(BENCHMARKS), metavar='NAME', help='one of those above')
    add('--data', type=Path, metavar='DIR', help="the benchmark's folder, or its questions")
    add('--videos', type=Path, metavar='DIR', help='folder of its videos')
    add('--model', type=Path, metavar='PATH', help='checkpoint, or a .yaml script')
    add(
        '--rows',
        type=Path,
        nargs='+',
        metavar='FILE',
        help='score result files in the official layout instead of running a model',
    )
    add('--rate', type=Fraction, default=Fraction(1), help='frames per second; default 1')
    add('--max-frames', type=int, default=0, help="frames of the window; default the checkpoint's")
    add('--task', action='append', default=[], help='only this task (repeatable)')
    add('--limit', type=int, default=0, metavar='N', help='at most N questions, evenly spread')
    add('--device', default='auto')
    add('--workers', type=int, default=1, metavar='N', help='processes, each with its own model')
    add('--output', '-o', type=Path, metavar='DIR', help='replies, rows, figures and a table')
    add('--json', action='store_true', help='print the figures as JSON')
    return parser


def _scored(benchmark: Benchmark, options: argparse.Namespace) -> dict[str, Any]:
    """The figures of result files."""
    rows: Rows = []
    for path in options.rows:
        rows += _rows_of(path)
    return {'figures': _score(benchmark, rows), 'rows': [str(path) for path in options.rows]}


def _rows_of(path: Path) -> Rows:
    """The rows of a file: a list, or an object of lists (OVO-Bench's groups)."""
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return read_json(path, path.name, ())
    if isinstance(content, dict) and all(isinstance(part, list) for part in content.values()):
        return [row for part in content.values() for row in part]
    return read_json(path, path.name, ())


def _score(benchmark: Benchmark, rows: Rows) -> Figures:
    try:
        return benchmark.score(rows)
    except (KeyError, TypeError, IndexError) as error:
        raise BenchmarkError(
            f'the results are not those of {benchmark.title} ({error!r}): give files in its layout'
        ) from error


def _run(benchmark: Benchmark, options: argparse.Namespace) -> dict[str, Any]:
    """Ask the model, and score what it says."""
    if not (options.data and options.videos and options.model and options.output):
        raise BenchmarkError('give --data, --videos, --model and --output, or --rows FILE')
    if options.rate <= 0 or options.workers < 1 or options.limit < 0:
        raise BenchmarkError('--rate must be above 0, --workers at least 1, --limit 0 or more')
    records = benchmark.read(options.data)
    questions = benchmark.questions(records)
    wanted = [one for one in questions if not options.task or one.task in options.task]
    if not wanted:
        tasks = ', '.join(sorted({one.task for one in questions}))
        raise BenchmarkError(f'there is no task {", ".join(options.task)}: choose among {tasks}')
    if 0 < options.limit < len(wanted):
        wanted = [wanted[n * len(wanted) // options.limit] for n in range(options.limit)]
    found, missing = find_videos(wanted, options.videos)
    if not found:
        raise BenchmarkError(f'{options.videos} has none of the videos, such as {missing[0]}')
    config = EvalConfig(options.model, options.device, options.max_frames)
    file = options.output / REPLIES
    replies = ask(found, config, options.rate, file, options.workers, _progress)
    # A folder may hold the replies to more than was asked for this time.
    own = {question.key: replies[question.key] for question, _ in found}
    rows = benchmark.rows(records, own)
    write_text(options.output / ROWS, json.dumps(rows, ensure_ascii=False, indent=1) + '\n')
    return {
        'figures': _score(benchmark, rows),
        'model': str(options.model),
        'rate': float(options.rate),
        'questions': len(questions),
        'scored': len(found),
        'missing_videos': missing,
    }


def _progress(steps: Iterable[Any], count: int) -> Iterable[Any]:
    console = Console(stderr=True)
    return track(steps, 'asking', count, console=console, disable=not console.is_terminal)


def markdown(benchmark: Benchmark, result: dict[str, Any]) -> str:
    """The figures as a table, with what they are about."""
    lines = [f'# {benchmark.title}', '', '| | value |', '|---|---|']
    for name, value in result['figures'].items():
        bold = '**' if name == benchmark.headline else ''
        digits = 2 if abs(value) > 1 else 4
        lines.append(f'| {bold}{name}{bold} | {bold}{value:.{digits}f}{bold} |')
    lines += ['', f'Rule: {benchmark.rule}.']
    if 'questions' in result:
        scored, every = result['scored'], result['questions']
        lines.append(f'{scored} of {every} questions scored ({scored / every:.1%}).')
        missing = result['missing_videos']
        if missing:
            some = ', '.join(missing[:LISTED]) + (' …' if len(missing) > LISTED else '')
            lines.append(f'{len(missing)} videos are missing: {some}')
    return '\n'.join(lines) + '\n'


if __name__ == '__main__':
    sys.exit(run_program('streamo benchmark', main))
