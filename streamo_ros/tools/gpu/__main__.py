# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`python3 -m streamo_ros.tools.gpu`: tests, figures and goals of a GPU, in a few minutes."""

from __future__ import annotations

import argparse
import faulthandler
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from streamo_ros.files import write_text
from streamo_ros.program import CommandParser
from streamo_ros.tools.gpu import machine
from streamo_ros.tools.gpu import suite
from streamo_ros.tools.gpu.clock import Effort
from streamo_ros.tools.gpu.clock import GLANCE
from streamo_ros.tools.gpu.plan import FULL
from streamo_ros.tools.gpu.plan import make_plan
from streamo_ros.tools.gpu.plan import SMALL
from streamo_ros.tools.gpu.record import DEVICE_LOST
from streamo_ros.tools.gpu.record import RunFile
from streamo_ros.tools.gpu.report import HOW
from streamo_ros.tools.gpu.report import markdown
from streamo_ros.tools.gpu.report import renew
from streamo_ros.tools.gpu.rig import Rig
from streamo_ros.tools.gpu.run import DeviceLostError
from streamo_ros.tools.gpu.run import run

_GRACE = 90
"""Seconds behind the end after which a run that hangs is ended with its stack."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0; 1 when tests or rows failed or the machine is not fit for it; 2 for wrong arguments.
    """
    options = _parser().parse_args(argv)
    try:
        if options.markdown:
            _show(options.markdown, options.into)
            return 0
        record = _begin(options)
    except (OSError, ValueError) as error:
        print(f'make gpu: {error}', file=sys.stderr)
        return 2
    faulthandler.dump_traceback_later(
        options.seconds + _GRACE, exit=True, file=sys.__stderr__ or sys.stderr
    )
    try:
        _go(options, record)
    finally:
        faulthandler.cancel_dump_traceback_later()
    print(markdown(record.data))
    print(f'\nwritten: {record.file}', file=sys.stderr)
    failed = [row for row in record.rows if row['status'] in ('failed', DEVICE_LOST)]
    return int(record.data['tests'].get('passed') is False or bool(failed))


def _show(file: Path, page: Path | None) -> None:
    """Print the tables of a record, or put them into a page."""
    data = RunFile.read(file).data
    if page is None:
        print(markdown(data))
    else:
        write_text(page, renew(page.read_text(encoding='utf-8'), data))


def _begin(options: argparse.Namespace) -> RunFile:
    """The record to go on with, or a new one.

    Raises:
        ValueError: this machine cannot do it, or the record is of another machine.
    """
    import torch

    device = 'cpu' if options.small else 'cuda'
    if device == 'cuda' and not torch.cuda.is_available():
        raise ValueError(
            f'torch {torch.__version__} sees no CUDA device: run it where there is one, or with '
            '--small to see that it works'
        )
    about = machine.describe(device)
    if options.resume:
        record = RunFile.read(options.resume)
        if (there := record.data['machine'].get('device')) != about['device']:
            raise ValueError(f'{options.resume} is of {there}, this is {about["device"]}')
        record.file = options.output or options.resume
        return record
    name = f'gpu-{machine.slug(about["device"])}.json'
    record = RunFile(options.output or machine.ROOT / 'benchmarks' / name)
    record.data['how'] = HOW
    record.data['machine'] = about | {'dtype': options.dtype or _dtype(device)}
    return record


def _dtype(device: str) -> str:
    return 'float32' if device == 'cpu' else 'bfloat16'


def _go(options: argparse.Namespace, record: RunFile) -> None:
    """Tests, then ceilings, then rows."""
    ends = time.monotonic() + options.seconds
    if not options.skip_tests and not record.data['tests']:
        limit = min(options.test_seconds, options.seconds)
        record.data['tests'] = suite.run(limit)
        record.save()
        print(f'tests marked gpu: {record.data["tests"]["summary"]}', file=sys.stderr, flush=True)
    about = record.data['machine']
    if 'copy_gb_per_s' not in about:
        about |= machine.ceilings(about['kind'], about['dtype'])
        record.save()
    rig = Rig(about['kind'], about['dtype'], about, GLANCE if options.small else Effort())
    wanted = re.compile(options.only)
    jobs = [job for job in make_plan(SMALL if options.small else FULL) if wanted.search(job.name)]
    try:
        run(jobs, rig, record, ends, scale=0.05 if options.small else 1.0)
    except DeviceLostError:
        _again(options, record, ends - time.monotonic())


def _again(options: argparse.Namespace, record: RunFile, left: float) -> None:
    """Go on in a new process in the place of this one: CUDA gives nothing more in the old."""
    arguments = [
        '--resume',
        str(record.file),
        '--seconds',
        str(max(0, int(left))),
        '--skip-tests',
        '--only',
        options.only,
    ]
    sys.stdout.flush()
    # The driver gives the memory back when its files are closed.
    os.closerange(3, 1024)
    command = [sys.executable, '-m', 'streamo_ros.tools.gpu', *arguments]
    os.execv(sys.executable, command)  # noqa: S606


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog='make gpu', description='Tests and figures of the engine on this GPU.'
    )
    add = parser.add_argument
    add('--output', type=Path, metavar='FILE', help='JSON (default: benchmarks/gpu-DEVICE.json)')
    add('--resume', type=Path, metavar='FILE', help='go on with this record')
    add('--seconds', type=float, default=480, help='for everything (default: %(default)s)')
    add('--test-seconds', type=float, default=120, help='of these for the tests at most')
    add('--only', default='', metavar='REGEX', help='rows whose name has a match')
    add('--skip-tests', action='store_true', help='do not run the tests marked gpu')
    add('--dtype', choices=['bfloat16', 'float16', 'float32'], help='of the weights')
    add('--small', action='store_true', help='tiny shapes on the CPU: shows that it works')
    add('--markdown', type=Path, metavar='FILE', help='print the tables of a record; no more')
    add('--into', type=Path, metavar='PAGE', help='with --markdown: renew that page instead')
    return parser


if __name__ == '__main__':
    sys.exit(main())
