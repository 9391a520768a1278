# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo doctor`: what this machine has, what will be used, what is missing, and how to get it.

Starts nothing, and asks no server but the one that is named. TensorRT is not even imported,
because without a CUDA device its bindings can crash the process.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import sys
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

from streamo_ros.backbone.detector.weights import find_detector
from streamo_ros.backbone.detector.weights import INSTALL
from streamo_ros.backbone.detector.weights import read_detector
from streamo_ros.core.errors import ExitCode
from streamo_ros.core.errors import StreamoError
from streamo_ros.packages import BUILD_COMMAND
from streamo_ros.packages import describe_missing
from streamo_ros.packages import install_command
from streamo_ros.packages import ROS_COMMAND
from streamo_ros.program import CommandParser
from streamo_ros.program import run_program
from streamo_ros.share import EMBEDDED
from streamo_ros.share import OBJECTS
from streamo_ros.share import share_path
from streamo_ros.share import ShareError
from streamo_ros.share import TINY
from streamo_ros.tools.check import Check
from streamo_ros.tools.model_check import check_model
from streamo_ros.tools.server_check import check_server
from streamo_ros.tools.transport_check import check_transport
from streamo_ros.tools.transport_check import find_rmw

GIB = 1 << 30


def look() -> list[Check]:
    """Run all checks; what is broken is a result, not an error."""
    findings: list[Check] = []
    for check in CHECKS:
        try:
            findings += check()
        except Exception as error:  # noqa: BLE001 - a broken installation is a result too
            name = check.__name__.removeprefix('check').strip('_')
            findings.append(Check(name, 'missing', f'{type(error).__name__}: {error}'))
    return findings


def main(argv: Sequence[str] | None = None) -> int:
    """Print the findings; FAILED when something is missing without which the node cannot run."""
    parser = CommandParser(prog='streamo doctor', description=__doc__)
    parser.add_argument('--json', action='store_true', help='as JSON')
    parser.add_argument(
        '--model', metavar='PATH', type=Path, help='also say what this checkpoint is and will take'
    )
    parser.add_argument('--dialect', default='auto', metavar='NAME', help='what it speaks')
    parser.add_argument(
        '--context-dtype', default='auto', metavar='NAME', help='the parameter context.dtype'
    )
    parser.add_argument('--server', metavar='URL', help='also try the model of this server')
    parser.add_argument('--model-name', default='', metavar='NAME', help='its name, of several')
    options = parser.parse_args(argv)
    findings = look()
    if options.model:
        findings += check_model(options.model, options.dialect, options.context_dtype)
    if options.server:
        findings += check_server(options.server, options.model_name)
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        width = max(len(finding.name) for finding in findings)
        for check in findings:
            fix = f'\n{"":{width + 11}}{check.fix}' if check.fix else ''
            print(f'{check.state:>7}  {check.name:<{width}}  {check.found}{fix}')
    missing = any(finding.state == 'missing' for finding in findings)
    return ExitCode.FAILED if missing else ExitCode.OK


def _python() -> list[Check]:
    version = platform.python_version()
    about = f'{version} on {platform.machine()}, {os.cpu_count()} cores'
    if (3, 10) <= sys.version_info[:2] <= (3, 12):
        return [Check('Python', 'ok', about)]
    return [Check('Python', 'missing', about, 'use Python 3.10, 3.11 or 3.12')]


def _ros() -> list[Check]:
    distro = os.environ.get('ROS_DISTRO', '')
    source = f'installation {distro}' if distro else 'wheels in this environment'
    if importlib.util.find_spec('rclpy') is None:
        return [
            Check(
                'ROS 2',
                'missing',
                'rclpy cannot be imported',
                ROS_COMMAND,
            )
        ]
    findings = [Check('ROS 2', 'ok', f'{source}, {find_rmw() or "no RMW is installed"}')]
    try:
        from streamo_ros.msg import FrameState
    except ImportError as error:
        return [*findings, Check('messages', 'missing', str(error), BUILD_COMMAND)]
    package = FrameState.__module__.rpartition('.')[0]
    return [*findings, Check('messages', 'ok', f'{package} can be imported')]


def _torch() -> list[Check]:
    if importlib.util.find_spec('torch') is None:
        return [Check('torch', 'missing', 'not installed', install_command('torch'))]
    import torch

    versions = f'{torch.__version__}, transformers {_version("transformers") or "not installed"}'
    state, fix = (
        ('ok', '') if _version('transformers') else ('missing', install_command('transformers'))
    )
    findings = [Check('torch', state, versions, fix)]
    if not torch.cuda.is_available():
        return [
            *findings,
            Check(
                'GPU',
                'note',
                'no CUDA device: the model runs on the CPU',
                'fine for streamo-tiny; larger checkpoints need a GPU',
            ),
        ]
    properties = torch.cuda.get_device_properties(0)
    name = f'{properties.name}, {properties.total_memory / GIB:.1f} GiB'
    return [*findings, Check('GPU', 'ok', name)]


def _model() -> list[Check]:
    try:
        weights = share_path('models', EMBEDDED[TINY], 'model.safetensors')
    except ShareError as error:
        return [Check('embedded model', 'missing', 'not installed', str(error))]
    size = weights.stat().st_size / 1e6
    return [Check('embedded model', 'ok', f'{weights.parent} ({size:.1f} MB)'), _detector()]


def _detector() -> Check:
    """Whether streamo-objects has what it sees with."""
    name = EMBEDDED[OBJECTS]
    try:
        path = find_detector()
        if path is None:
            return Check(name, 'note', f'not installed: {EMBEDDED[TINY]} runs instead', INSTALL)
        read_detector(path)
    except StreamoError as error:
        return Check(name, 'missing', str(error), INSTALL)
    except ModuleNotFoundError as error:
        return Check(name, 'note', f'{path} is not read', describe_missing(error.name or ''))
    return Check(name, 'ok', f'sees with {path}')


def _libraries() -> list[Check]:
    """What the node needs is missing without; what only other programs need is a note."""
    wanted = (
        ('OpenCV', 'cv2', 'missing', 'images cannot be decoded'),
        (
            'rosbags',
            'rosbags',
            'note',
            'the node does without; bags cannot be read or written',
        ),
        ('PyAV', 'av', 'note', 'the node does without; video files cannot be read'),
    )
    return [
        Check(name, 'ok', 'installed')
        if importlib.util.find_spec(module)
        else Check(name, state, loss, install_command(module))
        for name, module, state, loss in wanted
    ]


def _tensorrt() -> list[Check]:
    installed = [
        f'{name} {version}' for name in ('tensorrt', 'tensorrt-rtx') if (version := _version(name))
    ]
    if not installed:
        return [
            Check(
                'TensorRT',
                'note',
                'not installed: torch runs the vision encoder',
                'see docs/tensorrt.md',
            )
        ]
    return [
        Check(
            'TensorRT',
            'note',
            ', '.join(installed),
            'run `streamo engine verify` to see whether an engine works on this GPU',
        )
    ]


def _plan() -> list[Check]:
    """What the node will do with the parameters' defaults."""
    lacking = [name for name in ('rclpy', 'torch', 'transformers', 'cv2') if not _has(name)]
    if lacking:
        return [Check('plan', 'note', f'the node cannot run without {", ".join(lacking)}')]
    import torch

    where = 'CUDA in bfloat16' if torch.cuda.is_available() else 'the CPU in float32'
    vision = 'torch'
    if torch.cuda.is_available() and (_version('tensorrt') or _version('tensorrt-rtx')):
        vision = 'torch until a TensorRT engine is built, then that'
    return [
        Check(
            'plan',
            'ok',
            f'the node runs {EMBEDDED[TINY]}, or what model.path names, on {where}; '
            f'vision: {vision}; '
            f'graph: {find_rmw() or "none"}, domain {os.environ.get("ROS_DOMAIN_ID") or 0}',
        )
    ]


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ''


CHECKS: tuple[Callable[[], list[Check]], ...] = (
    _python,
    _ros,
    _torch,
    _model,
    _libraries,
    _tensorrt,
    check_transport,
    _plan,
)


if __name__ == '__main__':
    sys.exit(run_program('streamo doctor', main))
