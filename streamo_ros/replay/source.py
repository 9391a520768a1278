# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What can be replayed: records with capture times, whose images are decoded only when asked for.

Knows how to tell a bag, a video, a folder of images and a camera apart, not how any of them is
read. Knows no sampling and no model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FIRST_STAMP = 1_000_000_000
"""Stamp of the first frame where a source counts from zero: a zero stamp means 'none' in ROS."""

IMAGE_SUFFIXES = frozenset({'.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff', '.ppm'})
BAG_SUFFIXES = ('.mcap', '.db3', '.mcap.zstd', '.db3.zstd')


class SourceError(RuntimeError):
    """A source cannot be read; the message says what is wrong and what mends it."""


class Record(Protocol):
    """One frame of a source, not decoded. Valid until the next record is asked for."""

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
        """Seconds from the first to the last record; None when it does not end by itself."""

    @property
    def damage(self) -> str:
        """One sentence about what is lost when a damaged source is salvaged; '' when whole."""

    def records(self) -> Iterator[Record]:
        """All records, in the order of their recording.

        Raises:
            SourceError: the source is damaged here.
        """

    def close(self) -> None:
        """Let go of files and devices."""


def open_source(path: str | Path, topic: str = '', salvage: bool = False) -> Source:
    """Open whatever the path names.

    Args:
        path: a bag (folder, .mcap, .db3), a video file, a folder of images, or /dev/videoN.
        topic: the image topic of a bag; '' finds it.
        salvage: read a damaged source up to, and where possible behind, the damage.

    Raises:
        SourceError: it does not exist, cannot be read, or has no images.
    """
    # Imported here: each kind needs another library, and only one of them is asked for.
    from streamo_ros.replay.bag import BagSource
    from streamo_ros.replay.folder import FolderSource
    from streamo_ros.replay.video import CameraSource
    from streamo_ros.replay.video import VideoSource

    text, path = str(path), Path(path)
    if re.fullmatch(r'/dev/video\d+', text):
        return CameraSource(path)
    if not path.exists():
        raise SourceError(f'{text} does not exist: give a bag, a video, a folder or /dev/videoN')
    if text.endswith('.bag'):
        raise SourceError(
            f'{text} is a ROS 1 bag: convert it with rosbags-convert --src {text} --dst DIR'
        )
    if path.is_dir() and not _looks_like_bag(path):
        return FolderSource(path)
    if path.is_dir() or text.endswith(BAG_SUFFIXES):
        return BagSource(path, topic, salvage)
    return VideoSource(path, salvage)


def _looks_like_bag(folder: Path) -> bool:
    if (folder / 'metadata.yaml').exists():
        return True
    names = [entry.name for entry in folder.iterdir()]
    return any(name.endswith(BAG_SUFFIXES) for name in names) or not any(
        Path(name).suffix.lower() in IMAGE_SUFFIXES for name in names
    )
