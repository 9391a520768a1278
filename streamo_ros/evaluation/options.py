# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The options of `streamo evaluate`."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

from streamo_ros.backbone import is_url
from streamo_ros.config.parameters import NAMES
from streamo_ros.evaluation.case import BLIND
from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.evaluation.last_frame import LAST_FRAME
from streamo_ros.program import CommandParser

_BESIDE_STREAMS = {
    'model',
    'output',
    'json',
    'device',
    'streams',
    'real',
    'variants',
    'cuts',
    'seed',
    'frames',
    'family',
    'held_out',
    'max_frames',
    'response_threshold',
    'hysteresis',
}
"""Options that count with streams of detections and clips."""


def make_parser(description: str | None) -> argparse.ArgumentParser:
    """The options of `streamo evaluate`."""
    parser = CommandParser(
        prog='streamo evaluate',
        description=description,
    )
    parser.add_argument(
        'model',
        type=_path_or_url,
        help='folder of a checkpoint, a .yaml script, or the URL of a server',
    )
    _add_worlds(parser.add_argument_group('drawn worlds and simulated streams'))
    _add_recordings(parser.add_argument_group('recordings'))
    _add_frames(parser.add_argument_group('what is left out of the frames'))
    _add_serving(parser.add_argument_group('how the model is served'))
    parser.add_argument('--output', type=Path, help='write the results to this JSON file')
    parser.add_argument('--json', action='store_true', help='print the results as JSON')
    return parser


def _add_worlds(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add('--worlds', type=int, default=0, metavar='N', help='number of episodes of drawn worlds')
    add(
        '--streams',
        type=int,
        default=0,
        metavar='N',
        help='number of simulated streams of detections, for a model that sees with a detector',
    )
    add('--seed', type=int, default=0, help='seed of the worlds, any integer; default %(default)s')
    add('--rate', type=Fraction, default=Fraction(1), help='frames per second; default 1')
    add(
        '--frames',
        type=int,
        default=24,
        metavar='N',
        help='frames per episode; default %(default)s',
    )
    add('--family', action='append', default=[], help='only this family of tasks (repeatable)')
    wording = group.add_mutually_exclusive_group()
    wording.add_argument(
        '--held-out', action='store_true', help='use phrasings that no training uses'
    )
    wording.add_argument(
        '--phrasings',
        type=Path,
        metavar='FILE',
        help='YAML file with your own phrasings for the drawn worlds, by family',
    )
    add('--regular', action='store_true', help='no jitter and no lost frames')
    add(
        '--complete',
        action='store_true',
        help='no lost frames: the episodes of --drop with all their frames',
    )
    add(
        '--never-hours',
        type=float,
        default=0.0,
        metavar='H',
        help='add H hours in which nothing is due; they count only toward false alarms',
    )


def _add_recordings(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add('--real', type=Path, metavar='FOLDER', help='real clips with truth about what is in them')
    add(
        '--variants',
        type=int,
        default=0,
        metavar='N',
        help='with --real, N altered copies of each clip in which nothing asked for appears',
    )
    add(
        '--cuts',
        type=int,
        default=0,
        metavar='N',
        help='with --real, N streams of about a minute of parts of the clips, with cuts between',
    )
    add('--dialogues', type=Path, help='labeled dialogues written by streamo convert')
    add(
        '--cases',
        type=int,
        default=0,
        metavar='N',
        help='at most N cases of --dialogues, evenly spread; default all',
    )
    add('--videos', type=Path, help='folder that their video paths are relative to')
    add('--video', type=Path, help='a video in which none of the instructions is ever due')
    add(
        '--instruction',
        '-i',
        action='append',
        default=[],
        help='instruction for --video (repeatable)',
    )


def _add_frames(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        '--drop',
        type=float,
        default=0.0,
        metavar='SHARE',
        help='drop this fraction of the frames at random',
    )
    control = group.add_mutually_exclusive_group()
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
        help='control: each frame is judged in a fresh lane',
    )


def _add_serving(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        '--protocol',
        choices=('auto', 'special_tokens', 'text_tags'),
        default='auto',
        help="how states are written; default the checkpoint's",
    )
    add(
        '--policy',
        choices=NAMES['context.policy'].choices,
        default='auto',
        help='what leaves a full context; default %(default)s',
    )
    add('--dialect', default='auto', metavar='NAME', help='what it speaks; default: as it shows')
    add('--max-pixels', type=int, default=0, help="largest frame area; default the checkpoint's")
    add(
        '--max-frames',
        type=int,
        default=0,
        help="frames that a lane keeps; default the checkpoint's",
    )
    add(
        '--response-threshold',
        type=float,
        default=0.0,
        metavar='P',
        help="probability from which Response is decided; default the checkpoint's",
    )
    add(
        '--export',
        type=Path,
        metavar='DIR',
        help='write the drawn worlds as recordings with their truth, for streamo score, and stop',
    )
    add(
        '--hysteresis',
        type=float,
        default=0.0,
        metavar='P',
        help='how far below its threshold p(Response) must fall before the next one; default 0',
    )
    add('--device', default='auto')
    add('--model-name', default='', metavar='NAME', help='the model on the server, of several')
    add('--gate', default='', metavar='PATH', help='a checkpoint that decides when it speaks')
    add('--on-demand', action='store_true', help='with --gate: it reads only what it answers')
    add(
        '--activation',
        type=float,
        default=0.0,
        metavar='P',
        help="score that opens the gate; default the gate's, else 0.35",
    )
    add('--max-len', type=int, default=0, metavar='N', help='tokens it reads with --on-demand')
    add('--settings', default='', metavar='FILE', help='streamo.json of a served checkpoint')
    add(
        '--workers',
        type=int,
        default=1,
        metavar='N',
        help='number of worker processes, each with its own model; default %(default)s',
    )


def _path_or_url(text: str) -> Path | str:
    return text if is_url(text) else Path(text)


def refuse_beside_streams(options: argparse.Namespace) -> None:
    """Refuse what the evaluation of streams of detections and clips would ignore.

    They are watched in one process, by a model as it is.

    Raises:
        EvaluationError: an option is given that would not count.
    """
    defaults = vars(make_parser('').parse_args([str(options.model)]))
    for name, value in vars(options).items():
        if name not in _BESIDE_STREAMS and value != defaults[name]:
            option = 'blind and --last-frame-only' if name == 'control' else name.replace('_', '-')
            raise EvaluationError(
                f'--{option} would not count with --streams and --real: leave it out'
            )
