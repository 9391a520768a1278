# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tells a bag, a video, a folder of images and a camera apart, and opens it."""

from __future__ import annotations

import re
from pathlib import Path

from streamo_ros.sources.base import BAG_SUFFIXES
from streamo_ros.sources.base import IMAGE_SUFFIXES
from streamo_ros.sources.base import Source
from streamo_ros.sources.base import SourceError


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
    from streamo_ros.sources.camera import CameraSource
    from streamo_ros.sources.bag import BagSource
    from streamo_ros.sources.folder import FolderSource
    from streamo_ros.sources.video import VideoSource

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
