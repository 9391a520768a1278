# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lets SQLite open a database file that was cut off: what is missing reads as zeros.

SQLite refuses a file that is shorter than its header says, whatever the rest holds.

Source: https://www.sqlite.org/fileformat2.html (page size at byte 16, page count at byte 28).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw

_VFS = 'streamo_padded'


class _PaddedFile(apsw.VFSFile):
    """A file that reports the size that its header declares."""

    def __init__(self, name: Any, flags: list[int]) -> None:
        super().__init__('', name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._declared = _declared_size(Path(path))

    def xFileSize(self) -> int:  # noqa: N802 - SQLite's name
        return max(super().xFileSize(), self._declared)


class _PaddedFiles(apsw.VFS):
    """Opens files as `_PaddedFile`."""

    def __init__(self) -> None:
        super().__init__(_VFS, '')

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return _PaddedFile(name, flags)


_registered: list[_PaddedFiles] = []


def connect_padded(path: Path) -> apsw.Connection:
    """Open a database for reading, as long as its header says it is.

    Raises:
        apsw.Error: it is not a database.
    """
    if not _registered:
        _registered.append(_PaddedFiles())
    return apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY, vfs=_VFS)


def is_cut_off(path: Path) -> bool:
    """Whether a database file is shorter than its header says."""
    return path.stat().st_size < _declared_size(path)


def _declared_size(path: Path) -> int:
    try:
        with path.open('rb') as file:
            head = file.read(32)
    except OSError:
        return 0
    page = int.from_bytes(head[16:18], 'big')
    return (1 << 16 if page == 1 else page) * int.from_bytes(head[28:32], 'big')
