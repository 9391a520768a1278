# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The arguments of `streamo engine`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from streamo_ros.backbone.vision.engine import DTYPES
from streamo_ros.backbone.vision.engine.binding import FLAVORS
from streamo_ros.program import CommandParser

Verb = Callable[[argparse.Namespace], int]


def engine_parser(
    build: Verb, verify: Verb, show: Verb, write_graph: Verb
) -> argparse.ArgumentParser:
    """The arguments of `streamo engine`.

    Args:
        build: runs `build`; the others likewise, `show` runs `list` and `write_graph` `export`.
        verify: see `build`.
        show: see `build`.
        write_graph: see `build`.
    """
    parser = CommandParser(
        prog='streamo engine', description='TensorRT engines of the vision tower.'
    )
    verbs = parser.add_subparsers(required=True, metavar='VERB')
    for verb, run, summary in (
        ('build', build, 'build an engine and test it'),
        ('verify', verify, "compare this machine's engines with torch and time them"),
        ('list', show, 'list the engines in the cache'),
        ('export', write_graph, 'only write the tower as ONNX'),
    ):
        command = verbs.add_parser(
            verb, help=summary, description=summary[0].upper() + summary[1:] + '.'
        )
        command.set_defaults(run=run)
        command.add_argument(
            '--json', action='store_true', help='print lines of JSON instead of text'
        )
        if verb != 'export':
            command.add_argument(
                '--cache', help='folder of engines (default: ~/.cache/streamo_ros)'
            )
        if verb in ('build', 'verify'):
            command.add_argument('--tensorrt', default='auto', choices=('auto', *FLAVORS))
        if verb in ('build', 'export'):
            _add_model(command)
    _add_build(verbs.choices['build'])
    verbs.choices['verify'].add_argument(
        'name', nargs='?', help='only engines whose name contains this'
    )
    verbs.choices['export'].add_argument('--output', required=True, help='the .onnx file')
    verbs.choices['export'].add_argument(
        '--check', action='store_true', help='compare with torch in ONNX Runtime'
    )
    return parser


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument('path', help='the checkpoint (model.path)')
    command.add_argument('--size', default='640x480', help="the camera's WIDTHxHEIGHT (640x480)")
    command.add_argument('--grid', help='ROWSxCOLUMNS of vision tokens, instead of --size')
    command.add_argument('--max-pixels', type=int, default=0, help='model.max_pixels')
    command.add_argument(
        '--depth', type=int, default=1, choices=(1, 2), help="the dialect's block (1)"
    )
    command.add_argument(
        '--dtype', default='bfloat16', choices=tuple(DTYPES), help='model.dtype (bfloat16)'
    )


def _add_build(command: argparse.ArgumentParser) -> None:
    command.add_argument('--force', action='store_true', help='rebuild an existing engine')
    command.add_argument(
        '--workspace', type=int, default=1024, help='MiB of workspace per kernel (1024)'
    )
    command.add_argument(
        '--level', type=int, default=3, choices=range(6), help='optimization level (3)'
    )
    command.add_argument('--for-gpu', help="'NAME:MAJOR.MINOR' of another machine (TensorRT-RTX)")
