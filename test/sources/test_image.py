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


# Encodings of the same pixels under another name.
SAME = {
    '8UC1': 'mono8',
    '8UC3': 'bgr8',
    '8UC4': 'bgra8',
    '16UC3': 'bgr16',
    '16UC4': 'bgra16',
    'yuv422': 'uyvy',
    'yuv422_yuy2': 'yuyv',
}
PLANAR = {
    'nv12': (2, 2, 'uv'),
    'nv21': (2, 2, 'vu'),
    'nv16': (2, 1, 'uv'),
    'nv61': (2, 1, 'vu'),
    'nv24': (1, 1, 'uv'),
    'nv42': (1, 1, 'vu'),
    'i420': (2, 2, 'u+v'),
    'yv12': (2, 2, 'v+u'),
}


def encode(scene, encoding, big=False):
    """What a camera that speaks the encoding would send, and its row's bytes."""
    encoding = SAME.get(encoding, encoding)
    if encoding in PLANAR:
        return b''.join(plane.tobytes() for plane in planes(scene, encoding)), WIDTH
    if encoding in ('uyvy', 'yuyv'):
        pixels = packed_yuv(scene, encoding)
    elif encoding.startswith('bayer'):
        pixels = mosaic(scene, encoding[6:10])
    else:
        pixels = packed(scene, encoding.rstrip('0123456789'))
    if encoding.endswith('16'):
        pixels = (pixels.astype(np.uint16) * 257).astype('>u2' if big else '<u2')
    data = np.ascontiguousarray(pixels).tobytes()
    return data, len(data) // HEIGHT


def packed(scene, order):
    if order == 'mono':
        return cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY)
    channels = dict(zip('rgb', cv2.split(scene), strict=True))
    return np.dstack([channels.get(name, np.full((HEIGHT, WIDTH), 255)) for name in order]).astype(
        np.uint8
    )


def mosaic(scene, pattern):
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    for at, color in enumerate(pattern):
        places = np.s_[at // 2 :: 2, at % 2 :: 2]
        pixels[places] = scene[places][..., 'rgb'.index(color)]
    return pixels


def limited_yuv(scene):
    """Y, U and V with 16 to 235 for luma, as cameras send them."""
    yuv = cv2.cvtColor(scene, cv2.COLOR_RGB2YUV).astype(int)
    y = yuv[..., 0] * 219 // 255 + 16
    # OpenCV scales U and V of its full-range YUV by 0.492 and 0.877; BT.601 by 0.564 and 0.713.
    u = (yuv[..., 1] - 128) * 0.564 / 0.492 * 224 / 255 + 128
    v = (yuv[..., 2] - 128) * 0.713 / 0.877 * 224 / 255 + 128
    return y.astype(np.uint8), u.round().astype(np.uint8), v.round().astype(np.uint8)


def packed_yuv(scene, encoding):
    y, u, v = limited_yuv(scene)
    pixels = np.zeros((HEIGHT, WIDTH, 2), np.uint8)
    luma = 0 if encoding == 'yuyv' else 1
    pixels[..., luma] = y
    pixels[:, ::2, 1 - luma], pixels[:, 1::2, 1 - luma] = u[:, ::2], v[:, ::2]
    return pixels


def planes(scene, encoding):
    across, down, order = PLANAR[encoding]
    y, u, v = limited_yuv(scene)
    color = {'u': u[::down, ::across], 'v': v[::down, ::across]}
    if '+' in order:
        return [y, *(color[name] for name in order.split('+'))]
    return [y, np.dstack([color[name] for name in order]).reshape(HEIGHT // down, -1)]


def padded(data, encoding, step):
    """The same image with rows that are longer than their pixels, all planes alike."""
    if encoding not in PLANAR:
        rows = np.frombuffer(data, np.uint8).reshape(HEIGHT, step)
        return np.pad(rows, ((0, 0), (0, 16)), constant_values=99).tobytes()
    _, down, order = PLANAR[encoding]
    luma, color = np.frombuffer(data, np.uint8)[: HEIGHT * WIDTH], data[HEIGHT * WIDTH :]
    wide = np.pad(luma.reshape(HEIGHT, WIDTH), ((0, 0), (0, 16)), constant_values=99)
    count = HEIGHT // down * (2 if '+' in order else 1)
    rows = np.frombuffer(color, np.uint8).reshape(count, -1)
    more = 16 * rows.shape[1] // WIDTH
    return wide.tobytes() + np.pad(rows, ((0, 0), (0, more)), constant_values=99).tobytes()


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_every_encoding_gives_the_scene(scene, encoding):
    data, step = encode(scene, encoding)
    rgb = to_rgb(encoding, WIDTH, HEIGHT, step, data)
    assert rgb.shape == (HEIGHT, WIDTH, 3)
    assert rgb.dtype == np.uint8
    expected = scene
    if encoding.startswith('mono') or encoding == '8UC1':
        expected = np.repeat(cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    middles = np.s_[8:24, [4, 8, 12, 20, 24, 28, 36, 40, 43]]
    difference = np.abs(rgb[middles].astype(int) - expected[middles])
    yuv = encoding in PLANAR or encoding.startswith(('yu', 'uy'))
    assert difference.max() <= (6 if yuv else 1)


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_padded_rows_change_nothing(scene, encoding):
    data, step = encode(scene, encoding)
    plain = to_rgb(encoding, WIDTH, HEIGHT, step, data)
    wide = padded(data, encoding, step)
    assert np.array_equal(to_rgb(encoding, WIDTH, HEIGHT, step + 16, wide), plain)


@pytest.mark.parametrize('encoding', PLANAR)
def test_step_that_is_a_share_of_the_whole_message_is_understood(scene, encoding):
    data, step = encode(scene, encoding)
    plain = to_rgb(encoding, WIDTH, HEIGHT, step, data)
    assert np.array_equal(to_rgb(encoding, WIDTH, HEIGHT, len(data) // HEIGHT, data), plain)


@pytest.mark.parametrize('name', ['RGB8', 'Bayer_RGGB8', 'rgb8 ', '8uc3'])
def test_case_and_blanks_of_an_encoding_do_not_matter(scene, name):
    data, step = encode(scene, {'8uc3': '8UC3'}.get(name, name.strip().lower()))
    assert to_rgb(name, WIDTH, HEIGHT, step, data).shape == scene.shape


@pytest.mark.parametrize('encoding', ['mono16', 'rgb16', 'bgra16', 'bayer_rggb16', 'bayer_grbg16'])
def test_big_endian_values_are_the_same_image(scene, encoding):
    data, step = encode(scene, encoding)
    turned, _ = encode(scene, encoding, big=True)
    plain = to_rgb(encoding, WIDTH, HEIGHT, step, data)
    assert np.array_equal(to_rgb(encoding, WIDTH, HEIGHT, step, turned, True), plain)
    assert plain.max() == (117 if encoding == 'mono16' else 200)


@pytest.mark.parametrize('bits', [10, 12, 14, 16])
@pytest.mark.parametrize('encoding', ['mono16', 'bgr16', 'bayer_rggb16', '16UC3'])
def test_bits_in_use_are_found_in_the_data(scene, encoding, bits):
    data, step = encode(np.minimum(scene, 250) + 5, encoding)
    shifted = (np.frombuffer(data, '<u2') >> (16 - bits)).tobytes()
    full, same = (to_rgb(encoding, WIDTH, HEIGHT, step, some) for some in (data, shifted))
    assert np.abs(full.astype(int) - same).max() <= 1
    assert same.max() > 110


def test_dark_image_of_few_bits_is_not_brightened_without_end():
    data = np.full((HEIGHT, WIDTH), 3, '<u2').tobytes()
    assert to_rgb('mono16', WIDTH, HEIGHT, 2 * WIDTH, data).max() == 1


# cv_bridge's own table, from which a sentence about it would have to follow: what
# `imgmsg_to_cv2(message, 'rgb8')` converts. Everything in it is converted here, so that nobody
# is sent to install it.
CV_BRIDGE = (
    *('mono8', 'mono16', 'rgb8', 'bgr8', 'rgba8', 'bgra8', 'rgb16', 'bgr16', 'rgba16', 'bgra16'),
    *(f'bayer_{order}{bits}' for order in ('rggb', 'bggr', 'gbrg', 'grbg') for bits in (8, 16)),
    *('yuv422', 'yuv422_yuy2', 'uyvy', 'yuyv', 'nv21', 'nv24'),
)


def test_whatever_cv_bridge_converts_is_converted():
    assert {*CV_BRIDGE} <= {*ENCODINGS}


@pytest.mark.parametrize('encoding', ['16UC1', '32FC1', '64FC1', '16SC1', '8UC2', '32FC3'])
def test_measurements_are_refused_the_same_way_in_every_transport(encoding):
    sentence = 'holds measurements such as depth, not a picture: choose a color or gray image'
    with pytest.raises(ImageError, match=sentence):
        to_rgb(encoding, 4, 2, 64, bytes(128))
    png = cv2.imencode('.png', np.zeros((8, 8), np.uint16))[1].tobytes()
    for kind in (f'{encoding}; png compressed ', f'{encoding}; compressedDepth png'):
        with pytest.raises(ImageError, match=sentence):
            decode_compressed(kind, png)


def test_rgb8_is_not_copied(scene):
    data = bytearray(scene.tobytes())
    rgb = to_rgb('rgb8', WIDTH, HEIGHT, 3 * WIDTH, data)
    data[0] = 77
    assert rgb[0, 0, 0] == 77


@pytest.mark.parametrize(
    ('fields', 'sentence'),
    [
        (('rggb', 4, 2, 16, bytes(32)), "encoding 'rggb' is not known: publish one of 16UC3"),
        (('', 4, 2, 16, bytes(32)), "encoding '' is not known: publish one of 16UC3"),
        (('', 0, 0, 0, b''), 'has no pixels'),
        (('mono12p', 4, 2, 6, bytes(12)), 'packs pixels of 10 to 14 bits'),
        (('BayerRG10Packed', 4, 2, 6, bytes(12)), 'packs pixels of 10 to 14 bits'),
        (('mjpeg', 4, 2, 12, bytes(24)), 'publish such data as sensor_msgs/msg/CompressedImage'),
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
        (('nv12', 4, 2, 4, bytes(11)), 'nv12 image of 4x2 with step 4 takes 12 bytes, but the'),
        (('nv21', 4, 3, 4, bytes(18)), 'nv21 image must have an even size, but it is 4x3'),
        (('nv12', 4, 2, 3, bytes(9)), 'nv12 image of 4x2 with step 3 takes 9 bytes'),
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


@pytest.mark.parametrize('encoding', ['bayer_rggb8', 'bayer_bggr8', 'bayer_gbrg16'])
@pytest.mark.parametrize('tail', ['', '{encoding}'])
@pytest.mark.parametrize('codec', ['png', 'tiff'])
def test_compressed_mosaic_is_made_a_color_image(scene, encoding, tail, codec):
    data, _ = encode(scene, encoding)
    depth = '<u2' if encoding.endswith('16') else np.uint8
    mosaic = np.frombuffer(data, depth).reshape(HEIGHT, WIDTH)
    _, coded = cv2.imencode(f'.{codec}', mosaic)
    # image_transport writes nothing after 'compressed '.
    kind = f'{encoding}; {codec} compressed {tail.format(encoding=encoding)}'
    rgb = decode_compressed(kind, coded.tobytes())
    assert np.abs(rgb[8:24, [8, 24, 40]].astype(int) - scene[8:24, [8, 24, 40]]).max() <= 1


def test_mosaic_in_a_jpeg_is_made_a_color_image(scene):
    data, _ = encode(scene, 'bayer_grbg8')
    mosaic = np.frombuffer(data, np.uint8).reshape(HEIGHT, WIDTH)
    _, coded = cv2.imencode('.jpg', mosaic, [cv2.IMWRITE_JPEG_QUALITY, 98])
    rgb = decode_compressed('bayer_grbg8; jpeg compressed ', coded.tobytes())
    assert np.abs(rgb[8:24, [8, 24, 40]].astype(int) - scene[8:24, [8, 24, 40]]).max() <= 12


def test_colors_that_were_made_of_a_mosaic_before_are_kept(scene):
    coded = jpeg_of(scene)
    rgb = decode_compressed('bayer_rggb8; jpeg compressed bgr8', coded)
    assert np.array_equal(rgb, decode_compressed('jpeg', coded))


def test_twelve_bits_in_a_png_are_visible(scene):
    gray = cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY)
    _, coded = cv2.imencode('.png', gray.astype(np.uint16) * 16 + 15)
    rgb = decode_compressed('mono16; png compressed ', coded.tobytes())
    assert np.abs(rgb[..., 0].astype(int) - gray).max() <= 1


def jpeg_of(picture, *parameters):
    quality = [cv2.IMWRITE_JPEG_QUALITY, 98, *parameters]
    return cv2.imencode('.jpg', picture[..., ::-1], quality)[1].tobytes()


@pytest.fixture
def photo():
    """A soft picture without even areas, as cameras take them."""
    pixels = np.random.default_rng(2).integers(0, 255, (96, 128, 3), np.uint8)
    return cv2.GaussianBlur(pixels, (0, 0), 2)


@pytest.mark.parametrize(
    'padding',
    [
        bytes(3),
        bytes(600_000),
        b'\0\0\0\x18ftypmp42' + bytes(range(256)) * 40,
        b'\xff\xd8\xff\xe0 of the next',
        np.random.default_rng(3).integers(0, 256, 20_000, np.uint8).tobytes(),
    ],
    ids=['three zeros', 'whole buffer', 'motion photo', 'next image', 'garbage'],
)
@pytest.mark.parametrize('progressive', [0, 1])
def test_what_follows_a_jpeg_is_not_looked_at(photo, padding, progressive):
    coded = jpeg_of(photo, cv2.IMWRITE_JPEG_PROGRESSIVE, progressive)
    expected = decode_compressed('jpeg', coded)
    assert np.array_equal(decode_compressed('jpeg', coded + padding), expected)


def test_several_pictures_in_a_file_give_the_first(photo):
    first, second = jpeg_of(photo), jpeg_of(photo[::-1])
    assert np.array_equal(decode_compressed('jpeg', first + second), decode_compressed('', first))


def test_end_marker_in_a_thumbnail_is_not_the_end(photo):
    coded = jpeg_of(photo)
    thumbnail = b'Exif\0\0' + jpeg_of(photo[::8, ::8])
    segment = b'\xff\xe1' + (len(thumbnail) + 2).to_bytes(2, 'big') + thumbnail
    whole = coded[:2] + segment + coded[2:]
    assert np.array_equal(decode_compressed('jpeg', whole), decode_compressed('jpeg', coded))
    with pytest.raises(ImageError, match='is truncated'):
        decode_compressed('jpeg', whole[: len(segment) + len(coded) // 2])


def test_missing_end_marker_alone_is_no_damage(photo):
    coded = jpeg_of(photo)
    expected = decode_compressed('jpeg', coded)
    for kept in (coded[:-2], coded[:-1], coded[:-2] + bytes(9000)):
        assert np.array_equal(decode_compressed('jpeg', kept), expected)


@pytest.mark.parametrize('share', [0.3, 0.6, 0.9])
@pytest.mark.parametrize('end', [b'', b'\xff\xd9', bytes(9000), b'\xff\xd9' + bytes(9000)])
def test_truncated_jpeg_is_refused_whatever_follows(photo, share, end):
    coded = jpeg_of(photo)
    with pytest.raises(ImageError, match='JPEG image is truncated: its data end before the pic'):
        decode_compressed('jpeg', coded[: int(len(coded) * share)] + end)


def test_gray_corner_of_a_whole_jpeg_is_no_damage(photo):
    photo[-24:, -24:] = 128
    assert decode_compressed('jpeg', jpeg_of(photo)).shape == photo.shape


def test_jpeg_without_huffman_tables_is_decoded(photo):
    # UVC cameras ('AVI1') leave out the tables of the standard, K.3.
    coded, at, kept = jpeg_of(photo), 2, b'\xff\xd8'
    while coded[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(coded[at + 2 : at + 4], 'big')
        kept += b'' if coded[at + 1] == 0xC4 else coded[at:end]
        at = end
    rgb = decode_compressed('jpeg', kept + coded[at:])
    assert np.array_equal(rgb, decode_compressed('jpeg', coded))


def test_driver_header_before_a_jpeg_is_skipped(photo):
    assert decode_compressed('jpeg', bytes(4) + jpeg_of(photo)).shape == photo.shape


def test_png_ends_at_its_last_chunk(scene):
    coded = cv2.imencode('.png', scene[..., ::-1])[1].tobytes()
    assert np.array_equal(decode_compressed('png', coded + bytes(9000)), scene)


def test_orientation_of_a_photo_is_applied(scene):
    orientation = b'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0' + bytes(4)
    coded = jpeg_of(scene)
    segment = b'\xff\xe1' + (len(orientation) + 2).to_bytes(2, 'big') + orientation
    rgb = decode_compressed('jpeg', coded[:2] + segment + coded[2:])
    assert np.array_equal(rgb, np.rot90(decode_compressed('jpeg', coded), -1))


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
def test_truncated_file_is_refused_and_not_filled_with_gray(scene, suffix):
    _, coded = cv2.imencode(suffix, scene)
    with pytest.raises(ImageError, match='is truncated: its'):
        decode_compressed('jpeg', coded.tobytes()[: len(coded) * 2 // 3])


H264 = b'\0\0\0\x01\x67\x64\0\x0a' + bytes(40)
H265 = b'\0\0\0\x01\x40\x01\x0c\x01' + bytes(40)


@pytest.mark.parametrize(
    ('kind', 'data', 'sentence'),
    [
        ('jpeg', b'', 'is empty'),
        ('jpeg', b'\x01no image at all', 'its data are corrupt'),
        ('jpeg', b'/9j/4AAQSkZJRgABAQAAAQABAAD', 'its data are text, perhaps base64'),
        ('png', b'\x89PNG\r\n\x1a\nIEND', 'PNG image is truncated'),
        ('16UC1; compressedDepth', b'x', 'holds measurements such as depth'),
        ('h264', H264, '^h264 is video, not an image: publish JPEG or PNG'),
        ('jpeg', H264, '^h264 is video'),
        ('', b'\0\0\x01\x09\xf0' + bytes(40), '^h264 is video'),
        ('jpeg', H265, '^h265 is video'),
        ('h265', b'what only its codec reads', '^h265 is video'),
        ('av1', bytes(30), '^av1 is video'),
        ('jpeg', b'\0\0\0\x18ftypisom' + bytes(40), '^MP4 is video'),
        ('jpeg', b'\0\0\0\x18ftypheic' + bytes(40), '^HEIC images are not decoded: publish JP'),
        ('jpeg', b'\xff\x0a' + bytes(40), '^JPEG XL images are not decoded'),
        ('qoi', b'qoif' + bytes(40), '^QOI images are not decoded'),
        ('rgb8; zstd', b'\x28\xb5\x2f\xfd' + bytes(40), '^zstd-compressed images are not'),
        ('nv12', bytes(range(64)), "^the format 'nv12' means raw pixels"),
    ],
)
def test_undecodable_data_are_named_in_one_sentence(kind, data, sentence):
    with pytest.raises(ImageError, match=sentence):
        decode_compressed(kind, data)


@pytest.mark.parametrize(
    ('at', 'value', 'sentence'),
    [
        (1, b'\xc3', 'it is a lossless JPEG: publish baseline JPEG'),
        (4, b'\x0c', 'it is a JPEG of 12 bits a value'),
        (5, b'\0\0', 'its JPEG header names no height'),
    ],
)
def test_a_jpeg_of_an_unusual_kind_is_not_called_corrupt(photo, at, value, sentence):
    data = bytearray(jpeg_of(photo))
    frame = data.index(b'\xff\xc0')
    data[frame + at : frame + at + len(value)] = value
    with pytest.raises(ImageError, match=sentence):
        decode_compressed('jpeg', bytes(data))


@pytest.mark.parametrize('suffix', ['.png', '.jpg'])
def test_a_picture_that_claims_to_be_huge_is_not_unpacked(suffix):
    _, coded = cv2.imencode(suffix, np.zeros((9000, 9000), np.uint8))
    assert len(coded) < 2_000_000
    with pytest.raises(ImageError, match='claims 9000x9000 pixels'):
        decode_compressed('picture', coded.tobytes())
