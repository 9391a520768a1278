# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A report card of your own recordings against your own truth.

Exit codes: 0 the limits are kept, 1 one is broken, 2 bad input.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from streamo_ros.core.errors import ExitCode
from streamo_ros.evaluation.recordings.card import Limits
from streamo_ros.evaluation.recordings.card_page import write_card_page
from streamo_ros.evaluation.recordings.gate import Gate
from streamo_ros.evaluation.recordings.options import add_recording_options
from streamo_ros.evaluation.recordings.options import find_recordings
from streamo_ros.evaluation.recordings.scored import report
from streamo_ros.evaluation.recordings.scored import Scored
from streamo_ros.files import write_text
from streamo_ros.program import CommandParser
from streamo_ros.program import run_program

PAGE, FIGURES = 'score.html', 'score.json'


def main(argv: Sequence[str] | None = None) -> int:
    """Run `streamo score`."""
    options = parser().parse_args(argv)
    gate = Gate(options.min_caught, options.max_false_alarms, options.max_duplicates)
    limits = Limits(options.tolerance, options.late)
    with ExitStack() as stack:
        scored = [Scored.of(recording, limits) for recording in find_recordings(options, stack)]
        result = report(scored, gate)
        if options.output:
            write_text(options.output / FIGURES, json.dumps(result, indent=2) + '\n')
            write_card_page(options.output / PAGE, scored, result, options.topic)
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        _print(result, options.output)
    return ExitCode.FAILED if result['broken'] else ExitCode.OK


def parser() -> argparse.ArgumentParser:
    """The arguments of `streamo score`."""
    parser = CommandParser(
        prog='streamo score',
        description=__doc__,
    )
    add_recording_options(parser)
    gates = parser.add_argument_group('limits (exit code 1 where one is broken)').add_argument
    gates('--min-caught', type=float, metavar='SHARE', help='least share of events caught')
    gates('--max-false-alarms', type=float, metavar='N', help='most false alarms an hour')
    gates('--max-duplicates', type=int, metavar='N', help='most further answers to an event')
    return parser


def _print(result: dict[str, Any], output: Path | None) -> None:
    for recording in result['recordings']:
        print(f'{Path(recording["name"]).name}, watched by {result["model"]}')
        quiet = 0
        for row in recording['instructions']:
            if row['events'] or row['false_alarms']:
                print(f'  {row["instruction"]}\n    {_words(row)}')
            else:
                quiet += 1
        if quiet:
            print(f'  instructions in which rightly nothing was said: {quiet}')
    print(f'all: {_words(result)}')
    if result['median_delay'] is not None:
        print(
            f'delay from the start of an event: median {result["median_delay"]:.1f} s, '
            f'95th percentile {result["p95_delay"]:.1f} s'
        )
    for remark in result['remarks']:
        print(f'note: {remark}')
    for sentence in result['broken']:
        print(f'broken: {sentence}')
    if output:
        print(f'written to {output / PAGE}')


def _words(row: dict[str, Any]) -> str:
    """The figures of a card in a line, without what there was none of."""
    parts = [f'{row["caught"]} of {row["events"]} events caught'] if row['events'] else []
    names = ('late', 'wrong_words', 'missed', 'duplicates')
    parts += [f'{row[name]} {name.replace("_", " ")}' for name in names if row[name]]
    alarms = f'{row["false_alarms"] or "no"} false alarm{"s" * (row["false_alarms"] != 1)}'
    if row['false_alarms']:
        alarms += f' ({row["false_alarms_per_hour"]:.1f} an hour)'
    return ', '.join([*parts, alarms])


if __name__ == '__main__':
    sys.exit(run_program('streamo score', main))
