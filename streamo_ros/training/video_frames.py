# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The frames of a video file that the live sampler would take, and their pixels.

Reads videos through `sources`, as replay does, and goes by each frame's own time stamp: frame
rates and frame numbers are wrong for many recordings.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.frame import FrameSampler
from streamo_ros.core.frame import SECOND
from streamo_ros.sources.base import Record
from streamo_ros.sources.base import SeekableSource
from streamo_ros.sources.base import Source
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.open import open_source
from streamo_ros.training.record import AnnotationError

EXTENSIONS = ('', '.mp4', '.mkv', '.webm', '.avi', '.mov')
FRAME_TABLE = 'times.csv'
"""In a folder that stands for a video: its frames and their times; see `frame_cache`."""
ROUNDING = 1000
"""Nanoseconds by which a stored frame time, rounded to microseconds, may exceed its stamp."""


@dataclass(frozen=True)
class SampledVideo:
    """Which frames of a video are sampled; times in seconds since its first frame.

    Attributes:
        times: frame time by tick number; a tick in a gap of the video has no frame.
        last: time of the last frame, sampled or not.
        duration: `last` plus a usual frame interval.
    """

    times: dict[int, Fraction]
    last: Fraction
    duration: Fraction


def find_video(path: str, root: Path | None = None) -> Path:
    """The file an annotation refers to, relative to `root`, with or without extension.

    A folder of frames counts as a video.

    Raises:
        AnnotationError: there is no such file.
    """
    base = (root / path) if root else Path(path)
    for extension in EXTENSIONS:
        candidate = base.with_name(base.name + extension)
        if candidate.is_file() or (candidate / FRAME_TABLE).is_file():
            return candidate
    raise AnnotationError(f'the video {base} is missing')


def sample_video(path: Path, rate: Fraction) -> SampledVideo:
    """Find the frames that the live sampler takes, in one pass over the time stamps.

    Args:
        path: the video.
        rate: frames per second.

    Raises:
        AnnotationError: it cannot be read, or has no frames.
    """
    sampler, times = FrameSampler(rate), {}
    with _opened(path) as source:
        stamps = [record.stamp for record in _records(path, source)]
    if not stamps:
        raise AnnotationError(f'the video {path} has no frames')
    for stamp in stamps:
        tick = sampler.offer(stamp)
        if tick is not None and tick.stream_id == 1:
            times[int(tick.start * rate)] = Fraction(stamp - stamps[0], SECOND)
    last = max(stamps) - stamps[0]
    steps = [after - before for before, after in pairwise(stamps)]
    usual = round(median(steps)) if steps else round(SECOND / rate)
    return SampledVideo(times, Fraction(last, SECOND), Fraction(last + max(usual, 0), SECOND))


def part_of(
    video: SampledVideo, start: Fraction, end: Fraction | None, rate: Fraction
) -> SampledVideo:
    """A part of a sampled video, as if it were a video of its own.

    Args:
        video: the whole.
        start: seconds.
        end: seconds; None = the end of the video.
        rate: frames per second.

    Raises:
        AnnotationError: no frame of the video is in it.
    """
    first = math.ceil(start * rate)
    last = video.last if end is None else min(video.last, end)
    times = {k - first: t - start for k, t in video.times.items() if k >= first and t <= last}
    if not times:
        raise AnnotationError(f'the video ends before second {float(start):g}')
    length = (video.duration if last == video.last else last) - start
    return SampledVideo(times, last - start, length)


def frames_at(path: Path, times: Sequence[Fraction]) -> Iterator[NDArray[np.uint8]]:
    """The first frame at or after each time, in one pass with one frame in memory.

    The pass begins at the keyframe before the first time, where the container can tell.

    Args:
        path: the video.
        times: seconds since the first frame, ascending.

    Yields:
        One RGB image, uint8, shape (height, width, 3), per time; past the end the last one again.

    Raises:
        AnnotationError: the times are not ascending, or the video cannot be decoded.
    """
    wanted = [round(time * SECOND) - ROUNDING for time in times]
    if wanted != sorted(wanted):
        raise AnnotationError(f'the frame times requested from {path} are not ascending')
    with _opened(path) as source:
        yield from _frames(path, source, wanted)


def _frames(path: Path, source: Source, wanted: Sequence[int]) -> Iterator[NDArray[np.uint8]]:
    """See `frames_at`; times in nanoseconds."""
    start = source.first_stamp + wanted[0] if isinstance(source, SeekableSource) and wanted else 0
    records = _records(path, source, start)
    record = next(records, None)
    newest = record.stamp if record else 0
    origin = source.first_stamp if isinstance(source, SeekableSource) else newest
    image: NDArray[np.uint8] | None = None
    for time in wanted:
        while record is not None and record.stamp - origin < time:
            newest, image = record.stamp, None
            record = next(records, None)
        if image is None:
            image = _image(path, record) if record else _last_image(path, source, newest)
        yield image


def _last_image(path: Path, source: Source, stamp: int) -> NDArray[np.uint8]:
    """The frame of the last stamp, which had been passed before it was known to be the last."""
    for record in _records(path, source, stamp):
        if record.stamp >= stamp:
            return _image(path, record)
    raise AnnotationError(f'the video {path} has no frames')


@contextmanager
def _opened(path: Path) -> Iterator[Source]:
    """A video, of which a damaged one is used up to the damage."""
    try:
        source = open_source(path, salvage=True)
    except SourceError as error:
        raise AnnotationError(f'the video {path} cannot be read: {error}') from error
    try:
        yield source
    finally:
        source.close()


def _records(path: Path, source: Source, start: int = 0) -> Iterator[Record]:
    """All readable records; those before `start` may be left out."""
    try:
        yield from (
            source.records(start) if isinstance(source, SeekableSource) else source.records()
        )
    except SourceError as error:
        raise AnnotationError(f'the video {path} cannot be read: {error}') from error


def _image(path: Path, record: Record) -> NDArray[np.uint8]:
    try:
        return np.ascontiguousarray(record.image())
    except ImageError as error:
        raise AnnotationError(f'the video {path} cannot be decoded: {error}') from error
