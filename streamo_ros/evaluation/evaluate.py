# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo evaluate MODEL`: how well a model watches, free-running through the node's own engine.

Knows the command line and the table. Cases come from drawn worlds (--worlds, seeds that no
training uses), from labelled dialogues (--dialogues) or from a video in which nothing that is
asked for happens (--video); every case is watched frame by frame, alone in its lane.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from streamo_ros.evaluation.case import BLIND
from streamo_ros.evaluation.case import blinded
from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.evaluation.case import without_frames
from streamo_ros.evaluation.case_readers import dialogue_cases
from streamo_ros.evaluation.case_readers import video_cases
from streamo_ros.evaluation.case_runner import CaseResult
from streamo_ros.evaluation.last_frame import LAST_FRAME
from streamo_ros.evaluation.score import report
from streamo_ros.evaluation.workers import EvalConfig
from streamo_ros.evaluation.workers import run_cases
from streamo_ros.program import run_program

ROWS = (
    'state_macro_f1',
    'timing_f1',
    'timing_f1_2s',
    'answer_accuracy',
    'interval_iou',
    'false_alarms_per_hour',
    'duplicate_rate',
    'episodes',
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run `streamo evaluate`; 0 when there are figures."""
    options = _parser().parse_args(argv)
    cases = list(find_cases(options))
    found = evaluate(cases, options)
    if options.output:
        options.output.write_text(json.dumps(found, indent=2) + '\n', encoding='utf-8')
    if options.json:
        print(json.dumps(found))
    else:
        _print(found)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='streamo evaluate',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('model', type=Path, help='folder of a checkpoint, or a .yaml script')
    add('--worlds', type=int, default=0, metavar='N', help='episodes of drawn worlds')
    add('--seed', type=int, default=0, help='of the worlds, any integer; default %(default)s')
    add('--rate', type=Fraction, default=Fraction(1), help='frames a second; default 1')
    add(
        '--frames',
        type=int,
        default=24,
        metavar='N',
        help='frames of an episode; default %(default)s',
    )
    add('--family', action='append', default=[], help='only this family of tasks (repeatable)')
    said = parser.add_mutually_exclusive_group()
    said.add_argument('--held-out', action='store_true', help='phrasings that no training uses')
    said.add_argument(
        '--phrasings',
        type=Path,
        metavar='FILE',
        help='YAML: phrasings of your own for the drawn worlds, by family',
    )
    add('--regular', action='store_true', help='frames without jitter and gaps')
    add(
        '--complete',
        action='store_true',
        help='no gaps: the same episodes as with --drop, but whole',
    )
    add(
        '--never-hours',
        type=float,
        default=0.0,
        metavar='H',
        help='add so many hours in which nothing is due, for the false alarms alone',
    )
    add('--dialogues', type=Path, help='labelled dialogues: what streamo convert wrote')
    add('--videos', type=Path, help='folder that their video paths count from')
    add('--video', type=Path, help='a video in which none of the instructions is ever due')
    add('--instruction', action='append', default=[], help='for --video (repeatable)')
    add('--drop', type=float, default=0.0, metavar='SHARE', help='lose frames at random')
    control = parser.add_mutually_exclusive_group()
    control.add_argument(
        '--blind',
        action='store_const',
        dest='control',
        const=BLIND,
        help='control: every frame is black',
    )
    control.add_argument(
        '--last-frame-only',
        action='store_const',
        dest='control',
        const=LAST_FRAME,
        help='control: each frame is judged by a lane that has seen nothing else',
    )
    add('--max-frames', type=int, default=0, help="frames of a lane; default the checkpoint's")
    add(
        '--response-threshold',
        type=float,
        default=0.0,
        metavar='P',
        help="probability from which Response is decided; default the checkpoint's",
    )
    add('--device', default='auto')
    add(
        '--workers',
        type=int,
        default=1,
        metavar='N',
        help='processes that watch, each with its own model; default %(default)s',
    )
    add('--output', type=Path, help='write the figures to this JSON file')
    add('--json', action='store_true', help='print the figures as JSON')
    return parser


def find_cases(options: argparse.Namespace) -> Iterator[Case]:
    """The cases that the options ask for.

    Raises:
        EvaluationError: they ask for none.
    """
    if not 0 <= options.drop < 1 or options.rate <= 0:
        raise EvaluationError('--drop must be in [0, 1) and --rate above 0')
    if not 0 <= options.response_threshold <= 1:
        raise EvaluationError('--response-threshold must be in [0, 1]')
    if options.workers < 1 or options.never_hours < 0:
        raise EvaluationError('--workers must be at least 1 and --never-hours 0 or more')
    cases = [*_worlds(options)]
    if options.dialogues:
        cases += dialogue_cases(options.dialogues, options.videos)
    if options.video:
        cases += video_cases(options.video, options.instruction, options.rate)
    if not cases:
        raise EvaluationError(
            'there is nothing to evaluate: give --worlds N, --dialogues FILE or --video FILE'
        )
    for case in cases:
        found = without_frames(case, options.drop, options.seed) if options.drop else case
        yield blinded(found) if options.control == BLIND else found


def _worlds(options: argparse.Namespace) -> Iterator[Case]:
    if not options.worlds and not options.never_hours:
        return
    # Imported here: labelled dialogues need no worlds.
    from streamo_ros.evaluation.phrasings import read_phrasings
    from streamo_ros.evaluation.synthetic import never_cases
    from streamo_ros.evaluation.synthetic import synthetic_cases
    from streamo_ros.evaluation.synthetic import SyntheticSettings
    from streamo_ros.worlds.phrasing import HELD_OUT

    phrasings = HELD_OUT if options.held_out else None
    if options.phrasings:
        phrasings = read_phrasings(options.phrasings)
    settings = SyntheticSettings(
        seed=options.seed,
        rate=options.rate,
        frames=options.frames,
        families=tuple(options.family),
        phrasings=phrasings,
        regular=options.regular,
        complete=_is_complete(options),
    )
    yield from synthetic_cases(options.worlds, settings)
    yield from never_cases(options.never_hours, settings)


def _is_complete(options: argparse.Namespace) -> bool:
    """Whether the camera of the drawn worlds loses nothing by itself."""
    return bool(options.complete or options.drop)


def evaluate(cases: Sequence[Case], options: argparse.Namespace) -> dict[str, Any]:
    """Watch all cases and report; with the model and the options beside."""
    console = Console(stderr=True)

    def shown(watched: Iterable[CaseResult]) -> Iterable[CaseResult]:
        return track(
            watched, 'watching', len(cases), console=console, disable=not console.is_terminal
        )

    viewing = EvalConfig(
        options.model,
        options.device,
        options.max_frames,
        options.response_threshold,
        options.control,
    )
    info, max_frames, watched = run_cases(viewing, cases, options.workers, shown)
    return {
        **report(list(zip(cases, watched, strict=True))),
        'model': info.model,
        'model_id': info.model_id,
        'max_frames': max_frames,
        'seed': options.seed,
        'rate': float(options.rate),
        'episode_frames': options.frames,
        'drop': options.drop,
        'complete': _is_complete(options),
        'regular': options.regular,
        'held_out': options.held_out,
        'phrasings': str(options.phrasings) if options.phrasings else None,
        'response_threshold': options.response_threshold,
        'control': options.control,
    }


def _print(found: dict[str, Any]) -> None:
    control = f', control: {found["control"]}' if found['control'] else ''
    table = Table(title=f'{found["model"]} ({found["model_id"]}){control}')
    table.add_column('')
    families = found['families']
    for name in ('all', *families):
        table.add_column(name, justify='right')
    for row in ROWS:
        table.add_row(row, *(_cell(one[row]) for one in (found, *families.values())))
    Console().print(table)
    if found['false_alarms_per_minute'] is not None:
        print(f'false alarms a minute of video: {found["false_alarms_per_minute"]:.3f}')
    for key, one in found['weakest'].items():
        print(f'least {key}: {one[1]:.3f} ({one[0]})' if one else f'no {key}: nothing was due')
    latency = found['latency_ms']
    print(f'encode and extend of a frame: median {latency["median"]} ms, p95 {latency["p95"]} ms')


def _cell(value: float | None) -> str:
    if value is None:
        return '-'
    return str(value) if isinstance(value, int) else f'{value:.3f}'


if __name__ == '__main__':
    sys.exit(run_program('streamo evaluate', main))
