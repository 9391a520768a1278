# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the small videos that tests read: every container, codec and fault that was met.

    python dev/make_test_videos.py FOLDER

Every picture is drawn, so that no recording of doubtful origin is kept. Needs PyAV alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

WIDTH, HEIGHT, RATE = 96, 64, 25
MILLISECOND = Fraction(1, 1000)
KEY = '00112233445566778899aabbccddeeff'

Rgb = NDArray[np.uint8]
Draw = Callable[[int], Rgb]


def bar(number: int, width: int = WIDTH, height: int = HEIGHT) -> Rgb:
    """A red left and a blue right half; a white bar moves along the upper edge."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2] = (200, 60, 40)
    picture[:, width // 2 :] = (40, 60, 200)
    at = 2 * number % (width - 16)
    picture[: height // 4, at : at + 16] = 250
    return picture


def write_video(
    path: Path,
    count: int = 30,
    codec: str = 'libx264',
    pixel_format: str = 'yuv420p',
    draw: Draw = bar,
    container: str | None = None,
    times: Iterable[int] | None = None,
    time_base: Fraction = Fraction(1, RATE),
    options: Mapping[str, str] = {},
    muxer: Mapping[str, str] = {},
    keyframes: int = 10,
    b_frames: int = 0,
    prepare: Callable[[VideoStream], None] = lambda _: None,
    finish: Callable[[Any], None] = lambda _: None,
) -> Path:
    """Write a video.

    Args:
        path: where to; its suffix chooses the container unless `container` does.
        count: number of frames.
        draw: makes the picture of a frame.
        times: of the frames, in units of `time_base`; None = 0, 1, 2, ...
        options: of the encoder.
        muxer: options of the container.
        keyframes: frames from one to the next.
        b_frames: most B-frames in a row.
        prepare: called with the stream before the first frame.
        finish: called with the container after the last frame.

    Returns:
        The path.
    """
    stamps = list(range(count)) if times is None else list(times)
    with av.open(str(path), 'w', format=container, options=dict(muxer)) as output:
        stream = output.add_stream(codec, rate=RATE, options=dict(options))
        assert isinstance(stream, VideoStream)
        first = draw(0)
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = time_base
        stream.codec_context.gop_size = keyframes
        stream.codec_context.max_b_frames = b_frames
        prepare(stream)
        for number, stamp in enumerate(stamps):
            picture = np.ascontiguousarray(draw(number))
            frame = av.VideoFrame.from_ndarray(picture, 'rgb24').reformat(format=pixel_format)
            frame.pts, frame.time_base = stamp, time_base
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
        finish(output)
    return path


def flip(path: Path, at: float, count: int = 3) -> Path:
    """Damage a file: flip bits of a few bytes at a fraction of its length."""
    data = bytearray(path.read_bytes())
    for number in range(count):
        data[int(len(data) * at) + 37 * number] ^= 0x55
    path.write_bytes(data)
    return path


def noise(number: int) -> Rgb:
    """A picture that does not compress, so that damage hits a frame and not a header."""
    picture = np.random.default_rng(5).integers(0, 200, (HEIGHT, WIDTH, 3), np.uint8)
    return np.roll(picture, number, 1)


def combed(number: int) -> Rgb:
    """Two fields of a moving bar woven into one picture."""
    picture = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    for field in range(2):
        at = 8 + 4 * (2 * number + field) % (WIDTH - 40)
        picture[field::2, at : at + 24] = 220
    return picture


def with_sound(seconds: float) -> Callable[[VideoStream], None]:
    """Prepare a stream whose container also holds sound of the given length."""

    def prepare(stream: VideoStream) -> None:
        output: Any = stream.container
        sound = output.add_stream('pcm_s16le', rate=8000, layout='mono')
        samples = av.AudioFrame.from_ndarray(
            np.zeros((1, int(seconds * 8000)), np.int16), 's16', 'mono'
        )
        samples.rate, samples.pts = 8000, 0
        output.start_encoding()
        output.mux(sound.encode(samples))

    return prepare


def packets(
    count: int = 30, codec: str = 'libx264', draw: Draw = bar, keyframes: int = 10
) -> list[bytes]:
    """The packets of a video without a container, one for each frame."""
    context: Any = av.CodecContext.create(codec, 'w')
    first = draw(0)
    context.height, context.width = first.shape[:2]
    context.pix_fmt = 'yuv420p'
    context.time_base = Fraction(1, RATE)
    context.framerate = Fraction(RATE)
    context.gop_size = keyframes
    context.max_b_frames = 0
    context.options = {'tune': 'zerolatency'} if codec == 'libx264' else {}
    coded = []
    for number in range(count):
        picture = np.ascontiguousarray(draw(number))
        frame = av.VideoFrame.from_ndarray(picture, 'rgb24').reformat(format='yuv420p')
        frame.pts = number
        coded += [bytes(packet) for packet in context.encode(frame)]
    return coded + [bytes(packet) for packet in context.encode(None)]


def make_all(folder: Path) -> None:
    """One whole video of each kind that tests compare."""
    folder.mkdir(parents=True, exist_ok=True)
    write_video(folder / 'plain.mp4')
    write_video(folder / 'b_frames.mp4', b_frames=3)
    write_video(folder / 'b_frames.avi', b_frames=3)
    write_video(folder / 'stream.ts', b_frames=2)
    write_video(folder / 'offset.mkv', times=range(3000, 4200, 40), time_base=MILLISECOND)
    write_video(
        folder / 'variable.mkv',
        times=[40 * n + 900 * (n // 10) + n * n % 7 for n in range(30)],
        time_base=MILLISECOND,
    )
    write_video(folder / 'live.webm', codec='libvpx-vp9', muxer={'live': '1'})
    write_video(folder / 'fragmented.mp4', muxer={'movflags': 'frag_keyframe+empty_moov'})
    write_video(folder / 'sound.mkv', prepare=with_sound(5))
    write_video(
        folder / 'interlaced.mpg',
        codec='mpeg2video',
        draw=combed,
        options={'flags': '+ildct+ilme', 'b': '4M'},
    )
    write_video(folder / '10_bit.mkv', codec='ffv1', pixel_format='yuv420p10le')
    write_video(folder / 'alpha.mov', codec='qtrle', pixel_format='argb')
    write_video(
        folder / 'odd.mkv',
        codec='ffv1',
        pixel_format='yuv444p',
        draw=lambda number: bar(number, WIDTH + 1, HEIGHT + 1),
    )
    write_video(folder / 'motion.avi', codec='mjpeg', pixel_format='yuvj420p')


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit('usage: python dev/make_test_videos.py FOLDER')
    make_all(Path(sys.argv[1]))
