# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps what image libraries print about a picture off the terminal and out of the node's log.

libjpeg, libpng and OpenCV write to file descriptor 2 themselves, past Python: a line for each
damaged picture, without its file, topic or time. The caller says the same in a sentence of ours.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_STDERR = 2
# The warnings of libjpeg (jerror.h) and libpng, and OpenCV's own log lines.
_NOISE = re.compile(
    rb'Corrupt JPEG data|Premature end of JPEG|Inconsistent progression sequence'
    rb'|Unknown Adobe color|Invalid SOS parameters|Application transferred too many'
    rb'|Arithmetic table 0x|Warning: unknown JFIF|libpng (?:warning|error)|\[ ?(?:WARN|ERROR):\d+@'
)
# One at a time: descriptors belong to the process, not to the thread.
_lock = threading.Lock()


@contextmanager
def library_noise_muted() -> Iterator[None]:
    """Drop the lines of image libraries that are printed meanwhile.

    What anything else prints in the meantime, other threads included, is printed at the end.
    """
    with _lock:
        try:
            kept = os.dup(_STDERR)
        except OSError:  # a daemon may have closed it: then nobody reads it either
            yield
            return
        try:
            os.dup2(_meanwhile(), _STDERR)
            yield
        finally:
            os.dup2(kept, _STDERR)
            os.close(kept)
            _print_the_rest(_meanwhile())


@cache
def _meanwhile() -> int:
    """A file in memory that stands in for the terminal."""
    return os.memfd_create('stderr')


def _print_the_rest(file: int) -> None:
    written = os.lseek(file, 0, os.SEEK_CUR)
    if not written:
        return
    lines = os.pread(file, written, 0).splitlines(keepends=True)
    os.ftruncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
    rest = b''.join(line for line in lines if not _NOISE.match(line))
    if rest:
        os.write(_STDERR, rest)
