# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes files whole or not at all: under a name beside the final one, then renamed.

All files that this package leaves behind are written here. An error names the file, and nothing is
left that could be taken for it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path

from streamo_ros.core.errors import StreamoError

_LONGEST = 40


class WriteError(StreamoError, OSError):
    """A file cannot be written; the message names it, and the reason."""


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Errors of the system within the block become one sentence with the name of a file.

    Raises:
        WriteError: in place of an `OSError`.
    """
    try:
        yield
    except WriteError:
        raise
    except OSError as error:
        raise WriteError(f'{path} cannot be written: {error.strerror or error}') from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file under another name; it takes its place when the block has ended well.

    What is no regular file, such as a pipe or /dev/stdout, is written to directly.

    Args:
        path: the file; folders that are missing are made.

    Yields:
        The path to write to.

    Raises:
        WriteError: it cannot be written; an older file stays as it was.
    """
    with naming(path):
        # A link stays a link: what it leads to is replaced.
        real = path.resolve()
        if real.exists() and not real.is_file():
            yield real
            return
        if real.exists() and not os.access(real, os.W_OK):
            raise PermissionError(13, 'it is write-protected')
        real.parent.mkdir(parents=True, exist_ok=True)
        new = real.with_name(f'.{real.name[:_LONGEST]}.{os.getpid()}.part')
        try:
            yield new
            if real.exists():
                shutil.copymode(real, new)
            new.replace(real)
        except BaseException:
            with suppress(OSError):
                new.unlink()
            raise


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file; see `replacing`.

    Raises:
        WriteError: it cannot be written.
    """
    with replacing(path) as new:
        new.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a whole file in UTF-8; see `replacing`.

    Raises:
        WriteError: it cannot be written.
    """
    write_bytes(path, text.encode())
