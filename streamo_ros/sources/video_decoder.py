# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Decodes packets in order, and marks the frames that are not what the camera saw.

A decoder goes on after an error: it copies, guesses or leaves out what it could not read, and
later frames build on the guess until the next keyframe. Such frames look like pictures. Here each
of them carries its flaw, so that nobody decides on one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from av.codec import codecs_available
from av.codec.context import CodecContext
from av.error import DecoderNotFoundError
from av.error import EOFError as EndOfStreamError
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.frame import VideoFrame

_REPORTED = 'the video is damaged here: the decoder reports errors'
_BUILDS_ON = 'the video is damaged before it: pictures are whole again from the next keyframe on'
_NO_KEYFRAME = 'it comes before the first keyframe'
# Each holds back a frame.
_MOST_THREADS = 8
# These leave out by themselves what comes before a point at which decoding can begin.
_CAREFUL = frozenset({'h264'})


@dataclass(frozen=True, slots=True)
class Decoded:
    """One frame of a video.

    Attributes:
        pts: presentation time in the unit of its packets; None when it has none.
        frame: the picture, not converted; None when it could not be decoded.
        flaw: why it must not be used; '' when it may.
    """

    pts: int | None
    frame: VideoFrame | None
    flaw: str = ''


class PacketDecoder:
    """Decodes the packets of one stream.

    Args:
        context: an open decoder.
        lenient: use frames that build on a damaged one, as far as the decoder itself reports no
            error in them.

    Attributes:
        damaged: frames that were marked because of damage.
        first_damage: presentation time of the first of them.
    """

    def __init__(self, context: VideoCodecContext, lenient: bool = False) -> None:
        # Threads by frame also where there is one core: without them the H.264 decoder gives its
        # frames away before it knows that they are damaged (FFmpeg 8.1).
        context.thread_type = 'AUTO'
        context.thread_count = min(max(2, os.cpu_count() or 1), _MOST_THREADS)
        self._context = context
        self._lenient = lenient
        self._independent = context.codec.intra_only
        self._started = self._independent or context.codec.canonical_name in _CAREFUL
        # Some decoders mark no keyframes; then what the container says of their packets counts.
        self._keyframes: set[int] = set()
        self._broken = False
        self._gaps: list[int] = []
        self._unread: list[Decoded] = []
        self.damaged = 0
        self.first_damage: int | None = None

    def note_gap(self, pts: int) -> None:
        """Note that a packet is missing before the one of this time."""
        self._gaps.append(pts)

    def feed(self, packet: Packet[Any]) -> list[Decoded]:
        """Decode a packet.

        Returns:
            Frames in the order of presentation, among them those that could not be decoded; they
            come with the frame after them.
        """
        if packet.is_keyframe and packet.pts is not None:
            self._keyframes.add(packet.pts)
        try:
            frames = self._context.decode(packet)
        except EndOfStreamError:
            return []
        except FFmpegError as error:
            self._note_unread(packet, error)
            return []
        return [item for frame in frames for item in self._take(frame)]

    def flush(self) -> list[Decoded]:
        """The frames that the decoder still holds."""
        try:
            frames = self._context.decode(None)
        except FFmpegError:
            frames = []
        items = [item for frame in frames for item in self._take(frame)]
        return items + self._unread_before(None)

    def _take(self, frame: VideoFrame) -> list[Decoded]:
        pts = frame.pts if frame.pts is not None else frame.dts
        if self._gaps and pts is not None and pts >= self._gaps[0]:
            self._broken = not self._independent
            self._gaps = [gap for gap in self._gaps if gap > pts]
        flaw = self._flaw(frame, pts in self._keyframes)
        self._keyframes -= {pts}
        if flaw and flaw != _NO_KEYFRAME:
            self._count(pts)
        return [*self._unread_before(pts), Decoded(pts, frame, flaw)]

    def _flaw(self, frame: VideoFrame, is_key: bool) -> str:
        is_key |= frame.key_frame
        self._started |= is_key or frame.pict_type == PictureType.I
        if frame.is_corrupt:
            self._broken = not self._independent
            return _REPORTED
        if is_key:
            self._broken = False
        if not self._started:
            return _NO_KEYFRAME
        return _BUILDS_ON if self._broken and not self._lenient else ''

    def _note_unread(self, packet: Packet[Any], error: FFmpegError) -> None:
        self._broken = not self._independent
        pts = packet.pts if packet.pts is not None else packet.dts
        self._count(pts)
        if pts is not None:
            flaw = f'the video is damaged here: {error.strerror}'
            self._unread.append(Decoded(pts, None, flaw))

    def _count(self, pts: int | None) -> None:
        self.damaged += 1
        if self.first_damage is None:
            self.first_damage = pts

    def _unread_before(self, pts: int | None) -> list[Decoded]:
        """Those that could not be decoded and precede a time, by time."""
        due = [item for item in self._unread if pts is None or (item.pts or 0) < pts]
        self._unread = [item for item in self._unread if item not in due]
        return sorted(due, key=lambda item: item.pts or 0)


def open_decoder(codec: str) -> VideoCodecContext:
    """A decoder for packets that come without a container.

    Args:
        codec: FFmpeg's name of a codec, e.g. 'h264'.

    Raises:
        FFmpegError: there is no decoder for it.
    """
    # FFmpeg's own decoder of AV1 works on some GPUs alone.
    for name in ('libdav1d', 'libaom-av1') if codec == 'av1' else ():
        if name in codecs_available:
            codec = name
            break
    context = CodecContext.create(codec, 'r')
    if not isinstance(context, VideoCodecContext):
        raise DecoderNotFoundError(0, f'{codec} is not a video codec')
    return context
