# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo replay`: the command line of replay jobs.

Exit codes: 0 as expected, 1 different from the golden file, 2 bad input, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import nullcontext
from dataclasses import asdict
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from streamo_ros.core.errors import ExitCode
from streamo_ros.core.errors import StreamoError
from streamo_ros.core.sink import Sink
from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.program import CommandParser
from streamo_ros.replay.executor import events_version
from streamo_ros.replay.executor import merge
from streamo_ros.replay.executor import run_batch
from streamo_ros.replay.executor import split
from streamo_ros.replay.golden import TOLERANCE
from streamo_ros.replay.job import JobError
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.job import run_job
from streamo_ros.replay.job_options import add_executor_options
from streamo_ros.replay.job_options import add_job_options
from streamo_ros.replay.job_options import choose_executor
from streamo_ros.replay.job_options import common_job
from streamo_ros.replay.progress import Interruption
from streamo_ros.replay.progress import Progress
from streamo_ros.replay.summary import describe
from streamo_ros.replay.summary import summarize
from streamo_ros.replay.summary import Summary
from streamo_ros.report.report_sink import REPORT
from streamo_ros.sources.base import Source


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: arguments behind the verb; None takes those of the process.

    Returns:
        The exit code.
    """
    arguments = parser().parse_args(argv)
    job = _job(arguments)
    if len(arguments.source) > 1 or arguments.ray:
        summaries = _many(job, arguments)
    else:
        with _rerun_file(arguments) as sink:
            summaries = [_one(job, arguments.json, sink)]
    _tell(summaries, arguments.json)
    codes = {summary.exit_code for summary in summaries}
    worst = (ExitCode.BAD_INPUT, ExitCode.INTERRUPTED, ExitCode.FAILED)
    return next((code for code in worst if code in codes), ExitCode.OK)


def parser() -> argparse.ArgumentParser:
    """The arguments of `streamo replay`."""
    parser = CommandParser(
        prog='streamo replay',
        description='Watch a recording as the node would watch the camera.',
        epilog='Exit codes: 0 as expected, 1 different from the golden file, 2 bad input or no '
        'decision, 130 Ctrl-C.',
    )
    add = parser.add_argument
    add('source', nargs='+', help='bag (folder, .mcap, .db3), video, image folder, /dev/videoN')
    add(
        '--instruction',
        '-i',
        action='append',
        default=[],
        metavar='TEXT[@SECONDS]',
        help='what to watch for, from that second on; repeatable',
    )
    add(
        '--output',
        '-o',
        type=Path,
        metavar='DIR',
        help='write events.jsonl, replay.mcap and report.html there',
    )
    add(
        '--memory',
        type=Path,
        metavar='DIR',
        help='remember what is seen and said there, for `streamo ask DIR "..."`',
    )
    add(
        '--rerun',
        type=Path,
        metavar='FILE.rrd',
        help='write frames, boxes, states and answers for the Rerun viewer; needs rerun-sdk',
    )
    add_job_options(parser)
    add(
        '--golden',
        type=Path,
        metavar='FILE',
        help='compare with this file; for several sources, a folder of them',
    )
    add('--update-golden', action='store_true', help='write the golden file instead')
    add(
        '--tolerance',
        type=float,
        default=TOLERANCE,
        metavar='P',
        help='how far probabilities may differ; default %(default)s',
    )
    add(
        '--no-images',
        action='store_true',
        help='leave the frames out of replay.mcap and of --rerun',
    )
    add_executor_options(parser)
    add('--json', action='store_true', help='print the result as JSON')
    return parser


def _job(arguments: argparse.Namespace) -> ReplayJob:
    if arguments.rerun is not None and (len(arguments.source) > 1 or arguments.ray):
        raise JobError('--rerun writes one recording: give one source, and leave out --ray')
    if arguments.update_golden and not arguments.golden:
        raise JobError('--update-golden needs a file: add --golden FILE')
    job = common_job(arguments)
    instructions = tuple(TimedInstruction.parse(text) for text in arguments.instruction)
    return replace(
        job,
        source=arguments.source[0],
        instructions=instructions or job.instructions,
        output=arguments.output,
        golden=arguments.golden,
        update=arguments.update_golden,
        tolerance=arguments.tolerance,
        images=not arguments.no_images,
        memory=arguments.memory,
    )


def _rerun_file(arguments: argparse.Namespace) -> AbstractContextManager[Sink | None]:
    if arguments.rerun is None:
        return nullcontext()
    # By name: rerun is loaded for this option alone, and before the model, so that its absence is
    # told at once.
    module = importlib.import_module('streamo_ros.report.rerun_file')
    file: AbstractContextManager[Sink] = module.rerun_file(
        arguments.rerun, images=not arguments.no_images
    )
    return file


def _one(job: ReplayJob, quiet: bool, sink: Sink | None = None) -> Summary:
    console = Console(stderr=True)
    given = [sink] if sink is not None else []

    def more_sinks(source: Source) -> list[Sink]:
        if quiet or not console.is_terminal:
            return given
        return [*given, Progress(Path(source.name).name, source.duration, console)]

    before = events_version(job)
    with Interruption() as stop:
        try:
            return summarize(run_job(job, stop, more_sinks))
        except StreamoError:
            if events_version(job) != before:
                print(f'what was decided until then is in {job.output}', file=sys.stderr)
            raise


def _many(job: ReplayJob, arguments: argparse.Namespace) -> list[Summary]:
    jobs = split(job, arguments.source)
    done: list[Summary] = []

    def report(summary: Summary) -> None:
        done.append(summary)
        if not arguments.json:
            result = summary.failure or f'{summary.speed:,.1f} × real time'
            print(f'{len(done)} of {len(jobs)}: {summary.source}: {result}', file=sys.stderr)

    summaries = run_batch(jobs, choose_executor(arguments), report)
    if job.output is not None:
        merge(jobs, summaries, job.output / REPORT)
    return summaries


def _tell(summaries: Sequence[Summary], as_json: bool) -> None:
    if as_json:
        plain = [asdict(summary) for summary in summaries]
        print(json.dumps(plain[0] if len(plain) == 1 else plain, ensure_ascii=False, indent=2))
        return
    for summary in summaries:
        print(describe(summary))
