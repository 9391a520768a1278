# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Video files as sources, through FFmpeg (PyAV).

Frame times are those of the container. Frame counts, frame rates and durations of a container are
hints: nothing but the estimate of the duration depends on them. All packets are decoded in order;
only frames that are sampled are converted to RGB. A pass over real clips of 640x360, sampled at
1 Hz, takes 1.1 to 1.3 times the CPU time that OpenCV takes for it. Who needs only the end of a
video may have its beginning left out.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from streamo_ros.sources.base import FIRST_STAMP
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.video_blank import mark_blank
from streamo_ros.sources.video_decoder import Decoded
from streamo_ros.sources.video_decoder import PacketDecoder
from streamo_ros.sources.video_file import check_video
from streamo_ros.sources.video_file import no_times
from streamo_ros.sources.video_file import open_video
from streamo_ros.sources.video_file import read_packets
from streamo_ros.sources.video_picture import to_picture
from streamo_ros.sources.video_times import in_order
from streamo_ros.sources.video_times import TimesError
from streamo_ros.sources.video_times import VideoTimeline

# How FFmpeg counts the durations of whole files.
_MICROSECOND = Fraction(1, 1_000_000)
# Containers that have an index of keyframes, and one time line.
_INDEXED = frozenset({'mov,mp4,m4a,3gp,3g2,mj2', 'matroska,webm'})
# Less is faster decoded than searched.
_WORTH_IT = 10 * 10**9
# Frames before the one that is wanted: a blank one is told by those around it.
_CONTEXT = 16


@dataclass(frozen=True, slots=True)
class VideoRecord:
    """A decoded frame of a video, not converted; see `Record`."""

    stamp: int
    decoded: Decoded
    before: VideoFrame | None = None
    after: VideoFrame | None = None
    topic: str = ''
    frame_id: str = ''

    def image(self) -> NDArray[np.uint8]:
        """Convert; see `Record`."""
        if self.decoded.flaw or self.decoded.frame is None:
            raise ImageError(self.decoded.flaw or 'the video frame cannot be decoded')
        return to_picture(self.decoded.frame, self.before, self.after)


class VideoSource:
    """A video file; its first frame has the stamp `FIRST_STAMP`. See `SeekableSource`.

    Args:
        path: any video that FFmpeg reads.
        salvage: read a video that was cut off, and use frames that build on damaged ones.

    Raises:
        SourceError: it cannot be decoded, has no frame times, is protected, or was cut off.
    """

    topic = ''
    first_stamp = FIRST_STAMP

    def __init__(self, path: Path, salvage: bool = False) -> None:
        self.name = str(path)
        self.note = ''
        self._path = path
        self._salvage = salvage
        self._missing = check_video(path, salvage)
        self._broken_off = ''
        self._searched = False
        self._first: int | None = None
        self.damage = f'{path} was cut off' if self._missing else ''
        container, stream = open_video(path)
        with container:
            self.duration = _duration(container, stream)

    def records(self, start: int = 0) -> Iterator[VideoRecord]:
        """All frames; see `Source`.

        Args:
            start: a stamp; frames before it may be left out. Which those are depends on the
                keyframes of the video.
        """
        if start >= FIRST_STAMP + _WORTH_IT and (first := self._first_time()) is not None:
            records = self._records(start, first)
            record = next(records, None)
            if record is not None and record.stamp <= start:
                yield record
                yield from records
                return
            records.close()
        yield from self._records()

    def close(self) -> None:
        """Nothing stays open between two passes."""

    def _records(self, start: int = 0, first: int | None = None) -> Generator[VideoRecord]:
        """All frames, or those from the keyframe before `start` on.

        Args:
            start: see `records`.
            first: time of the first frame of the video in the unit of its packets; None = there
                is no start.
        """
        container, stream = open_video(self._path)
        with container:
            decoder = PacketDecoder(stream.codec_context, self._salvage)
            timeline = VideoTimeline(stream.time_base or _MICROSECOND, first)
            if first is not None:
                before = 1 + _CONTEXT / (stream.average_rate or 1)
                seconds = Fraction(start - FIRST_STAMP, 10**9) - before
                place = first + int(seconds / (stream.time_base or _MICROSECOND))
                with suppress(FFmpegError):
                    container.seek(place, stream=stream)
            frames = self._decoded(container, stream, decoder, timeline)
            if container.format.name == 'avi':
                frames = in_order(frames)
            try:
                for (at, frame), before_it, after in _with_neighbors(
                    mark_blank(timeline.stamped(frames))
                ):
                    yield VideoRecord(FIRST_STAMP + at, frame, before_it, after)
            except TimesError as error:
                raise no_times(self._path) from error
            finally:
                self._conclude(decoder, timeline)

    def _first_time(self) -> int | None:
        """Time of the first frame in the unit of its packets; None = this video has no index."""
        if not self._searched:
            self._searched = True
            container, stream = open_video(self._path)
            with container:
                if container.format.name in _INDEXED:
                    decoder = PacketDecoder(stream.codec_context, self._salvage)
                    timeline = VideoTimeline(stream.time_base or _MICROSECOND)
                    frames = self._decoded(container, stream, decoder, timeline)
                    first = next(frames, None)
                    self._first = first.pts if first else None
        return self._first

    def _decoded(
        self,
        container: InputContainer,
        stream: VideoStream,
        decoder: PacketDecoder,
        timeline: VideoTimeline,
    ) -> Iterator[Decoded]:
        """All frames of the file in the order of presentation."""
        try:
            for packet in read_packets(container, stream):
                yield from decoder.feed(packet)
        except FFmpegError as error:
            self._broken_off = f'{self.name} is damaged {_at(timeline)}: {error.strerror}'
            if not self._salvage:
                message = f'{self._broken_off}; add --salvage to read what is before it'
                raise SourceError(message) from error
        yield from decoder.flush()

    def _conclude(self, decoder: PacketDecoder, timeline: VideoTimeline) -> None:
        """Say what a pass has shown."""
        sentences = [self._broken_off]
        if self._missing:
            sentences.append(
                f'{self.name} was cut off {_at(timeline)}: {self._missing} bytes are missing'
            )
        if decoder.damaged:
            first = timeline.seconds(decoder.first_damage)
            sentences.append(
                f'{self.name} is damaged at {first:.2f} s: {decoder.damaged} frames are not used'
                + ('' if self._salvage else '; --salvage uses those that only build on others')
            )
        self.damage = '; '.join(filter(None, sentences))
        if timeline.joints:
            places = ', '.join(f'{at / 1e9:.2f} s' for at in timeline.joints)
            self.note = f'its times begin again at {places}: recordings were joined there'


def _at(timeline: VideoTimeline) -> str:
    return f'after {timeline.newest / 1e9:.2f} s'


def _duration(container: InputContainer, stream: VideoStream) -> float | None:
    """Seconds, as far as the container tells; sound may make it too long.

    Matroska writes the end of a stream, and counts it from zero, in a tag.
    """
    start = float((stream.start_time or 0) * (stream.time_base or 0))
    match = re.fullmatch(r'(\d+):(\d+):([\d.]+)', stream.metadata.get('DURATION', ''))
    if match:
        hours, minutes, seconds = match.groups()
        return max(0.0, int(hours) * 3600 + int(minutes) * 60 + float(seconds) - start)
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return None if container.duration is None else float(container.duration * _MICROSECOND)


def _with_neighbors(
    frames: Iterable[tuple[int, Decoded]],
) -> Iterator[tuple[tuple[int, Decoded], VideoFrame | None, VideoFrame | None]]:
    """Each frame with the one before it and the one after it."""
    before: VideoFrame | None = None
    current: tuple[int, Decoded] | None = None
    for following in frames:
        if current is not None:
            yield current, before, following[1].frame
            before = current[1].frame
        current = following
    if current is not None:
        yield current, before, None
