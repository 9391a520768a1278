# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures by capture time: a bounded number of bytes in memory, or all of them on disk."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from typing import Protocol


class RecentPictures(Protocol):
    """JPEG files by capture time."""

    def put(self, stamp: int, picture: bytes) -> None:
        """Keep a picture."""

    def pin(self, stamp: int) -> None:
        """Keep a picture that an answer is about for longer than the others."""

    def get(self, stamp: int) -> bytes:
        """A picture; b'' when there is none (any more)."""


class NewestPictures(RecentPictures):
    """The newest pictures, in memory; those of answers are kept apart, and so for longer.

    Args:
        capacity: bytes of all together.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity // 2
        self._all: OrderedDict[int, bytes] = OrderedDict()
        self._answers: OrderedDict[int, bytes] = OrderedDict()

    def put(self, stamp: int, picture: bytes) -> None:
        """Keep a picture, and drop the oldest for it."""
        self._keep(self._all, stamp, picture)

    def pin(self, stamp: int) -> None:
        """Keep a picture that an answer is about for longer."""
        if picture := self._all.get(stamp):
            self._keep(self._answers, stamp, picture)

    def get(self, stamp: int) -> bytes:
        """A picture; b'' when there is none any more."""
        return self._all.get(stamp) or self._answers.get(stamp, b'')

    def _keep(self, kept: OrderedDict[int, bytes], stamp: int, picture: bytes) -> None:
        kept[stamp] = picture
        size = sum(map(len, kept.values()))
        while size > self._capacity:
            size -= len(kept.popitem(last=False)[1])


class StoredPictures(RecentPictures):
    """All pictures of a recording, in a temporary file that leaves with the process."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix='streamo_live_')  # noqa: SIM115 - kept open
        self._places: dict[int, tuple[int, int]] = {}

    def put(self, stamp: int, picture: bytes) -> None:
        """Keep a picture."""
        at = self._file.seek(0, 2)
        self._file.write(picture)
        self._places[stamp] = at, len(picture)

    def pin(self, stamp: int) -> None:
        """Nothing to do: all are kept."""

    def get(self, stamp: int) -> bytes:
        """A picture; b'' when there is none."""
        at, size = self._places.get(stamp, (0, 0))
        self._file.seek(at)
        return self._file.read(size)
