# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Opens a video file with FFmpeg, and says why one cannot be decoded.

What is refused is refused before the first frame: files that are no video, encrypted ones, codecs
without a decoder, recordings without frame times and files that were cut off.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from streamo_ros.sources.base import SourceError
from streamo_ros.sources.container import has_index
from streamo_ros.sources.container import missing_bytes

# FFmpeg's AVFMT_NOTIMESTAMPS.
_NO_TIMESTAMPS = 0x80
# A phone's motion photo may hold two or three pictures in one file.
_PICTURES = 4
_STILL_BRANDS = ('heic', 'heix', 'mif1', 'avif')
# Packets until the first picture: two minutes of broadcast without a keyframe are not decodable.
_PATIENCE = 3000


def open_video(path: Path) -> tuple[InputContainer, VideoStream]:
    """Open a file and choose its video stream.

    Raises:
        SourceError: it is no video, or there is no decoder for it.
    """
    if not path.stat().st_size:
        raise SourceError(f'{path} is empty')
    try:
        # The prefix keeps FFmpeg from seeing a protocol in 'a:b.mp4'; only local files are opened,
        # whatever a playlist names.
        container = av.open(
            f'file:{path}',
            options={'protocol_whitelist': 'file'},
            metadata_errors='replace',
        )
    except (FFmpegError, OSError, ValueError) as error:
        raise SourceError(_unreadable(path, error)) from error
    try:
        return container, _video_stream(path, container)
    except BaseException:
        container.close()
        raise


def check_video(path: Path, salvage: bool) -> int:
    """Refuse a file whose frames cannot be used.

    Args:
        path: a video file.
        salvage: a file that was cut off is not an error.

    Returns:
        How many bytes are missing at the end of the file.

    Raises:
        SourceError: none of its packets can be decoded, they are encrypted, they have no times,
            or the file was cut off and `salvage` is False.
    """
    container, stream = open_video(path)
    with container:
        if container.format.flags & _NO_TIMESTAMPS:
            raise no_times(path)
        _decode_first(path, container, stream)
    missing = missing_bytes(path)
    if missing and not salvage:
        raise SourceError(
            f'{path} was cut off: its container declares {missing} bytes more than the file has; '
            'add --salvage to read what is there'
        )
    return missing


def read_packets(container: InputContainer, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
    """The packets of a stream, without the empty one that ends it.

    Raises:
        FFmpegError: the file is damaged here.
    """
    try:
        for packet in container.demux(stream):
            if packet.size:
                yield packet
    except IndexError:
        # PyAV 18.1 trips over streams that appear late, when all packets have been read.
        return


def no_times(path: Path) -> SourceError:
    """The refusal of a video without frame times."""
    return SourceError(
        f'{path} has no frame times: put it into a container that has them, '
        f'e.g. ffmpeg -r RATE -i {path} -c copy OUT.mp4'
    )


def _unreadable(path: Path, error: Exception) -> str:
    if not has_index(path):
        return (
            f"{path} has no index (its 'moov' box is missing): the recording was not finished; "
            'repair it with a tool such as untrunc'
        )
    if isinstance(error, OSError) and not isinstance(error, ValueError):
        return f'{path} cannot be read: {error.strerror}'
    return f'{path} is no video that can be read: the file is damaged or of an unknown format'


def _video_stream(path: Path, container: InputContainer) -> VideoStream:
    stream = container.streams.best('video')
    if stream is None or stream.disposition & Disposition.attached_pic:
        raise SourceError(f'{path} holds no video, only {_kinds(container) or "other data"}')
    assert isinstance(stream, VideoStream)
    brand = container.metadata.get('major_brand', '')
    if brand in _STILL_BRANDS or container.format.name.endswith(('_pipe', 'image2')):
        if len(list(itertools.islice(read_packets(container, stream), _PICTURES))) == _PICTURES:
            raise no_times(path)  # the JPEG images of a camera, one after the other
        raise SourceError(
            f'{path} is a still image: put it into a folder of images with a table times.csv'
        )
    if stream.codec_context is None:
        raise SourceError(
            f'{path} is coded as {_codec_name(container)}, for which this FFmpeg has no decoder: '
            f'convert it, e.g. to H.264'
        )
    return stream


def _kinds(container: InputContainer) -> str:
    return ' and '.join(sorted({stream.type for stream in container.streams}))


def _codec_name(container: InputContainer) -> str:
    """The codec's name, or its four characters, as FFmpeg's own description has them."""
    level = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)  # below it the description is empty
    try:
        text = container.dumps_format()  # type: ignore[attr-defined]
    finally:
        av.logging.set_level(level)
    match = re.search(r'Video: (\w+)(?:[^,]*\((\w{4}) / 0x)?', text)
    names = [name for name in match.groups() if name and name != 'none'] if match else []
    return names[0] if names else 'an unknown codec'


def _decode_first(path: Path, container: InputContainer, stream: VideoStream) -> None:
    """Decode until the first picture.

    Raises:
        SourceError: there is none, or it has no time.
    """
    reason = 'it has no frames'
    try:
        # Without a packet, the decoder gives away the frames that it holds back.
        packets = itertools.chain(read_packets(container, stream), (None,))
        for number, packet in enumerate(packets):
            if packet is not None and packet.has_sidedata('encryption_info'):
                raise SourceError(f'{path} is protected: its frames are encrypted')
            frames, error = _decode(stream, packet)
            if frames:
                if frames[0].pts is None and frames[0].dts is None:
                    raise no_times(path)
                return
            if error:
                reason = f'its {stream.codec_context.name} decoder says: {error}'
            if number > _PATIENCE:
                break
    except FFmpegError as error:
        reason = f'it is damaged: {error.strerror}'
    raise SourceError(f'{path} has no frame that can be decoded: {reason}')


def _decode(
    stream: VideoStream, packet: Packet[VideoStream] | None
) -> tuple[list[VideoFrame], str]:
    """The frames of a packet, or what the decoder says instead."""
    try:
        return stream.codec_context.decode(packet), ''
    except FFmpegError as error:
        return [], error.strerror or 'unknown error'
