# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes files whole or not at all: under a name beside the final one, then renamed.

All files that this package leaves behind are written here. An error names the file, and nothing is
left that could be taken for it.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path

from streamo_ros.core.errors import StreamoError

_LONGEST = 40


class WriteError(StreamoError, OSError):
    """A file cannot be written; the message names it, and the reason."""


def reason(error: Exception) -> str:
    """Why the system refused, e.g. 'No space left on device'."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


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
    # A link stays a link: what it leads to is replaced.
    real = path.resolve()
    new = real.with_name(f'.{real.name[:_LONGEST]}.{os.getpid()}.part')
    with _naming(path, {real, new, *real.parents}):
        if real.exists() and not real.is_file():
            yield real
            return
        if real.exists() and not os.access(real, os.W_OK):
            raise PermissionError(errno.EACCES, 'it is write-protected', str(real))
        real.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield new
            if real.exists():
                shutil.copymode(real, new)
            elif new.exists():
                apply_umask(new)
            new.replace(real)
        except BaseException:
            with suppress(OSError):
                new.unlink()
            raise


@contextmanager
def _naming(path: Path, places: AbstractSet[Path]) -> Iterator[None]:
    """Turn errors of these places, and those that name none, into one sentence."""
    try:
        yield
    except WriteError:
        raise
    except OSError as error:
        # Something else that was read meanwhile keeps its own error.
        if error.filename is not None and Path(os.fsdecode(error.filename)) not in places:
            raise
        raise WriteError(f'{path} cannot be written: {reason(error)}') from error


def apply_umask(path: Path) -> None:
    """Give a file, or all files below a folder, the permissions that any new file gets here.

    Some libraries write weights and tables under a temporary name, which only their owner may
    read, and leave them so. What is private by intent is not written by them.

    Raises:
        WriteError: the permissions cannot be changed.
    """
    # Nothing only reads the mask. The strict one in between harms no file of another thread.
    mask = os.umask(0o077)
    os.umask(mask)
    with _naming(path, {path, *path.rglob('*')}):
        for file in (path, *path.rglob('*')):
            if file.is_file() and not file.is_symlink():
                file.chmod(0o666 & ~mask)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file; see `replacing`.

    Raises:
        WriteError: it cannot be written.
    """
    with replacing(path) as new:
        new.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a whole file in UTF-8; see `replacing`.

    What UTF-8 cannot hold, such as a byte of a file name that is no text, is escaped.

    Raises:
        WriteError: it cannot be written.
    """
    write_bytes(path, text.encode(errors='backslashreplace'))


class LineWriter:
    """Writes a file line by line; whenever it is read, it ends with a complete line.

    Args:
        path: the file; an older one is overwritten.
        name: the file's name in errors, where that is another one.

    Raises:
        WriteError: it cannot be written.
    """

    def __init__(self, path: Path, name: Path | None = None) -> None:
        self._path = path
        self._name = name or path
        self._length = 0
        with _naming(self._name, {path, *path.parents}):
            # Without a buffer, which would try to write the failed line again.
            self._file = path.open('wb', buffering=0)

    def write(self, line: str) -> None:
        """Add a line.

        Args:
            line: without its end.

        Raises:
            WriteError: it cannot be written; the lines before it stay.
        """
        data = memoryview(f'{line}\n'.encode(errors='backslashreplace'))
        try:
            while data:
                data = data[self._file.write(data) or 0 :]
            self._length = self._file.tell() if self._file.seekable() else 0
        except OSError as error:
            self._cut()
            raise WriteError(f'{self._name} cannot be written: {reason(error)}') from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> LineWriter:  # noqa: PYI034 - Self needs Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _cut(self) -> None:
        """Take back the part of a line; a file without a complete line is removed."""
        with suppress(OSError):
            if self._length:
                self._file.truncate(self._length)
                self._file.seek(self._length)
            elif self._path.is_file():
                self._path.unlink()
