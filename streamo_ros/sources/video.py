# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Video files and cameras as sources, through OpenCV.

Knows frame times: those of the container, or the clock at the moment of capture. Frame rates and
frame numbers are never used, since real recordings do not keep them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.sources.base import FIRST_STAMP
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.image import ImageError

# A container may count a few frames that cannot be shown; more missing is damage.
_MISSING = 0.1
_STUCK = 3


@dataclass(frozen=True, slots=True)
class GrabbedRecord:
    """The frame that OpenCV grabbed last; see `Record`."""

    stamp: int
    capture: cv2.VideoCapture
    topic: str = ''
    frame_id: str = ''

    def image(self) -> NDArray[np.uint8]:
        """Decode; see `Record`."""
        decoded, bgr = self.capture.retrieve()
        if not decoded:
            raise ImageError('the video frame cannot be decoded')
        return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]


class VideoSource:
    """A video file; its first frame has the stamp `FIRST_STAMP`. See `Source`.

    Args:
        path: any video that OpenCV reads.
        salvage: a video that ends early is not an error.

    Raises:
        SourceError: it cannot be read, or has no frame times.
    """

    topic = ''

    def __init__(self, path: Path, salvage: bool = False) -> None:
        self.name = str(path)
        self.damage = ''
        self._salvage = salvage
        capture = self._open()
        self._count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        rate = capture.get(cv2.CAP_PROP_FPS)
        self.duration = self._count / rate if rate > 0 and self._count > 0 else None
        capture.release()

    def records(self) -> Iterator[GrabbedRecord]:
        """All frames; see `Source`."""
        capture, seen, stuck, newest = self._open(), 0, 0, -1.0
        try:
            while capture.grab():
                seen, at = seen + 1, capture.get(cv2.CAP_PROP_POS_MSEC)
                stuck = 0 if at > newest else stuck + 1
                if stuck >= _STUCK:
                    raise SourceError(
                        f'{self.name} has no frame times: put it into a container that has them, '
                        f'e.g. ffmpeg -r RATE -i {self.name} -c copy OUT.mp4'
                    )
                newest = max(at, newest)
                yield GrabbedRecord(FIRST_STAMP + round(at * 1e6), capture)
        finally:
            capture.release()
        self._check_end(seen)

    def close(self) -> None:
        """Nothing stays open between two passes."""

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(self.name, cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise SourceError(
                f'{self.name} is no video that can be read: the file is damaged or its codec is '
                'not known to OpenCV'
            )
        return capture

    def _check_end(self, seen: int) -> None:
        if seen >= self._count * (1 - _MISSING) and seen:
            return
        self.damage = f'{self.name} ends after {seen} of {self._count} frames: it is damaged'
        if not self._salvage or not seen:
            raise SourceError(f'{self.damage}; add --salvage to replay what is readable')


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

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        number = int(self.name.removeprefix('/dev/video'))
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
        """Let go of the camera."""
        self._capture.release()
