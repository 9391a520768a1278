# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A video file as training sees it: its length, and the frames at given times.

Knows OpenCV and time. A frame is chosen by its time and never by an integer stride, by the rule of
the live sampler: the first frame at or after the wanted time, the last one behind the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.training.record import AnnotationError

TAIL = 30
EXTENSIONS = ('', '.mp4', '.mkv', '.webm', '.avi', '.mov')


@dataclass(frozen=True)
class VideoLength:
    """Frames of a video and its frame rate (frames a second)."""

    frames: int
    rate: Fraction

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return self.frames / self.rate


def find_video(path: str, root: Path | None = None) -> Path:
    """The file that an annotation names, below `root`, with or without its extension.

    Raises:
        AnnotationError: there is none.
    """
    base = (root / path) if root else Path(path)
    for extension in EXTENSIONS:
        candidate = base.with_name(base.name + extension)
        if candidate.is_file():
            return candidate
    raise AnnotationError(f'the video {base} is missing')


def video_length(path: Path) -> VideoLength:
    """Length as the container states it.

    Raises:
        AnnotationError: the file cannot be read as a video, or states no length.
    """
    capture = cv2.VideoCapture(str(path))
    try:
        rate = capture.get(cv2.CAP_PROP_FPS)
        frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    finally:
        capture.release()
    if not (math.isfinite(rate) and rate > 0 and frames > 0):
        raise AnnotationError(f'the video {path} cannot be read: it states no length')
    # 1001 holds the NTSC rates: 24000/1001, 30000/1001 and 60000/1001 come out exact.
    return VideoLength(frames, Fraction(rate).limit_denominator(1001))


def frames_at(path: Path, times: Sequence[Fraction]) -> Iterator[NDArray[np.uint8]]:
    """The frames at these times, decoded in one pass, one in memory.

    Args:
        path: the video.
        times: seconds, ascending.

    Yields:
        RGB, uint8, shape (height, width, 3), one for each time.

    Raises:
        AnnotationError: the times do not ascend, or the video cannot be decoded.
    """
    length = video_length(path)
    wanted = [max(0, math.ceil(time * length.rate)) for time in times]
    if wanted != sorted(wanted):
        raise AnnotationError(f'the frame times asked of {path} do not ascend')
    capture = cv2.VideoCapture(str(path))
    at, last = -1, None
    try:
        for index in wanted:
            while at < index and capture.grab():
                at += 1
                # Containers overstate their length: the newest frame near the end stands for
                # the rest.
                if at >= min(index, length.frames - TAIL):
                    good, image = capture.retrieve()
                    last = image if good else last
            if last is None:
                raise AnnotationError(f'the video {path} cannot be decoded')
            yield np.ascontiguousarray(last[:, :, ::-1])
    finally:
        capture.release()
