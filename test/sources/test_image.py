# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Camera encodings to RGB: colors come out right, and broken images are refused in a sentence."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from streamo_ros.sources.image import decode_compressed
from streamo_ros.sources.image import ENCODINGS
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.image import to_rgb

HEIGHT, WIDTH = 32, 48


@pytest.fixture
def scene():
    """Red, green and blue thirds with a soft gradient: nearly the same after any encoding."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for channel in range(3):
        image[:, 16 * channel : 16 * (channel + 1), channel] = 200
    return image


def encode(scene, encoding, big=False):
    """What a camera that speaks the encoding would send, and its row's bytes."""
    grey = cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY)
    if encoding.startswith('bayer'):
        order = {'r': 0, 'g': 1, 'b': 2}
        mosaic = np.zeros((HEIGHT, WIDTH), np.uint8)
        for at, color in enumerate(encoding[6:10]):
            mosaic[at // 2 :: 2, at % 2 :: 2] = scene[at // 2 :: 2, at % 2 :: 2, order[color]]
        pixels = mosaic
    elif encoding in ('yuv422', 'uyvy', 'yuv422_yuy2', 'yuyv'):
        yuv = cv2.cvtColor(scene, cv2.COLOR_RGB2YUV).astype(int)
        # cv2's YUV422 is limited range: 16..235 for luma.
        y = yuv[..., 0] * 219 // 255 + 16
        u, v = ((yuv[:, ::2, c] - 128) * 224 // 255 + 128 for c in (1, 2))
        swap = encoding in ('yuv422_yuy2', 'yuyv')
        pixels = np.zeros((HEIGHT, WIDTH, 2), np.uint8)
        pixels[..., 0 if swap else 1] = y
        pixels[:, ::2, 1 if swap else 0], pixels[:, 1::2, 1 if swap else 0] = u, v
    else:
        pixels = {
            'rgb8': scene,
            'bgr8': scene[..., ::-1],
            'rgba8': np.dstack([scene, np.full((HEIGHT, WIDTH), 255, np.uint8)]),
            'bgra8': np.dstack([scene[..., ::-1], np.full((HEIGHT, WIDTH), 255, np.uint8)]),
            'mono8': grey,
            'mono16': grey,
        }[encoding]
    if encoding.endswith('16'):
        pixels = (pixels.astype(np.uint16) * 257).astype('>u2' if big else '<u2')
    data = np.ascontiguousarray(pixels).tobytes()
    return data, len(data) // HEIGHT


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_every_encoding_gives_the_scene(scene, encoding):
    data, step = encode(scene, encoding)
    rgb = to_rgb(encoding, WIDTH, HEIGHT, step, data)
    assert rgb.shape == (HEIGHT, WIDTH, 3)
    assert rgb.dtype == np.uint8
    expected = scene
    if encoding.startswith('mono'):
        expected = np.repeat(cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    middles = np.s_[8:24, [4, 8, 12, 20, 24, 28, 36, 40, 43]]
    difference = np.abs(rgb[middles].astype(int) - expected[middles])
    assert difference.max() <= (40 if encoding.startswith(('yu', 'uy')) else 1)


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_padded_rows_change_nothing(scene, encoding):
    data, step = encode(scene, encoding)
    rows = np.frombuffer(data, np.uint8).reshape(HEIGHT, step)
    padded = np.pad(rows, ((0, 0), (0, 16)), constant_values=99)
    plain = to_rgb(encoding, WIDTH, HEIGHT, step, data)
    assert np.array_equal(to_rgb(encoding, WIDTH, HEIGHT, step + 16, padded.tobytes()), plain)


@pytest.mark.parametrize('encoding', ['mono16', 'bayer_rggb16', 'bayer_grbg16'])
def test_big_endian_values_are_the_same_image(scene, encoding):
    data, step = encode(scene, encoding)
    turned, _ = encode(scene, encoding, big=True)
    plain = to_rgb(encoding, WIDTH, HEIGHT, step, data)
    assert np.array_equal(to_rgb(encoding, WIDTH, HEIGHT, step, turned, True), plain)
    assert plain.max() == (117 if encoding == 'mono16' else 200)


def test_rgb8_is_not_copied(scene):
    data = bytearray(scene.tobytes())
    rgb = to_rgb('rgb8', WIDTH, HEIGHT, 3 * WIDTH, data)
    data[0] = 77
    assert rgb[0, 0, 0] == 77


@pytest.mark.parametrize(
    ('fields', 'sentence'),
    [
        (('32FC1', 4, 2, 16, bytes(32)), 'encoding .32FC1. is not known: publish one of bayer_'),
        (('rgb8', 4, 2, 12, bytes(23)), 'step.height is 12.2 = 24 bytes, but the data have 23'),
        (
            ('rgb8', 4, 2, 11, bytes(22)),
            'step is 11 bytes, but a row of 4 pixels in rgb8 takes 12',
        ),
        (('mono16', 4, 2, 4, bytes(8)), 'a row of 4 pixels in mono16 takes 8'),
        (('rgb8', 0, 2, 0, b''), 'has no pixels: it says it is 0x2'),
        (('rgb8', 4, 0, 12, b''), 'has no pixels: it says it is 4x0'),
        (('yuv422', 3, 2, 6, bytes(12)), 'must be even, but it is 3'),
        (('bayer_rggb8', 1, 2, 1, bytes(2)), 'needs 2x2 pixels'),
    ],
)
def test_broken_image_is_refused_in_one_sentence(fields, sentence):
    with pytest.raises(ImageError, match=sentence):
        to_rgb(*fields)


@pytest.mark.parametrize(
    ('suffix', 'kind'),
    [
        ('.jpg', 'jpeg'),
        ('.png', 'png'),
        ('.jpg', 'rgb8; jpeg compressed bgr8'),
        ('.png', 'bgr8; png compressed bgr8'),
    ],
)
def test_compressed_image_gives_the_scene(scene, suffix, kind):
    _, coded = cv2.imencode(suffix, scene[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 98])
    rgb = decode_compressed(kind, coded.tobytes())
    assert np.abs(rgb[:, [8, 24, 40]].astype(int) - scene[:, [8, 24, 40]]).max() <= 6


@pytest.mark.parametrize('encoding', ['bayer_rggb8', 'bayer_gbrg16'])
def test_compressed_mosaic_is_made_a_color_image(scene, encoding):
    data, _ = encode(scene, encoding)
    depth = '<u2' if encoding.endswith('16') else np.uint8
    mosaic = np.frombuffer(data, depth).reshape(HEIGHT, WIDTH)
    _, coded = cv2.imencode('.png', mosaic)
    rgb = decode_compressed(f'{encoding}; png compressed {encoding}', coded.tobytes())
    assert np.abs(rgb[8:24, [8, 24, 40]].astype(int) - scene[8:24, [8, 24, 40]]).max() <= 1


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
def test_truncated_file_is_refused_and_not_filled_with_grey(scene, suffix):
    _, coded = cv2.imencode(suffix, scene)
    with pytest.raises(ImageError, match='is truncated: its end marker is missing'):
        decode_compressed('jpeg', coded.tobytes()[: len(coded) * 2 // 3])


def test_jpeg_that_the_camera_padded_is_read(scene):
    _, coded = cv2.imencode('.jpg', scene)
    assert decode_compressed('jpeg', coded.tobytes() + bytes(512)).shape == scene.shape


@pytest.mark.parametrize(
    ('kind', 'data', 'sentence'),
    [
        ('jpeg', b'', 'is empty'),
        ('jpeg', b'no image at all', 'its data are corrupt'),
        ('png', b'\x89PNG\r\n\x1a\nIEND', 'its data are corrupt'),
        ('16UC1; compressedDepth', b'x', 'holds depth and no color'),
    ],
)
def test_undecodable_data_are_refused_in_one_sentence(kind, data, sentence):
    with pytest.raises(ImageError, match=sentence):
        decode_compressed(kind, data)


@pytest.mark.parametrize('suffix', ['.png', '.jpg'])
def test_a_picture_that_claims_to_be_huge_is_not_unpacked(suffix):
    _, coded = cv2.imencode(suffix, np.zeros((9000, 9000), np.uint8))
    assert len(coded) < 2_000_000
    with pytest.raises(ImageError, match='claims 9000x9000 pixels'):
        decode_compressed('picture', coded.tobytes())
