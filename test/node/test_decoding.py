# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Serialized camera messages, sound and broken: one frame each, never an exception."""

from __future__ import annotations

from array import array
from fractions import Fraction

import cv2
import numpy as np
from builtin_interfaces.msg import Time
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from streamo_ros.core.frame import Reason
from streamo_ros.core.frame import Tick
from streamo_ros.node.decoding import decode
from streamo_ros.node.decoding import stamp_of

TICK = Tick(5_000_000_007, Fraction(0), Fraction(1), 0, 1)
HEADER = Header(stamp=Time(sec=5, nanosec=7), frame_id='optical')


def raw(**fields: object) -> bytes:
    values = {
        'width': 4,
        'height': 3,
        'step': 12,
        'encoding': 'rgb8',
        'data': array('B', range(36)),
    }
    return serialize_message(Image(header=HEADER, **{**values, **fields}))


def jpeg() -> bytes:
    data = cv2.imencode('.jpg', np.full((16, 16, 3), 77, np.uint8))[1].tobytes()
    return serialize_message(CompressedImage(header=HEADER, format='jpeg', data=array('B', data)))


def test_pixels_and_frame_id_arrive() -> None:
    frame = decode(raw(), Image, TICK, 1.5)
    assert frame.image.tolist() == np.arange(36).reshape(3, 4, 3).tolist()
    assert (frame.frame_id, frame.received, frame.reason) == ('optical', 1.5, Reason.NONE)
    assert decode(jpeg(), CompressedImage, TICK, 0.0).image.shape == (16, 16, 3)


def test_an_unknown_encoding_says_which_are_known() -> None:
    frame = decode(raw(encoding='rggb'), Image, TICK, 0.0)
    assert (frame.reason, frame.image) == (Reason.BAD_FRAME, None)
    assert "'rggb' is not known: publish one of" in frame.flaw
    assert 'cv_bridge' not in frame.flaw


def test_what_cv2_to_imgmsg_sends_unless_told_otherwise_is_a_picture() -> None:
    frame = decode(raw(encoding='8UC3'), Image, TICK, 0.0)
    assert frame.image.tolist() == np.arange(36).reshape(3, 4, 3)[..., ::-1].tolist()


def test_the_stamp_of_what_cannot_be_read_is_zero() -> None:
    assert stamp_of(raw(), Image) == 5_000_000_007
    assert stamp_of(b'', Image) == 0


@given(st.binary(max_size=300), st.sampled_from([Image, CompressedImage]))
@settings(deadline=None, max_examples=200)
def test_noise_is_a_bad_frame(noise: bytes, kind: type) -> None:
    for data in (noise, b'\x00\x01\x00\x00' + noise):
        frame = decode(data, kind, TICK, 0.0)
        assert frame.reason is Reason.BAD_FRAME or frame.image is not None
        stamp_of(data, kind)


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_a_damaged_message_is_a_frame_or_a_bad_frame(data: st.DataObject) -> None:
    kind, good = data.draw(st.sampled_from([(Image, raw()), (CompressedImage, jpeg())]))
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(good) - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(good)))
    for message in (bytes(damaged), good[:cut]):
        frame = decode(message, kind, TICK, 0.0)
        assert (frame.image is None) == (frame.reason is Reason.BAD_FRAME)
        assert frame.image is None or frame.image.ndim == 3
