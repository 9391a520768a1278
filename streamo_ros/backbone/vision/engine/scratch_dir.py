# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A temporary folder to build in, on the disk of the engine cache; and errors of that disk."""

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
    """A hidden folder in the cache, which is removed afterward.

    Args:
        folder: the cache.
        need: bytes that will be written.

    Raises:
        EngineError: the cache cannot be written, or its disk does not have enough space.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        scratch = Path(tempfile.mkdtemp(prefix=f'{_prefix()}{os.getpid()}-', dir=folder))
    try:
        free = shutil.disk_usage(scratch).free
        if free < need:
            raise EngineError(
                f'{folder} has {free / _MIB:.0f} MiB left and the engine needs '
                f'{need / _MIB:.0f} MiB while it is built: free some space or choose another '
                'folder with --cache'
            )
        with disk_errors(folder):
            yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Raise errors of the file system as EngineError."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise EngineError(
                f'the disk of {folder} is full: free some space or choose another folder with '
                '--cache'
            ) from error
        raise EngineError(
            f'{folder} cannot be written ({error.strerror or error}): check its permissions or '
            'choose another folder with --cache'
        ) from error


def _prefix() -> str:
    """Includes the name of the machine: several may share the disk of the cache."""
    return f'.making-{socket.gethostname()}-'


def _sweep(folder: Path) -> None:
    """Remove what killed builders of this machine have left behind: gigabytes each."""
    for leftover in folder.glob(f'{_prefix()}*'):
        process = leftover.name.removeprefix(_prefix()).partition('-')[0]
        if process.isdigit() and not Path(f'/proc/{process}').exists():
            shutil.rmtree(leftover, ignore_errors=True)
