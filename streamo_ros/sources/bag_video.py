# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Video that a bag holds packet by packet: foxglove's CompressedVideo and ffmpeg_image_transport.

Every packet is decoded, in the order of recording, because each builds on those before it; only
sampled frames are converted to RGB. A recording usually begins between two keyframes: until the
first keyframe nothing can be decoded, and those frames are bad frames with that reason. A frame
has the stamp and the frame_id of the message in which it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass

from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from streamo_ros.sources.base import SourceError
from streamo_ros.sources.cdr import Buffer
from streamo_ros.sources.cdr import CdrError
from streamo_ros.sources.cdr import PacketBytes
from streamo_ros.sources.cdr import peek_stamp
from streamo_ros.sources.cdr import read_compressed_video
from streamo_ros.sources.cdr import read_ffmpeg_packet
from streamo_ros.sources.storage import Message
from streamo_ros.sources.topics import COMPRESSED_VIDEO
from streamo_ros.sources.video import VideoRecord
from streamo_ros.sources.video_decoder import Decoded
from streamo_ros.sources.video_decoder import open_decoder
from streamo_ros.sources.video_decoder import PacketDecoder

_AWAITING = 'no keyframe has come yet: a video can be decoded from its first keyframe on'
_LOST = 'the decoder gives no picture for this packet'
# What encoders and formats are called, and the codec that they speak.
_CODECS = {
    r'.*h\.?264.*|libx264.*|avc.*': 'h264',
    r'.*h\.?265.*|libx265.*|.*hevc.*': 'hevc',
    r'.*av1.*|librav1e': 'av1',
    r'.*vp8.*|libvpx': 'vp8',
    r'.*vp9.*|libvpx-vp9': 'vp9',
}


@dataclass(frozen=True, slots=True)
class _Origin:
    """The message of a packet: its stamp, nanoseconds, and its frame_id."""

    stamp: int
    frame_id: str


def decode_topic(
    messages: Iterable[Message], topic: str, type_name: str, salvage: bool
) -> Iterator[VideoRecord]:
    """Decode the messages of a video topic.

    Args:
        messages: in the order of recording.
        topic: their topic.
        type_name: one of `VIDEO_TYPES`.
        salvage: use frames that build on a damaged one.

    Yields:
        One record for each message, by its stamp; those without a picture have a flaw.

    Raises:
        SourceError: there is no decoder for the codec.
    """
    read = read_compressed_video if type_name == COMPRESSED_VIDEO else read_ffmpeg_packet
    stream = _Stream(topic, read, salvage)
    for message in messages:
        yield from stream.feed(message)
    yield from stream.flush()


class _Stream:
    """Messages on their way through the decoder."""

    def __init__(self, topic: str, read: Callable[[Buffer], PacketBytes], salvage: bool) -> None:
        self._topic, self._read, self._salvage = topic, read, salvage
        self._decoder: PacketDecoder | None = None
        self._codec = ''
        self._count = 0
        self._started = False
        self._origins: dict[int, _Origin] = {}

    def feed(self, message: Message) -> Iterator[VideoRecord]:
        try:
            coded = self._read(message.load())
        except (CdrError, SourceError) as error:
            yield self._unreadable(message, str(error))
            return
        decoder = self._decoder_for(coded.codec)
        packet = Packet(bytes(coded.data))
        packet.pts = packet.dts = self._count
        self._origins[self._count] = _Origin(coded.stamp, coded.frame_id)
        self._count += 1
        yield from self._records(decoder.feed(packet))

    def flush(self) -> Iterator[VideoRecord]:
        if self._decoder is not None:
            yield from self._records(self._decoder.flush())
        yield from self._lost(None)

    def _decoder_for(self, name: str) -> PacketDecoder:
        if self._decoder is None or name != self._codec:
            self._codec = name
            self._decoder = PacketDecoder(_open(self._topic, name), self._salvage)
        return self._decoder

    def _records(self, frames: Iterable[Decoded]) -> Iterator[VideoRecord]:
        for decoded in frames:
            origin = self._origins.pop(decoded.pts if decoded.pts is not None else -1, None)
            if origin is None:  # a second picture of the same packet
                continue
            yield from self._lost(origin.stamp)
            if decoded.frame is None or decoded.flaw:
                yield self._bad(origin, decoded.flaw)
            else:
                self._started = True
                yield VideoRecord(
                    origin.stamp, decoded, topic=self._topic, frame_id=origin.frame_id
                )

    def _lost(self, stamp: int | None) -> Iterator[VideoRecord]:
        """Messages before a stamp, or all, that gave no picture."""
        lost = [
            number
            for number, origin in self._origins.items()
            if stamp is None or origin.stamp < stamp
        ]
        for number in lost:
            yield self._bad(self._origins.pop(number), _LOST)

    def _unreadable(self, message: Message, reason: str) -> VideoRecord:
        stamp = peek_stamp(message.head) or 0
        return VideoRecord(stamp, Decoded(None, None, reason), topic=self._topic)

    def _bad(self, origin: _Origin, flaw: str) -> VideoRecord:
        reason = flaw if self._started else _AWAITING
        return VideoRecord(
            origin.stamp,
            Decoded(None, None, f'{self._codec or "video"}: {reason}'),
            topic=self._topic,
            frame_id=origin.frame_id,
        )


def _open(topic: str, name: str) -> VideoCodecContext:
    """A decoder for what a message calls its codec, e.g. 'h264_nvenc;yuv420p;bgr8;bgr8'."""
    first = name.partition(';')[0].strip().lower()
    codec = next((codec for names, codec in _CODECS.items() if re.fullmatch(names, first)), first)
    try:
        return open_decoder(codec)
    except (FFmpegError, ValueError) as error:
        raise SourceError(
            f'{topic} holds {name or "unnamed"!r} video, for which this FFmpeg has no decoder'
        ) from error
