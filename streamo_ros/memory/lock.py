# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One writer a store: a lock on a file in its folder, which ends with the process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from streamo_ros.memory.schema import cannot_write
from streamo_ros.memory.schema import LOCK
from streamo_ros.memory.schema import StoreError


class StoreLock:
    """The right to write a store; the folder is made where it is missing.

    Args:
        folder: the store.

    Raises:
        StoreError: another process has it, or the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise cannot_write(folder, error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StoreError(
                f'the store {folder} is in use by another process: give each node a memory.path '
                'of its own, or end that process'
            ) from error

    def release(self) -> None:
        """Give it back."""
        os.close(self._file)
