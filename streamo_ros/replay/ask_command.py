# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo ask`: questions to a store, or to a recording, which is watched first.

A recording is watched once: its store stays in the current folder for the next question.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.memory import command
from streamo_ros.memory.ask import AskError
from streamo_ros.memory.schema import DATABASE
from streamo_ros.replay.job import run_job
from streamo_ros.replay.job_options import add_job_options
from streamo_ros.replay.job_options import common_job
from streamo_ros.replay.progress import Interruption

WATCHED = 'Tell me when a person comes in.'
"""Without an instruction nothing is looked at; a detector's other kinds are recorded all the same.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: arguments behind the verb; None takes those of the process.

    Returns:
        The exit code.
    """
    arguments = parser().parse_intermixed_args(argv)
    command.check(arguments)
    source = arguments.store.expanduser()
    if source.exists() and not (source / DATABASE).exists():
        arguments.store = _watched(arguments, source)
    elif arguments.instruction:
        raise AskError('--instruction is for a recording: a store was watched already')
    return command.run(arguments)


def parser() -> argparse.ArgumentParser:
    """The arguments of `streamo ask`."""
    parser = command.parser()
    group = parser.add_argument_group('for a recording')
    group.add_argument(
        '--instruction',
        '-i',
        action='append',
        default=[],
        metavar='TEXT[@SECONDS]',
        help=f'what to watch for; repeatable; default: {WATCHED!r}',
    )
    add_job_options(group)
    parser.set_defaults(workers=1)
    return parser


def _watched(arguments: argparse.Namespace, source: Path) -> Path:
    """The store of a recording; made where there is none yet."""
    if arguments.erase or arguments.export:
        raise AskError(f'{source} is no store: there is nothing of it to export or to erase')
    store = Path(f'{source.resolve().name}.memory')
    if (store / DATABASE).exists():
        if arguments.instruction:
            raise AskError(
                f'{source} was watched already, for other things: delete {store} to watch it '
                'again with --instruction'
            )
        _say(f'{source} was watched already: {store} answers; delete it to watch again')
        return store
    job = common_job(arguments)
    texts = tuple(map(TimedInstruction.parse, arguments.instruction)) or job.instructions
    if not texts:
        texts = (TimedInstruction(WATCHED),)
    wanted = ', '.join(repr(instruction.text) for instruction in texts)
    _say(f'{source} is watched first, for {wanted}')
    # Under another name until it is whole: half of a recording would answer as if it were all.
    part = store.with_name(f'{store.name}.part')
    shutil.rmtree(part, ignore_errors=True)
    try:
        with Interruption() as stop:
            outcome = run_job(
                replace(job, source=str(source), instructions=texts, memory=part), stop
            )
        if outcome.totals.stopped:
            raise KeyboardInterrupt
        part.rename(store)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    for remark in filter(None, [job.remark, outcome.undecided, *outcome.remarks]):
        _say(remark)
    _say(f'{store} is its memory, for further questions')
    return store


def _say(sentence: str) -> None:
    print(f'note: {sentence}', file=sys.stderr)
