# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The length of a video file, and its frames at given times.

Frames are selected by time, never by an integer stride, with the rule of the live sampler: the
first frame at or after the requested time; the last frame past the end.
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
    """Number of frames of a video, and its frame rate in frames per second."""

    frames: int
    rate: Fraction

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return self.frames / self.rate


def find_video(path: str, root: Path | None = None) -> Path:
    """The file an annotation refers to, relative to `root`, with or without extension.

    Raises:
        AnnotationError: there is no such file.
    """
    base = (root / path) if root else Path(path)
    for extension in EXTENSIONS:
        candidate = base.with_name(base.name + extension)
        if candidate.is_file():
            return candidate
    raise AnnotationError(f'the video {base} is missing')


def video_length(path: Path) -> VideoLength:
    """Length according to the container.

    Raises:
        AnnotationError: the file is not a readable video, or its length is unknown.
    """
    capture = cv2.VideoCapture(str(path))
    try:
        rate = capture.get(cv2.CAP_PROP_FPS)
        frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    finally:
        capture.release()
    if not (math.isfinite(rate) and rate > 0 and frames > 0):
        raise AnnotationError(f'the video {path} cannot be read: its length is unknown')
    # A denominator of 1001 makes the NTSC rates (24000/1001, 30000/1001, 60000/1001) exact.
    return VideoLength(frames, Fraction(rate).limit_denominator(1001))


def frames_at(path: Path, times: Sequence[Fraction]) -> Iterator[NDArray[np.uint8]]:
    """The frames at these times, decoded in one pass with one frame in memory.

    Args:
        path: the video.
        times: seconds, ascending.

    Yields:
        One RGB image, uint8, shape (height, width, 3), per time.

    Raises:
        AnnotationError: the times are not ascending, or the video cannot be decoded.
    """
    length = video_length(path)
    wanted = [max(0, math.ceil(time * length.rate)) for time in times]
    if wanted != sorted(wanted):
        raise AnnotationError(f'the frame times requested from {path} are not ascending')
    capture = cv2.VideoCapture(str(path))
    at, last = -1, None
    try:
        for index in wanted:
            while at < index and capture.grab():
                at += 1
                # Containers overstate their length: the last readable frame replaces those
                # missing at the end.
                if at >= min(index, length.frames - TAIL):
                    good, image = capture.retrieve()
                    last = image if good else last
            if last is None:
                raise AnnotationError(f'the video {path} cannot be decoded')
            yield np.ascontiguousarray(last[:, :, ::-1])
    finally:
        capture.release()
