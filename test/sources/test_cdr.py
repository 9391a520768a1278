# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reading serialized camera messages in place agrees with a full deserialization."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rosbags.typesys import get_typestore
from rosbags.typesys import Stores

from streamo_ros.sources.cdr import CdrError
from streamo_ros.sources.cdr import peek_header
from streamo_ros.sources.cdr import peek_stamp
from streamo_ros.sources.cdr import read_compressed
from streamo_ros.sources.cdr import read_compressed_video
from streamo_ros.sources.cdr import read_ffmpeg_packet
from streamo_ros.sources.cdr import read_image

STORE = get_typestore(Stores.ROS2_HUMBLE)


def header(sec=7, nanosec=250_000_000, frame_id='camera_optical_frame'):
    time = STORE.types['builtin_interfaces/msg/Time'](sec, nanosec)
    return STORE.types['std_msgs/msg/Header'](time, frame_id)


def image(frame_id='camera', encoding='rgb8', little=True):
    kind = STORE.types['sensor_msgs/msg/Image']
    data = np.arange(24, dtype=np.uint8)
    message = kind(header(frame_id=frame_id), 2, 4, encoding, 1, 12, data)
    serialized = STORE.serialize_cdr(message, kind.__msgtype__, little_endian=little)
    return bytes(serialized)


@given(st.integers(-(2**31), 2**31 - 1), st.integers(0, 999_999_999), st.booleans())
def test_peeked_stamp_is_the_serialized_one(sec, nanosec, little):
    kind = STORE.types['std_msgs/msg/Header']
    message = header(sec, nanosec)
    data = bytes(STORE.serialize_cdr(message, kind.__msgtype__, little_endian=little))
    assert peek_stamp(data) == peek_stamp(memoryview(data)) == sec * 10**9 + nanosec
    assert peek_header(data) == (sec * 10**9 + nanosec, 'camera_optical_frame')


@pytest.mark.parametrize('representation', [b'\0\6', b'\0\7'])
def test_plain_xcdr2_is_peeked_too(representation):
    data = representation + image(little=representation == b'\0\7')[2:]
    assert peek_stamp(data) == 7_250_000_000
    assert read_image(data).width == 4


@pytest.mark.parametrize('data', [b'', b'\0\1', image()[:11], b'\0\3' + image()[2:]])
def test_what_cannot_be_peeked_is_left_to_a_deserializer(data):
    assert peek_stamp(data) is None


@pytest.mark.parametrize('little', [True, False])
@given(
    st.text(max_size=12).filter(lambda text: '\0' not in text),
    st.sampled_from(['rgb8', 'bayer_rggb8']),
)
def test_every_field_of_an_image_is_read_whatever_the_padding(little, frame_id, encoding):
    read = read_image(image(frame_id, encoding, little))
    assert (read.stamp, read.frame_id) == (7_250_000_000, frame_id)
    assert (read.height, read.width, read.step) == (2, 4, 12)
    assert (read.encoding, read.is_bigendian) == (encoding, True)
    assert bytes(read.data) == bytes(range(24))


def test_pixels_are_not_copied():
    data = bytearray(image())
    read = read_image(data)
    data[-1] = 99
    assert read.data[-1] == 99


def test_compressed_image_is_read():
    kind = STORE.types['sensor_msgs/msg/CompressedImage']
    message = kind(header(), 'jpeg', np.arange(5, dtype=np.uint8))
    read = read_compressed(bytes(STORE.serialize_cdr(message, kind.__msgtype__)))
    assert (read.stamp, read.frame_id) == (7_250_000_000, 'camera_optical_frame')
    assert read.format == 'jpeg'
    assert bytes(read.data) == bytes(range(5))


@pytest.mark.parametrize('kept', range(4, 80, 7))
def test_message_cut_anywhere_says_which_field_is_missing(kept):
    with pytest.raises(CdrError, match=r'message ends inside [a-z_.]+: [0-9]+ bytes are needed'):
        read_image(image()[:kept])


def test_unknown_representation_is_named():
    with pytest.raises(CdrError, match=r'not in plain CDR .representation 0003'):
        read_image(b'\0\3' + image()[2:])


@pytest.mark.parametrize('frame_id', ['', 'c', 'camera', 'camera_optical'])
def test_packets_of_videos_are_read_whatever_the_padding(bag_writer, frame_id):
    data = bytes(range(7))
    read = read_ffmpeg_packet(bag_writer.ffmpeg_packet(5_000_000_007, data, 'h264', frame_id))
    assert (read.stamp, read.frame_id, read.codec) == (5_000_000_007, frame_id, 'h264')
    assert bytes(read.data) == data


@pytest.mark.parametrize('little', [True, False])
def test_compressed_video_is_read(bag_writer, little):
    message = bag_writer.compressed_video(5_000_000_007, b'packet', 'h265', little)
    read = read_compressed_video(message)
    assert (read.stamp, read.frame_id, read.codec) == (5_000_000_007, 'camera', 'h265')
    assert bytes(read.data) == b'packet'
