# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a video is named; frames that are not what the camera saw are marked."""

from __future__ import annotations

import contextlib

import cv2
import numpy as np
import pytest

from streamo_ros.sources.base import SourceError
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.open import open_source


def flaws(source):
    """The flaw of each frame; '' where there is none."""
    result = []
    for record in source.records():
        try:
            record.image()
            result.append('')
        except ImageError as error:
            result.append(str(error))
    return result


def spans(found):
    """Numbers of the frames that have a flaw."""
    return [number for number, flaw in enumerate(found) if flaw]


def cut(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def test_damaged_frame_is_marked_and_the_others_go_on(maker, tmp_path):
    path = maker.write_video(tmp_path / 'a.mkv', draw=maker.noise, keyframes=1)
    source = open_source(maker.flip(path, 0.5))
    found = flaws(source)
    assert len(found) == 30
    assert len(spans(found)) == 1
    assert 'the video is damaged here' in found[spans(found)[0]]
    assert 'a.mkv is damaged at 0.' in source.damage


def test_frames_that_build_on_a_damaged_one_are_marked_until_a_keyframe(maker, tmp_path):
    path = maker.flip(maker.write_video(tmp_path / 'a.mkv', draw=maker.noise), 0.5)
    source = open_source(path)
    found = flaws(source)
    first = spans(found)[0]
    assert spans(found) == list(range(first, 10 * (first // 10 + 1)))
    assert found[first] == 'the video is damaged here: the decoder reports errors'
    assert 'whole again from the next keyframe' in found[first + 1]
    assert f'is damaged at {first / 25:.2f} s: {len(spans(found))} frames' in source.damage


def test_salvage_uses_frames_that_only_build_on_a_damaged_one(maker, tmp_path):
    path = maker.flip(maker.write_video(tmp_path / 'a.mkv', draw=maker.noise), 0.5)
    assert len(spans(flaws(open_source(path, salvage=True)))) == 1


@pytest.mark.parametrize(
    ('name', 'options'),
    [
        ('a.mkv', {}),
        ('a.avi', {}),
        ('a.mp4', {'muxer': {'movflags': 'faststart'}}),
        ('b.mp4', {'muxer': {'movflags': 'frag_keyframe+empty_moov'}}),
    ],
)
def test_a_file_that_was_cut_off_is_refused_at_the_door_and_salvaged(
    maker, tmp_path, name, options
):
    path = cut(maker.write_video(tmp_path / name, draw=maker.noise, **options), 0.6)
    with pytest.raises(SourceError, match=r'was cut off: its container declares \d+ bytes more'):
        open_source(path)
    source = open_source(path, salvage=True)
    found = flaws(source)
    assert 5 < len(found) < 30
    assert not found[0]
    assert 'was cut off' in source.damage


@pytest.mark.parametrize(
    ('share', 'sentence'),
    [(0.7, "has no index .its 'moov' box is missing.: the recording was not finished")],
)
def test_an_unfinished_mp4_is_named(maker, tmp_path, share, sentence):
    path = cut(maker.write_video(tmp_path / 'a.mp4', draw=maker.noise), share)
    for salvage in (False, True):
        with pytest.raises(SourceError, match=sentence):
            open_source(path, salvage=salvage)


def test_an_encrypted_video_is_called_protected(maker, tmp_path):
    keys = {
        'encryption_scheme': 'cenc-aes-ctr',
        'encryption_key': maker.KEY,
        'encryption_kid': maker.KEY,
    }
    path = maker.write_video(tmp_path / 'a.mp4', muxer=keys)
    with pytest.raises(SourceError, match='is protected: its frames are encrypted'):
        open_source(path)


def test_a_codec_without_decoder_is_named(maker, tmp_path):
    path = maker.write_video(tmp_path / 'a.mp4')
    data = path.read_bytes().replace(b'avc1', b'RACA').replace(b'avcC', b'free')
    path.write_bytes(data)
    with pytest.raises(SourceError, match='is coded as RACA, for which this FFmpeg has no dec'):
        open_source(path)


@pytest.mark.parametrize(
    ('container', 'codec', 'pixel_format'),
    [
        ('h264', 'libx264', 'yuv420p'),
        ('mpeg2video', 'mpeg2video', 'yuv420p'),
        ('mjpeg', 'mjpeg', 'yuvj420p'),
    ],
)
def test_a_stream_without_container_has_no_times(maker, tmp_path, container, codec, pixel_format):
    path = maker.write_video(
        tmp_path / 'raw', codec=codec, pixel_format=pixel_format, container=container
    )
    with pytest.raises(SourceError, match='has no frame times: put it into a container'):
        open_source(path)


@pytest.mark.parametrize(
    ('data', 'sentence'),
    [
        (b'', 'is empty'),
        (b'this is no video', 'is no video that can be read'),
        (bytes(5000), 'is no video that can be read'),
    ],
)
def test_what_is_no_video_is_refused(tmp_path, data, sentence):
    (tmp_path / 'a.mp4').write_bytes(data)
    with pytest.raises(SourceError, match=sentence):
        open_source(tmp_path / 'a.mp4')


def test_sound_alone_is_no_video(tmp_path):
    import av

    with av.open(str(tmp_path / 'a.wav'), 'w') as output:
        stream = output.add_stream('pcm_s16le', rate=8000, layout='mono')
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), 's16', 'mono')
        frame.rate = 8000
        output.mux(stream.encode(frame))
    with pytest.raises(SourceError, match='holds no video, only audio'):
        open_source(tmp_path / 'a.wav')


def test_a_still_image_is_not_a_video_of_one_frame(maker, tmp_path):
    import cv2

    cv2.imwrite(str(tmp_path / 'a.png'), maker.bar(0))
    with pytest.raises(SourceError, match='is a still image: put it into a folder'):
        open_source(tmp_path / 'a.png')


@pytest.mark.parametrize('name', ['plain.mp4', 'stream.ts', 'variable.mkv', 'b_frames.avi'])
@pytest.mark.parametrize('seed', range(8))
def test_whatever_is_broken_is_a_sentence_or_a_bad_frame(videos, tmp_path, name, seed):
    random = np.random.default_rng(seed)
    data = bytearray((videos / name).read_bytes())
    for at in random.integers(0, len(data), 12):
        data[at] ^= 1 << int(random.integers(8))
    if seed % 2:
        at = int(random.integers(100, len(data)))
        del data[at : at + int(random.integers(1, 900))]
    (tmp_path / name).write_bytes(data)
    for salvage in (False, True):
        with contextlib.suppress(SourceError):
            assert len(flaws(open_source(tmp_path / name, salvage=salvage))) < 100


def level(*values):
    """Draws even pictures of the given values; None is a scene, a fraction is it at less light."""

    def draw(number):
        value = values[number]
        if value is None or isinstance(value, float):
            picture = np.full((64, 96, 3), 120, np.uint8)
            picture[16:48, 2 * number : 2 * number + 20] = 240
            return (picture * (value or 1.0)).astype(np.uint8)
        return np.full((64, 96, 3), value, np.uint8)

    return draw


@pytest.mark.parametrize(
    ('values', 'marked'),
    [
        ([None] * 10 + [0] + [None] * 10, [10]),
        ([None] * 10 + [0] * 5 + [None] * 10, [10, 11, 12, 13, 14]),
        ([None] * 10 + [255] * 2 + [None] * 10, [10, 11]),
        # A black beginning, a black end, and a light that is switched off are true.
        ([0] * 8 + [None] * 10, []),
        ([None] * 10 + [0] * 8, []),
        ([None] * 8 + [0] * 20 + [None] * 8, []),
        # So is a fade to black and back.
        ([None, 0.6, 0.3, 0.1, 0.02, 0, 0, 0.02, 0.1, 0.3, 0.6, None], []),
    ],
)
def test_blank_frames_between_pictures_are_marked(maker, tmp_path, values, marked):
    path = maker.write_video(tmp_path / 'a.mkv', len(values), codec='ffv1', draw=level(*values))
    found = flaws(open_source(path))
    assert spans(found) == marked
    assert all('all of one value' in found[number] for number in marked)


@pytest.mark.parametrize('pixel_format', ['yuv420p10le', 'bgr0', 'gray', 'gray16le'])
def test_blank_frames_are_found_in_every_pixel_format(maker, tmp_path, pixel_format):
    path = maker.write_video(
        tmp_path / 'a.mkv',
        7,
        codec='ffv1',
        pixel_format=pixel_format,
        draw=level(None, None, None, 0, None, None, None),
    )
    assert spans(flaws(open_source(path))) == [3]


@pytest.mark.parametrize('codec', ['libx264', 'mpeg4', 'libvpx-vp9'])
def test_a_video_of_a_single_frame_is_read(maker, tmp_path, codec):
    # Decoders that put frames in order give the last ones away at the end alone.
    path = maker.write_video(tmp_path / 'one.mkv', codec=codec, count=1)
    assert flaws(open_source(path)) == ['']


def test_jpeg_images_one_after_the_other_are_a_video_without_times(tmp_path):
    _, image = cv2.imencode('.jpg', np.full((48, 64, 3), 90, np.uint8))
    path = tmp_path / 'camera.mjpeg'
    path.write_bytes(image.tobytes() * 5)
    with pytest.raises(SourceError, match=r'camera\.mjpeg has no frame times: put it into a cont'):
        open_source(path)
    path.write_bytes(image.tobytes())
    with pytest.raises(SourceError, match=r'camera\.mjpeg is a still image'):
        open_source(path)
