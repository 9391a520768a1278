# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every source offers: records with capture times, whose images are decoded on demand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol
from typing import runtime_checkable

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.errors import StreamoError

FIRST_STAMP = 1_000_000_000
"""Stamp of the first frame where a source counts from zero: a zero stamp means 'none' in ROS."""

IMAGE_SUFFIXES = frozenset({'.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff', '.ppm'})
TABLES = ('times.csv', 'times.txt', 'data.csv', 'rgb.txt')
"""Names of tables of times in a folder of images, the last two as EuRoC and TUM have them."""

BAG_SUFFIXES = ('.mcap', '.db3', '.mcap.zstd', '.db3.zstd')


class SourceError(StreamoError, RuntimeError):
    """A source cannot be read; the message states the problem and how to fix it."""


class Record(Protocol):
    """One frame of a source, not decoded. Valid until the next record is requested."""

    @property
    def stamp(self) -> int:
        """Capture time, nanoseconds; 0 when the message carries none that can be read."""

    @property
    def topic(self) -> str:
        """Where it was recorded; '' outside bags."""

    @property
    def frame_id(self) -> str:
        """The camera's coordinate frame; '' when unknown."""

    def image(self) -> NDArray[np.uint8]:
        """Decode.

        Returns:
            RGB, uint8, shape (height, width, 3); may be a read-only view.

        Raises:
            ImageError: it cannot be decoded.
        """


class Source(Protocol):
    """A bag, a video, a folder of images or a camera, open for one pass after another."""

    @property
    def name(self) -> str:
        """What the user called it."""

    @property
    def topic(self) -> str:
        """The image topic; '' outside bags."""

    @property
    def duration(self) -> float | None:
        """Seconds from the first to the last record, perhaps an estimate; None when unknown."""

    @property
    def damage(self) -> str:
        """One sentence about what is lost of a damaged source, as far as is known; '' if whole."""

    @property
    def note(self) -> str:
        """One sentence about how the source was understood, where it could be mistaken; ''."""

    def records(self) -> Iterator[Record]:
        """All records, in the order of their recording.

        Raises:
            SourceError: the source is damaged here.
        """

    def close(self) -> None:
        """Release files and devices."""


@runtime_checkable
class SeekableSource(Source, Protocol):
    """A source that need not be read from its beginning."""

    @property
    def first_stamp(self) -> int:
        """Stamp of the first record, nanoseconds."""

    def records(self, start: int = 0) -> Iterator[Record]:
        """All records; those before `start`, a stamp, may be left out; see `Source`."""
