# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Decodes packets in order, and marks the frames that are not what the camera saw.

A decoder goes on after an error: it copies, guesses or leaves out what it could not read, and
later frames build on the guess until the next keyframe. Such frames look like pictures. Here each
of them carries its flaw, so that nobody decides on one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from av.codec.context import CodecContext
from av.error import EOFError as EndOfStreamError
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.frame import VideoFrame

_REPORTED = 'the video is damaged here: the decoder reports errors'
_BUILDS_ON = 'the video is damaged before it: pictures are whole again from the next keyframe on'
_NO_KEYFRAME = 'it comes before the first keyframe'
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
        self._context = context
        self._lenient = lenient
        self._independent = context.codec.intra_only
        self._started = self._independent or context.codec.canonical_name in _CAREFUL
        self._marks_keyframes = False
        self._broken = False
        self._unread: list[Decoded] = []
        self.damaged = 0
        self.first_damage: int | None = None

    def feed(self, packet: Packet[Any]) -> list[Decoded]:
        """Decode a packet.

        Returns:
            Frames in the order of presentation, among them those that could not be decoded; they
            come with the frame after them.
        """
        if packet.is_keyframe:  # as far as a container says so; some decoders do not
            self._started = True
            self._broken &= self._marks_keyframes
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
        flaw = self._flaw(frame)
        if flaw and flaw != _NO_KEYFRAME:
            self._count(pts)
        return [*self._unread_before(pts), Decoded(pts, frame, flaw)]

    def _flaw(self, frame: VideoFrame) -> str:
        key = frame.key_frame or frame.pict_type == PictureType.I
        self._started |= key
        if frame.is_corrupt:
            self._broken = not self._independent
            return _REPORTED
        if frame.key_frame:
            self._marks_keyframes, self._broken = True, False
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


def open_decoder(name: str) -> VideoCodecContext:
    """A decoder for packets that come without a container.

    Args:
        name: FFmpeg's name of a codec, e.g. 'h264'.

    Raises:
        FFmpegError: there is none of that name.
    """
    context = CodecContext.create(name, 'r')
    assert isinstance(context, VideoCodecContext)
    # Frame threads would hold back one frame for each of them.
    context.thread_type = 'SLICE'
    return context
