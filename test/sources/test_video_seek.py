# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The end of a video is the same whether or not what comes before it is read."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from streamo_ros.sources import video
from streamo_ros.sources.base import FIRST_STAMP
from streamo_ros.sources.base import SeekableSource
from streamo_ros.sources.open import open_source

VIDEOS = {
    'b_frames.mp4': ('libx264', {'g': '24', 'bf': '3'}, 2),
    'open_groups.mkv': ('libx264', {'x264-params': 'keyint=20:open-gop=1:bframes=3'}, 0),
    'one_keyframe.mp4': ('libx264', {'x264-params': 'keyint=10000:scenecut=0'}, 0),
    'vp9.webm': ('libvpx-vp9', {'g': '30', 'deadline': 'realtime', 'cpu-used': '8'}, 0),
    'old.mp4': ('mpeg4', {'g': '12', 'bf': '2'}, 7),
}
FRAMES = 320


def write(path: Path, codec: str, options: dict[str, str], late: int) -> None:
    """A video of 32 s whose frames come at uneven times, the first of them late."""
    with av.open(str(path), 'w') as container:
        stream = container.add_stream(codec, rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p'
        stream.codec_context.time_base = Fraction(1, 1000)
        for k in range(FRAMES):
            image = np.full((48, 64, 3), (7 * k) % 256, np.uint8)
            image[:, : k % 64] = 255 - image[:, : k % 64]
            frame = av.VideoFrame.from_ndarray(image, format='rgb24')
            frame.pts, frame.time_base = 1000 * late + 100 * k + 11 * (k % 5), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.parametrize('name', VIDEOS)
def test_what_is_read_from_the_middle_on_is_what_a_whole_pass_gives(tmp_path, name, monkeypatch):
    path = tmp_path / name
    try:
        write(path, *VIDEOS[name])
    except av.error.EncoderNotFoundError:
        pytest.skip(f'this FFmpeg cannot write {name}')
    fed = []
    feed = video.PacketDecoder.feed
    monkeypatch.setattr(
        video.PacketDecoder, 'feed', lambda self, packet: fed.append(0) or feed(self, packet)
    )
    source = open_source(path)
    assert isinstance(source, SeekableSource)
    whole = [(record.stamp, record.image()) for record in source.records()]
    assert len(whole) == FRAMES
    assert whole[0][0] == source.first_stamp
    assert len(fed) == FRAMES
    for start in (0.0, 9.0, 10.0, 12.34, 17.0, 25.5, 31.9, 40.0):
        stamp = FIRST_STAMP + round(start * 1e9)
        fed.clear()
        rest = [(record.stamp, record.image()) for record in source.records(stamp)]
        wanted = [(at, image) for at, image in whole if at >= stamp]
        assert [at for at, _ in rest] == [at for at, _ in whole[FRAMES - len(rest) :]]
        assert len(rest) >= len(wanted)
        for (_, one), (_, other) in zip(rest[len(rest) - len(wanted) :], wanted, strict=True):
            np.testing.assert_array_equal(one, other)
        if start == 25.5 and name != 'one_keyframe.mp4':
            assert len(fed) < FRAMES / 2


def test_a_video_without_an_index_is_read_whole(tmp_path):
    path = tmp_path / 'stream.ts'
    write(path, 'mpeg4', {}, 3)
    source = open_source(path)
    stamps = [record.stamp for record in source.records()]
    assert [record.stamp for record in source.records(FIRST_STAMP + 20 * 10**9)] == stamps
