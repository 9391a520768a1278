# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The options that `streamo score` and `streamo calibrate` share."""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.evaluation.recordings.card import Limits
from streamo_ros.evaluation.recordings.gather import gather
from streamo_ros.evaluation.recordings.gather import Recording
from streamo_ros.evaluation.recordings.truth import check_truths
from streamo_ros.evaluation.recordings.truth import TruthError
from streamo_ros.evaluation.recordings.truth_file import read_truth
from streamo_ros.replay.job_options import add_executor_options
from streamo_ros.replay.job_options import add_job_options
from streamo_ros.replay.job_options import choose_executor
from streamo_ros.replay.job_options import common_job
from streamo_ros.replay.summary import Summary

REPLAYS = 'replays'


def add_recording_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that `find_recordings` reads."""
    add = parser.add_argument
    add(
        'source',
        nargs='+',
        help="bag with a node's topics, events.jsonl or folder of a replay; what has not been "
        'watched yet (bag, video, image folder) is replayed',
    )
    add(
        '--truth',
        type=Path,
        action='append',
        default=[],
        metavar='FILE',
        help='what is due: YAML, JSON lines, or clips or their folder; repeatable',
    )
    add('--never', action='store_true', help='nothing happens in sources that no truth names')
    add(
        '--instruction',
        '-i',
        action='append',
        default=[],
        metavar='TEXT',
        help='what is watched for in sources in which nothing happens; repeatable',
    )
    add('--replay', action='store_true', help='replay also what has been watched already')
    add('--node', default='', help='whose topics count, where a bag has those of several nodes')
    defaults = Limits()
    add(
        '--tolerance',
        type=float,
        default=defaults.tolerance,
        metavar='S',
        help='seconds before the start and after the end of an event in which an answer is in '
        'time; default %(default)g',
    )
    add(
        '--late',
        type=float,
        default=defaults.late,
        metavar='S',
        help='seconds after the end in which an answer is late, not a false alarm; default '
        '%(default)g',
    )
    add('--output', '-o', type=Path, metavar='DIR', help='folder for all that is written')
    add('--json', action='store_true', help='print the result as JSON')
    add_job_options(parser)
    add_executor_options(parser)


def find_recordings(options: argparse.Namespace, stack: ExitStack) -> list[Recording]:
    """The recordings that the options name, with their truths; see `gather`.

    Args:
        options: of `add_recording_options`.
        stack: removes replays that nobody wants to keep.

    Raises:
        TruthError: there is neither a truth file nor --never, or a limit is negative.
    """
    if not options.truth and not options.never:
        raise TruthError('nothing is known of the recordings: add --truth FILE, or --never')
    if min(options.tolerance, options.late) < 0:
        raise TruthError('--tolerance and --late are seconds, 0 or more')
    truths = [truth for file in options.truth for truth in read_truth(file)]
    check_truths(truths)
    job = common_job(options)
    given = tuple(map(TimedInstruction, options.instruction))
    folder = options.output or Path(stack.enter_context(tempfile.TemporaryDirectory()))
    job = replace(
        job, instructions=given or job.instructions, output=folder / REPLAYS, images=False
    )

    def tell(summary: Summary) -> None:
        result = summary.failure or f'{summary.speed:,.1f} × real time'
        print(f'replayed {summary.source}: {result}', file=sys.stderr)

    return gather(
        options.source,
        truths,
        job,
        choose_executor(options),
        never=options.never,
        again=options.replay,
        node=options.node,
        report=tell,
    )
