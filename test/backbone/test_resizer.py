# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames are resized to Pillow's bytes, whoever resizes them."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch
from PIL import Image

from streamo_ros.backbone.vision.resampler import find_resampler
from streamo_ros.backbone.vision.resampler import LOW
from streamo_ros.backbone.vision.resampler import MOST_SHRINK
from streamo_ros.backbone.vision.resampler import pillow_weights
from streamo_ros.backbone.vision.resampler import UNIT
from streamo_ros.backbone.vision.resizer import Resizer
from streamo_ros.backbone.vision.resizer import SIZES

FILTERS = {'lanczos': 1, 'bilinear': 2, 'bicubic': 3, 'box': 4, 'hamming': 5}
FRAMES = [
    ((480, 640), (112, 140)),
    ((480, 640), (252, 364)),
    ((720, 1280), (224, 420)),
    ((37, 211), (28, 140)),
    ((301, 97), (196, 56)),
    ((112, 168), (112, 84)),
    ((112, 168), (56, 168)),
    ((900, 3), (12, 1)),
]


def noise(size, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)


def by_pillow(image, wanted, resample):
    return np.asarray(Image.fromarray(image).resize(wanted[::-1], resample))


@pytest.mark.parametrize(('size', 'wanted'), FRAMES)
@pytest.mark.parametrize('resample', FILTERS.values(), ids=FILTERS)
def test_every_byte_is_pillows(size, wanted, resample):
    resample_frame = find_resampler(
        size, wanted, resample, lambda image, wanted: by_pillow(image, wanted, resample)
    )
    assert resample_frame is not None
    rows, columns = np.indices(size)
    shapes = [
        noise(size),
        np.full((*size, 3), 255, np.uint8),
        # Steps from 0 to 255 overshoot, and are cut off; sums of halves lie between two bytes.
        np.repeat(255 * ((rows // 3 + columns // 5) % 2)[..., None], 3, 2).astype(np.uint8),
        np.stack([rows, columns, rows + columns], 2).astype(np.uint8),
        127 + noise(size) // 128,
    ]
    found = [resample_frame(image) for image in shapes]
    for image, small in zip(shapes, found, strict=True):
        np.testing.assert_array_equal(small, by_pillow(image, wanted, resample))


def test_a_resizer_gives_pillows_bytes_of_any_frame_in_any_order():
    resize = Resizer(3)
    frames = [noise(size, at)[::flip] for at in range(3) for size, _ in FRAMES for flip in (1, -1)]
    frames[0].setflags(write=False)
    small = [resize(frame, 56, 84) for frame in frames]
    for frame, found in zip(frames, small, strict=True):
        np.testing.assert_array_equal(found, by_pillow(np.array(frame), (56, 84), 3))


@pytest.mark.filterwarnings('error')
def test_frames_that_cannot_be_written_are_resized():
    frame = noise((80, 56))
    frame.setflags(write=False)
    resize = Resizer(3)
    for _ in range(3):
        np.testing.assert_array_equal(resize(frame, 28, 56), by_pillow(frame, (28, 56), 3))


def test_pillow_resizes_the_first_frame_of_a_size_and_those_that_hardly_shrink(monkeypatch):
    asked = []
    monkeypatch.setattr(
        Resizer,
        '_pillow',
        lambda _, image, wanted: asked.append(wanted) or by_pillow(image, wanted, 3),
    )
    resize = Resizer(3)
    resize(noise((60, 80)), 28, 56)
    assert len(asked) == 1
    resize(noise((60, 80)), 28, 56)
    assert len(asked) == 2, 'compared once'
    resize(noise((60, 80)), 28, 56)
    assert len(asked) == 2
    for size in ((20, 80), (30, 60)):
        for _ in range(3):
            resize(noise(size), 28, 56)
    assert len(asked) == 8
    assert resize(frame := noise((28, 56)), 28, 56) is frame


def test_only_a_few_sizes_are_remembered():
    resize = Resizer(3)
    for height in (*range(40, 60), *range(40, 60)):
        resize(noise((height, 80)), 28, 56)
        resize(noise((height, 80)), 28, 56)
    assert len(resize._known) == SIZES


def test_where_products_are_less_exact_pillow_resizes_and_it_is_said(monkeypatch, caplog):
    product = torch.bmm
    monkeypatch.setattr(
        torch,
        'bmm',
        lambda a, b, out: product(a.bfloat16().float(), b.bfloat16().float(), out=out),
    )
    resize = Resizer(3)
    with caplog.at_level(logging.WARNING):
        small = [resize(noise((60, 80)), 28, 56) for _ in range(3)]
    for found in small:
        np.testing.assert_array_equal(found, by_pillow(noise((60, 80)), (28, 56), 3))
    assert len(caplog.records) == 1
    assert 'set_float32_matmul_precision' in caplog.text


@pytest.mark.parametrize('resample', FILTERS.values(), ids=FILTERS)
def test_weights_stay_within_what_float32_holds(resample):
    weights = pillow_weights(MOST_SHRINK * 12, 12, resample).astype(np.int64)
    high = np.round(weights / LOW).astype(np.int64)
    low = weights - LOW * high
    assert 255 * np.abs(low).sum(1).max() < 1 << 24
    assert 255 * np.abs(high).sum(1).max() + (1 << 16) < 1 << 24
    assert abs(weights.sum(1) - UNIT).max() < 500
