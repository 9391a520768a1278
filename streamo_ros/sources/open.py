# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tells a bag, a video, a folder of images and a camera apart, and opens it."""

from __future__ import annotations

import re
from pathlib import Path

from streamo_ros.sources.base import BAG_SUFFIXES
from streamo_ros.sources.base import Source
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.foreign_file import describe_foreign
from streamo_ros.sources.foreign_file import ros1_advice
from streamo_ros.sources.layout import is_image_folder
from streamo_ros.sources.storage_format import storage_format


def open_source(
    path: str | Path, topic: str = '', salvage: bool = False, at_reception: bool = False
) -> Source:
    """Open whatever the path names.

    Args:
        path: a bag (folder, .mcap, .db3), a video file, a folder of images, or /dev/videoN.
        topic: the image topic of a bag; '' finds it.
        salvage: read a damaged source up to, and where possible past, the damage.
        at_reception: an image of a bag was captured when it was recorded, whatever its header
            says.

    Raises:
        SourceError: it does not exist, cannot be read, or has no images.
    """
    text, path = str(path), Path(path)
    try:
        return _open(text, path, topic, salvage, at_reception)
    except OSError as error:
        raise SourceError(f'{text} cannot be read: {error.strerror or error}') from error


def _open(text: str, path: Path, topic: str, salvage: bool, at_reception: bool) -> Source:
    # Imported here: each kind needs another library, and only one of them is asked for.
    if re.fullmatch(r'/dev/video\d+', text):
        from streamo_ros.sources.camera import CameraSource

        return CameraSource(path)
    if not text:
        raise SourceError('the source has no name: give a bag, a video, a folder or /dev/videoN')
    if '://' in text and not path.exists():
        raise SourceError(
            f'{text} is an address, and only files are read: record it first, or publish it with '
            'a camera driver and start the node'
        )
    if path.is_symlink() and not path.exists():
        raise SourceError(f'{text} is a link that leads nowhere: give what it should lead to')
    if not path.exists():
        raise SourceError(f'{text} does not exist: give a bag, a video, a folder or /dev/videoN')
    if text.endswith('.bag'):
        raise SourceError(ros1_advice(path))
    if path.is_dir() and is_image_folder(path):
        from streamo_ros.sources.folder import FolderSource

        return FolderSource(path)
    if path.is_dir() or text.endswith(BAG_SUFFIXES):
        from streamo_ros.sources.bag import BagSource

        return BagSource(path, topic, salvage, at_reception)
    return _open_file(text, path, topic, salvage, at_reception)


def _open_file(text: str, path: Path, topic: str, salvage: bool, at_reception: bool) -> Source:
    """A file whose name does not say that it belongs to a bag."""
    if not path.is_file():
        raise SourceError(f'{text} is not a regular file: give a bag, a video, or a folder')
    if storage_format(path) in ('mcap', 'sqlite3'):
        from streamo_ros.sources.bag import BagSource

        return BagSource(path, topic, salvage, at_reception)
    foreign = describe_foreign(path)
    if foreign:
        raise SourceError(foreign)
    try:
        from streamo_ros.sources.video import VideoSource
    except ImportError as error:
        raise SourceError(f'reading videos needs PyAV: pip install av ({error})') from error
    return VideoSource(path, salvage)
