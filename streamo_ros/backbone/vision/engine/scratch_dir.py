# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A folder to build in, on the disk where the engine will lie; and the disk's errors as sentences.

Knows files only.
"""

from __future__ import annotations

import errno
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamo_ros.backbone.vision.engine import EngineError

_MIB = 1 << 20


@contextmanager
def scratch_dir(folder: Path, need: int) -> Iterator[Path]:
    """A hidden folder in the cache; gone afterwards.

    Args:
        folder: the cache.
        need: bytes that will be written.

    Raises:
        EngineError: the cache cannot be written, or its disk has not so much left.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        place = Path(tempfile.mkdtemp(prefix=f'{_prefix()}{os.getpid()}-', dir=folder))
    try:
        free = shutil.disk_usage(place).free
        if free < need:
            raise EngineError(
                f'{folder} has {free / _MIB:.0f} MiB left and the engine needs '
                f'{need / _MIB:.0f} MiB while it is made: free space or name another folder with '
                '--cache'
            )
        with disk_errors(folder):
            yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Errors of the file system as one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise EngineError(
                f'the disk of {folder} is full: free space or name another folder with --cache'
            ) from error
        raise EngineError(
            f'{folder} cannot be written ({error.strerror or error}): give yourself the right to '
            'or name another folder with --cache'
        ) from error


def _prefix() -> str:
    """Names the machine: a cache may lie on a disk that several share."""
    return f'.making-{socket.gethostname()}-'


def _sweep(folder: Path) -> None:
    """Remove what builders of this machine left behind that were killed: gigabytes each."""
    for place in folder.glob(f'{_prefix()}*'):
        number = place.name.removeprefix(_prefix()).partition('-')[0]
        if number.isdigit() and not Path(f'/proc/{number}').exists():
            shutil.rmtree(place, ignore_errors=True)
