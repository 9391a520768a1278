# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tells storage files of bags by their first bytes, since names and metadata may be wrong."""

from __future__ import annotations

from pathlib import Path

MCAP_MAGIC = b'\x89MCAP0\r\n'
SQLITE_MAGIC = b'SQLite format 3\0'
ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'
_FORMATS = {MCAP_MAGIC: 'mcap', SQLITE_MAGIC: 'sqlite3', ZSTD_MAGIC: 'zstd'}


def storage_format(file: Path) -> str:
    """'mcap', 'sqlite3' or 'zstd' (a compressed file of either); '' for anything else.

    Raises:
        OSError: the file cannot be read.
    """
    with file.open('rb') as opened:
        head = opened.read(16)
    return next((name for magic, name in _FORMATS.items() if head.startswith(magic)), '')
