# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The weights resample to Pillow's very bytes."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from streamo_ros.backbone.vision.resample import BITS
from streamo_ros.backbone.vision.resample import FILTERS
from streamo_ros.backbone.vision.resample import find_taps


def noise(height, width):
    """Black and white pixels among the rest: sums leave the range of a byte."""
    generator = np.random.default_rng(height * width)
    image = generator.integers(0, 256, (height, width, 3), dtype=np.uint8)
    image[generator.random((height, width)) < 0.3] = 0
    image[generator.random((height, width)) < 0.3] = 255
    return image


def resample_axis(image, places, resample):
    """The first axis of bytes (size, ...) at other places."""
    taps = find_taps(len(image), places, resample)
    total = np.full((places, *image.shape[1:]), 1 << (BITS - 1), np.int32)
    for at, weights in enumerate(taps.weights):
        rows = image[np.minimum(taps.first + at, len(image) - 1)]
        total += weights.reshape(-1, *[1] * (image.ndim - 1)) * rows
    return np.clip(total >> BITS, 0, 255).astype(np.uint8)


def sizes():
    """Views of real cameras, and odd sizes that grow and shrink by any factor."""
    yield from (((480, 640), (252, 364)), ((720, 1280), (224, 420)), ((1080, 1920), (84, 168)))
    yield from (((448, 448), (448, 448)), ((448, 640), (448, 448)), ((600, 448), (448, 448)))
    generator = np.random.default_rng(3)
    for _ in range(40):
        yield (
            tuple(int(part) for part in generator.integers(1, 300, 2)),
            tuple(28 * int(part) for part in generator.integers(1, 9, 2)),
        )


@pytest.mark.parametrize('resample', FILTERS)
def test_every_byte_is_that_of_pillow(resample):
    """In one of the two orders, which is Pillow's choice."""
    for (height, width), (rows, columns) in sizes():
        image = noise(height, width)
        expected = np.asarray(Image.fromarray(image).resize((columns, rows), resample))
        narrow = resample_axis(image.swapaxes(0, 1), columns, resample).swapaxes(0, 1)
        found = resample_axis(narrow, rows, resample)
        if not np.array_equal(found, expected):
            low = resample_axis(image, rows, resample).swapaxes(0, 1)
            found = resample_axis(low, columns, resample).swapaxes(0, 1)
        assert np.array_equal(found, expected), (image.shape, expected.shape)
