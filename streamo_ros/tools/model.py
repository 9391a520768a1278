# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo model`: lists the embedded models, and installs the weights that one of them needs.

Exit codes: 0 installed or listed, 2 the weights could not be had; nothing is changed then.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from streamo_ros.backbone.detector.weights import convert_detector
from streamo_ros.backbone.detector.weights import find_detector
from streamo_ros.backbone.detector.weights import NOTICE
from streamo_ros.backbone.detector.weights import parse_detector
from streamo_ros.backbone.detector.weights import read_detector
from streamo_ros.backbone.detector.weights import write_detector
from streamo_ros.core.errors import ExitCode
from streamo_ros.core.interface import BackboneError
from streamo_ros.program import CommandParser
from streamo_ros.share import detector_home
from streamo_ros.share import EMBEDDED
from streamo_ros.share import OBJECTS
from streamo_ros.share import share_path
from streamo_ros.share import ShareError
from streamo_ros.tools.weight_sources import fetch
from streamo_ros.tools.weight_sources import SourcesError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Raises:
        StreamoError: the weights cannot be had, or are others.
    """
    arguments = _parser().parse_args(argv)
    if arguments.action == 'list':
        _list()
    else:
        _install(arguments.source, arguments.force)
    return ExitCode.OK


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog='streamo model', description='The models that come with the package.'
    )
    actions = parser.add_subparsers(dest='action', required=True)
    actions.add_parser('list', help='the embedded models and the weights they need')
    install = actions.add_parser(
        'install', help='get the weights that streamo-objects sees with (1.8 MB)'
    )
    install.add_argument('name', choices=[OBJECTS], help='the model')
    install.add_argument(
        '--from',
        dest='source',
        default='',
        metavar='FILE|URL',
        help="the authors' yolox_nano.onnx, or a file from another robot; default: download it",
    )
    install.add_argument('--force', action='store_true', help='also where they are installed')
    return parser


def _list() -> None:
    for name, folder in EMBEDDED.items():
        try:
            place = str(share_path('models', folder))
        except ShareError:
            place = 'not part of this installation'
        print(f'{name:8} {place}')
    path = find_detector()
    state = str(path) if path else 'not installed: run `streamo model install objects`'
    print(f'{"":8} {OBJECTS} sees with {NOTICE["name"]} ({NOTICE["license"]}): {state}')


def _install(source: str, force: bool) -> None:
    installed = _installed()
    if installed is not None and not source and not force:
        print(f'{installed}: installed already')
        return
    name, content = fetch(source)
    target = detector_home()
    read = parse_detector if name.endswith('.safetensors') else convert_detector
    pairs = read(content, Path(name).name)
    try:
        write_detector(pairs, target)
    except OSError as error:
        raise SourcesError(
            f'{target} cannot be written ({error.strerror or error}): give a folder of yours in '
            'XDG_DATA_HOME, or free some space'
        ) from error
    print(f'{target}: {NOTICE["name"]}, {NOTICE["copyright"]}, {NOTICE["license"]}')


def _installed() -> Path | None:
    """The file of the weights, if it is there and right."""
    path = find_detector()
    try:
        if path is not None:
            read_detector(path)
    except BackboneError:
        return None
    return path
