# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera of this machine as a source, through OpenCV."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.sources.base import SourceError
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.library_noise import library_noise_muted


@dataclass(frozen=True, slots=True)
class GrabbedRecord:
    """The frame that OpenCV grabbed last; see `Record`."""

    stamp: int
    capture: cv2.VideoCapture
    topic: str = ''
    frame_id: str = ''

    def image(self) -> NDArray[np.uint8]:
        """Decode; see `Record`."""
        with library_noise_muted():
            decoded, bgr = self.capture.retrieve()
        if not decoded:
            raise ImageError('the camera frame cannot be decoded')
        return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]


class CameraSource:
    """A camera of this machine; stamps are the wall clock at capture. See `Source`.

    Args:
        path: /dev/videoN.

    Raises:
        SourceError: there is no such camera, or it is in use.
    """

    topic = ''
    duration = None
    damage = ''
    note = ''

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        number = int(self.name.removeprefix('/dev/video'))
        with library_noise_muted():
            self._capture = cv2.VideoCapture(number, cv2.CAP_V4L2)
        if not self._capture.isOpened():
            raise SourceError(
                f'the camera {self.name} cannot be opened: it is not there, in use, or needs the '
                "group 'video'"
            )

    def records(self) -> Iterator[GrabbedRecord]:
        """Frames until the camera stops; see `Source`."""
        while self._capture.grab():
            yield GrabbedRecord(time.time_ns(), self._capture)
        raise SourceError(f'the camera {self.name} stopped: it was unplugged or taken')

    def close(self) -> None:
        """Release the camera."""
        self._capture.release()
