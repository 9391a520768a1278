# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo demo`: the node on a real graph, from the first process to the exit code.

Starts the node, then a camera or a player; sets instructions by service calls while frames flow;
shows and records what the node publishes, writes the report and judges.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from streamo_ros.core.errors import ExitCode
from streamo_ros.demo.processes import answer_signals
from streamo_ros.demo.processes import isolate
from streamo_ros.demo.run import Demo
from streamo_ros.demo.run import MEMORY
from streamo_ros.demo.verdict import DemoVerdict
from streamo_ros.program import CommandParser
from streamo_ros.report.marks import describe_marks
from streamo_ros.share import camera_model
from streamo_ros.share import EMBEDDED
from streamo_ros.share import OBJECTS
from streamo_ros.share import share_path
from streamo_ros.share import TINY

WORLD_SEED = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo.

    Returns:
        OK when every sampled frame was decided, and the drawn world's own instructions were
        answered at least once; FAILED when not. BAD_INPUT when nothing at all was decided, or a
        source or process failed on the way. INTERRUPTED after Ctrl-C.

    Raises:
        StreamoError: it could not run.
    """
    options = _options(argv)
    answer_signals()
    output = Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    os.environ.update(isolate(os.environ, share_path('config', 'fastdds.xml')))
    console = Console()
    demo = Demo(options, output, console)
    return _report(demo.run(), demo, console)


def _report(verdict: DemoVerdict, demo: Demo, console: Console) -> int:
    """Say what came of it; returns the exit code."""
    decided = (
        f'{verdict.frames} of {verdict.expected} sampled frames decided '
        f'({describe_marks(verdict.states)})'
    )
    lines = [
        f'{decided}, {verdict.responses} answers',
        f'recording: {demo.output / "demo.mcap"}',
        f'report:    {demo.output / "report.html"}',
        f'memory:    streamo ask {demo.output / MEMORY} "What happened?"',
        *(f'note: {remark}' for remark in _remarks(verdict, demo)),
    ]
    code, problems = _judgment(verdict, demo)
    for line in [*lines, *problems]:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    return code


def _judgment(verdict: DemoVerdict, demo: Demo) -> tuple[ExitCode, list[str]]:
    if demo.stopped:
        return ExitCode.INTERRUPTED, []
    if demo.failure is not None:
        return demo.failure.exit_code, [f'FAILED: {demo.failure}']
    if verdict.undecided:
        reason = demo.complaint()
        why = f' ({reason})' if reason else ''
        return ExitCode.BAD_INPUT, [f'FAILED: {verdict.undecided}{why}']
    faults = list(verdict.faults)
    if not verdict.responses and _is_own(demo):
        faults.append('no instruction was answered')
    return ExitCode.FAILED if faults else ExitCode.OK, [f'FAILED: {fault}' for fault in faults]


def _remarks(verdict: DemoVerdict, demo: Demo) -> Iterator[str]:
    """What is no failure, but should be known."""
    if demo.remark:
        yield demo.remark
    if not verdict.undecided and (unasked := demo.unasked()):
        yield unasked
    if not demo.options.source:
        yield _next_step()
    if verdict.responses or verdict.undecided or demo.stopped or demo.failure or _is_own(demo):
        return
    model = demo.timeline.head.model.get('model', '')
    knows = (
        f': {model} has only ever seen a drawn tabletop; give --model another checkpoint'
        if model == EMBEDDED[TINY]
        else ''
    )
    yield f'no instruction was answered{knows}'


def _is_own(demo: Demo) -> bool:
    """Whether something must be answered: in the drawn world, asked about what happens there."""
    return not (demo.options.source or demo.options.instruction)


def _next_step() -> str:
    """What to try after the drawn world."""
    name, _ = camera_model()
    install = '' if name == OBJECTS else 'streamo model install objects && '
    command = 'make demo SOURCE=/dev/video0 INSTRUCTION="tell me when a person appears"'
    return f'next, your own camera or video: {install}{command}'


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for; a source may come with its option or without."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.video and options.source:
        parser.error(f'two sources, {options.source} and {options.video}: give one')
    options.source = options.source or options.video
    return options


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog='streamo demo', description='A camera, the node and its answers, on a real ROS graph.'
    )
    add = parser.add_argument
    add(
        'video',
        nargs='?',
        default='',
        metavar='SOURCE',
        help='video, bag, folder or /dev/videoN; default: a drawn world',
    )
    add('--source', default='', help='the same')
    add('--topic', default='', help='image topic of a bag; default: the only one')
    add(
        '--instruction',
        '-i',
        action='append',
        default=[],
        metavar='TEXT',
        help='what to watch for; repeatable',
    )
    add(
        '--seconds', type=float, default=50.0, help='how long; default %(default)s, 0 = the source'
    )
    add('--seed', type=int, default=WORLD_SEED, help='of the drawn world')
    add('--model', default='', help='folder of a checkpoint; default: the embedded model')
    add('--params-file', default='', help='parameters of the node')
    add('--no-live', dest='live', action='store_false', help='without the page in a browser')
    add('--output', '-o', default='out/demo', help='folder; default %(default)s')
    add('--patience', type=float, default=180.0, help='seconds to wait for the node')
    add('--linger', type=float, default=2.0, help='seconds without a message that end it')
    return parser
