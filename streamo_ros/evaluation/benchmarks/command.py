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
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from streamo_ros.evaluation.benchmarks.benchmark import Benchmark
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkError
from streamo_ros.evaluation.benchmarks.benchmark import Figures
from streamo_ros.evaluation.benchmarks.benchmark import Graders
from streamo_ros.evaluation.benchmarks.benchmark import read_json
from streamo_ros.evaluation.benchmarks.benchmark import Rows
from streamo_ros.evaluation.benchmarks.judge import Judge
from streamo_ros.evaluation.benchmarks.runner import ask
from streamo_ros.evaluation.benchmarks.runner import find_videos
from streamo_ros.evaluation.benchmarks.table import BENCHMARKS
from streamo_ros.evaluation.workers import EvalConfig
from streamo_ros.evaluation.workers import Processes
from streamo_ros.files import write_text
from streamo_ros.program import CommandParser
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
    names = '\n'.join(f'  {name:<26}{benchmark.title}' for name, benchmark in BENCHMARKS.items())
    parser = CommandParser(
        prog='streamo benchmark',
        description=f'{__doc__}\nbenchmarks:\n{names}',
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
    add('--dialect', default='auto', metavar='NAME', help='what it speaks; default: as it shows')
    add('--rate', type=Fraction, default=Fraction(1), help='frames per second; default 1')
    add('--max-frames', type=int, default=0, help="frames of the window; default the checkpoint's")
    add('--task', action='append', default=[], help='only this task (repeatable)')
    add('--limit', type=int, default=0, metavar='N', help='at most N questions, evenly spread')
    add('--device', default='auto')
    add('--workers', type=int, default=1, metavar='N', help='processes, each with its own model')
    add('--ray', metavar='ADDRESS', default='', help='ask as tasks of this Ray cluster, as replay')
    _add_graders(parser.add_argument_group('what judges texts'))
    add('--output', '-o', type=Path, metavar='DIR', help='replies, rows, figures and a table')
    add('--json', action='store_true', help='print the figures as JSON')
    return parser


def _add_graders(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add('--judge', metavar='URL', default='', help='OpenAI-compatible server that compares texts')
    add('--judge-name', metavar='NAME', default='', help='the model there; default its first')
    add('--encoder', type=Path, metavar='DIR', help='sentence encoder, for similarities')
    add('--window', type=float, metavar='S', help='seconds within which an answer counts (sw-f1)')


def _graders(options: argparse.Namespace) -> Graders:
    """What the options name.

    Raises:
        BackboneError: a server or an encoder cannot be used.
    """
    if options.window is not None and not options.window >= 0:
        raise BenchmarkError('--window must be 0 or more seconds')
    encoder = None
    if options.encoder:
        # Imported here: it loads torch.
        from streamo_ros.backbone.sentence_encoder import load_sentence_encoder

        encoder = load_sentence_encoder(options.encoder)
    judge = Judge(options.judge, options.judge_name) if options.judge else None
    return Graders(judge, encoder, options.window)


def _scored(benchmark: Benchmark, options: argparse.Namespace) -> dict[str, Any]:
    """The figures of result files."""
    rows: Rows = []
    for path in options.rows:
        rows += _rows_of(path)
    graders = _graders(options)
    figures = _score(benchmark, _graded(benchmark, rows, graders))
    return {
        'figures': figures,
        'rows': [str(path) for path in options.rows],
        **_judge_name(graders),
    }


def _rows_of(path: Path) -> Rows:
    """The rows of a file: a list, or an object of lists (OVO-Bench's groups)."""
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return read_json(path, path.name, ())
    if isinstance(content, dict) and all(isinstance(part, list) for part in content.values()):
        return [row for part in content.values() for row in part]
    return read_json(path, path.name, ())


def _judge_name(graders: Graders) -> dict[str, str]:
    return {'judge': graders.judge.name} if graders.judge else {}


def _graded(benchmark: Benchmark, rows: Rows, graders: Graders) -> Rows:
    """The rows with what graders say of them, where the benchmark asks any."""
    if benchmark.grade is None:
        return rows
    with _layout_of(benchmark):
        return benchmark.grade(rows, graders)


def _score(benchmark: Benchmark, rows: Rows) -> Figures:
    with _layout_of(benchmark):
        return benchmark.score(rows)


@contextmanager
def _layout_of(benchmark: Benchmark) -> Iterator[None]:
    """Within it, a row that lacks something is said to be of another layout."""
    try:
        yield
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
    if options.ray and options.workers > 1:
        raise BenchmarkError('--workers is for this machine: leave it out with --ray')
    records = benchmark.read(options.data)
    questions = benchmark.questions(records)
    wanted = [
        question for question in questions if not options.task or question.task in options.task
    ]
    if not wanted:
        tasks = ', '.join(sorted({question.task for question in questions}))
        raise BenchmarkError(f'there is no task {", ".join(options.task)}: choose among {tasks}')
    if 0 < options.limit < len(wanted):
        wanted = [wanted[n * len(wanted) // options.limit] for n in range(options.limit)]
    available, missing = find_videos(wanted, options.videos)
    if not available:
        raise BenchmarkError(f'{options.videos} has none of the videos, such as {missing[0]}')
    # Found wrong before hours of work.
    graders = _graders(options)
    config = EvalConfig(options.model, options.device, options.max_frames, dialect=options.dialect)
    file = options.output / REPLIES
    where = Processes(options.workers, options.ray)
    replies = ask(available, config, options.rate, file, where, _progress)
    # A folder may hold the replies to more than was asked for this time.
    own = {question.key: replies[question.key] for question, _ in available}
    rows = _graded(benchmark, benchmark.rows(records, own), graders)
    write_text(options.output / ROWS, json.dumps(rows, ensure_ascii=False, indent=1) + '\n')
    return {
        'figures': _score(benchmark, rows),
        'model': str(options.model),
        'rate': float(options.rate),
        'questions': len(questions),
        'scored': len(available),
        'missing_videos': missing,
        **_judge_name(graders),
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
    if 'judge' in result:
        lines.append(f'Judge: {result["judge"]}.')
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
