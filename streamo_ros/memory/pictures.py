# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The kept pictures: one JPEG file each, named by the frame's row, readable by this user only."""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.sources.jpeg_encoder import jpeg

_MOST_PIXELS = 448 * 448
_QUALITY = 80
_END = b'\xff\xd9'
# Few enough files in a folder for any file system.
_PER_FOLDER = 1000


def encode_picture(image: NDArray[np.uint8]) -> bytes:
    """A picture as it is kept: of at most 448 x 448 pixels in area, JPEG of quality 80.

    Args:
        image: RGB, uint8, shape (height, width, 3).
    """
    height, width = image.shape[:2]
    if height * width > _MOST_PIXELS:
        scale = (_MOST_PIXELS / (height * width)) ** 0.5
        size = max(1, int(width * scale)), max(1, int(height * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return jpeg(image, _QUALITY).tobytes()


class Pictures:
    """The files of a store.

    Args:
        folder: where they are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, frame: int) -> Path:
        """Where the picture of a frame is."""
        return self._folder / f'{frame // _PER_FOLDER:06d}' / f'{frame}.jpg'

    def write(self, frame: int, data: bytes) -> None:
        """Keep a picture; a part of a file is never left behind.

        Raises:
            OSError: it cannot be written.
        """
        path = self.path(frame)
        for folder in (self._folder, path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(file, 'wb', buffering=0) as stream:
                if stream.write(data) != len(data):
                    raise OSError(28, 'No space left on device', str(path))
        except BaseException:
            with suppress(OSError):
                path.unlink()
            raise

    def read(self, frame: int) -> bytes:
        """The JPEG file of a frame; b'' when it is gone."""
        try:
            return self.path(frame).read_bytes()
        except OSError:
            return b''

    def image(self, frame: int) -> NDArray[np.uint8] | None:
        """The picture of a frame, RGB, uint8, shape (height, width, 3); None when it is gone."""
        data = self.read(frame)
        # Our own files are whole or, after a power cut, cut off: no search for what is missing.
        if not data.endswith(_END):
            return None
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        if pixels is None:
            return None
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)

    def delete(self, frames: Iterable[int]) -> None:
        """Delete pictures, and the folders that are empty then."""
        folders = set()
        for frame in frames:
            path = self.path(frame)
            path.unlink(missing_ok=True)
            folders.add(path.parent)
        for folder in folders:
            with suppress(OSError):
                folder.rmdir()

    def all(self) -> Iterator[int]:
        """The frames that have a file."""
        for path in self._folder.glob('*/*.jpg'):
            with suppress(ValueError):
                yield int(path.stem)
