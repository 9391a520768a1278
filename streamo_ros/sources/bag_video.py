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
from typing import Any

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
# Messages after which a picture is not waited for: 16 for its order, 8 for threads, and to spare.
_MOST_DELAYED = 64
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
    """The message of a packet.

    Attributes:
        stamp: its capture time, nanoseconds.
        frame_id: its optical frame.
        flaw: why it cannot be decoded; '' when it can be tried.
    """

    stamp: int
    frame_id: str
    flaw: str = ''


def decode_topic(
    messages: Iterable[Message],
    topic: str,
    type_name: str,
    salvage: bool,
    at_reception: bool = False,
) -> Iterator[VideoRecord]:
    """Decode the messages of a video topic.

    Args:
        messages: in the order of recording.
        topic: their topic.
        type_name: one of `VIDEO_TYPES`.
        salvage: use frames that build on a damaged one.
        at_reception: a picture was captured when its message was recorded.

    Yields:
        One record for each message, by its stamp; those without a picture have a flaw.

    Raises:
        SourceError: there is no decoder for the codec.
    """
    read = read_compressed_video if type_name == COMPRESSED_VIDEO else read_ffmpeg_packet
    stream = _Stream(topic, read, salvage, at_reception)
    for message in messages:
        yield from stream.feed(message)
    yield from stream.flush()


class _Stream:
    """Messages on their way through the decoder."""

    def __init__(
        self,
        topic: str,
        read: Callable[[Buffer], PacketBytes],
        salvage: bool,
        at_reception: bool,
    ) -> None:
        self._topic, self._read, self._salvage = topic, read, salvage
        self._at_reception = at_reception
        self._decoder: PacketDecoder | None = None
        self._codec = ''
        self._count = 0
        self._started = False
        # ffmpeg_image_transport counts its packets: a gap shows that a message was lost, which
        # decoders paper over with the pictures that they have.
        self._number, self._counts = -1, False
        self._origins: dict[int, _Origin] = {}

    def feed(self, message: Message) -> Iterator[VideoRecord]:
        try:
            coded = self._read(message.load())
            flaw = '' if coded.data else 'the message holds no packet'
            stamp = message.log_time if self._at_reception else coded.stamp
            origin = _Origin(stamp, coded.frame_id, flaw)
        except (CdrError, SourceError) as error:
            stamp = message.log_time if self._at_reception else peek_stamp(message.head) or 0
            origin = _Origin(stamp, '', str(error))
        self._origins[self._count] = origin
        if not origin.flaw:
            yield from self._decode(coded)
        self._count += 1
        overdue = [number for number in self._origins if number < self._count - _MOST_DELAYED]
        yield from self._give_up(overdue)

    def _decode(self, coded: PacketBytes) -> Iterator[VideoRecord]:
        if self._decoder is None or coded.codec != self._codec:
            yield from self.flush()
            self._codec, self._started = coded.codec, False
            self._decoder = PacketDecoder(_open(self._topic, coded.codec), self._salvage)
        decoder = self._decoder
        if self._counts and coded.number is not None and coded.number > self._number + 1:
            decoder.note_gap(self._count)
        self._count_on(coded.number)
        packet = _own_packet(coded.data)
        packet.pts = packet.dts = self._count
        yield from self._records(decoder.feed(packet))

    def _count_on(self, number: int | None) -> None:
        if number is not None:
            self._counts |= number == self._number + 1 and self._number >= 0
            self._number = number

    def flush(self) -> Iterator[VideoRecord]:
        if self._decoder is not None:
            yield from self._records(self._decoder.flush())
        yield from self._give_up([number for number in self._origins if number < self._count])

    def _records(self, frames: Iterable[Decoded]) -> Iterator[VideoRecord]:
        for decoded in frames:
            origin = self._origins.pop(decoded.pts if decoded.pts is not None else -1, None)
            if origin is None:  # a second picture of the same packet
                continue
            before = [n for n, other in self._origins.items() if other.stamp < origin.stamp]
            yield from self._give_up(before)
            if decoded.frame is None or decoded.flaw:
                yield self._bad(origin, decoded.flaw)
            else:
                self._started = True
                yield VideoRecord(
                    origin.stamp, decoded, topic=self._topic, frame_id=origin.frame_id
                )

    def _give_up(self, numbers: Iterable[int]) -> Iterator[VideoRecord]:
        """Messages that gave no picture, and will give none."""
        for number in numbers:
            origin = self._origins.pop(number)
            yield self._bad(origin, origin.flaw or _LOST)

    def _bad(self, origin: _Origin, flaw: str) -> VideoRecord:
        reason = flaw if self._started or origin.flaw else _AWAITING
        return VideoRecord(
            origin.stamp,
            Decoded(None, None, f'{self._codec or "video"}: {reason}'),
            topic=self._topic,
            frame_id=origin.frame_id,
        )


def _own_packet(data: memoryview) -> Packet[Any]:
    """A packet in memory of FFmpeg's own.

    A packet that borrows its bytes from Python is given back by a thread of the decoder, which
    waits for the interpreter, which may be waiting for the thread to end.
    """
    packet: Packet[Any] = Packet(len(data))
    packet.update(bytes(data))
    return packet


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
