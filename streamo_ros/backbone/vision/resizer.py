# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Resizes frames to the bytes that Pillow gives, by whom it takes less of the processor's time."""

from __future__ import annotations

import logging
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from streamo_ros.backbone.vision.resampler import find_resampler
from streamo_ros.backbone.vision.resampler import FrameResampler
from streamo_ros.backbone.vision.resampler import MOST_SHRINK

SIZES = 4
"""Sizes remembered: a stream has one, or two while the camera's mode changes."""

LEAST_SHRINK = 1.5
"""Pixels to each one of the result, below which Pillow takes no longer."""

Value = TypeVar('Value')
_Sizes = tuple[int, int, int, int]
_log = logging.getLogger(__name__)


class Resizer:
    """Resamples frames; every byte is Pillow's.

    Pillow itself enlarges, shrinks a little, and resamples the first frame of a size: what comes
    once, as pictures of a folder may, is not worth preparing for.

    Args:
        resample: Pillow's number of the filter.
    """

    def __init__(self, resample: int) -> None:
        self._resample = resample
        self._known: dict[_Sizes, FrameResampler | None] = {}
        self._seen: dict[_Sizes, None] = {}

    def __call__(self, image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
        """Resample a frame of shape (height, width, 3)."""
        tall, wide = image.shape[:2]
        if (tall, wide) == (height, width):
            return image
        image = np.ascontiguousarray(image)
        resampler = self._resampler((tall, wide), (height, width))
        return resampler(image) if resampler else self._pillow(image, (height, width))

    def _pillow(self, image: NDArray[np.uint8], wanted: tuple[int, int]) -> NDArray[np.uint8]:
        return np.asarray(Image.fromarray(image).resize(wanted[::-1], self._resample))

    def _resampler(self, size: tuple[int, int], wanted: tuple[int, int]) -> FrameResampler | None:
        """What resamples these frames; None = Pillow."""
        key = (*size, *wanted)
        if key not in self._known and key in self._seen:
            _remember(self._known, key, self._prepared(size, wanted))
        _remember(self._seen, key, None)
        return self._known.get(key)

    def _prepared(self, size: tuple[int, int], wanted: tuple[int, int]) -> FrameResampler | None:
        """A resampler that has given Pillow's bytes of noise; None if there is none."""
        tall, wide = (old / new for old, new in zip(size, wanted, strict=True))
        if min(tall, wide) < 1 or tall * wide < LEAST_SHRINK or max(tall, wide) > MOST_SHRINK:
            return None
        resampler = find_resampler(size, wanted, self._resample, self._pillow)
        if resampler is None:
            _log.warning(
                'frames are resized by Pillow, which takes longer: products of float32 do not '
                'give its bytes here; leave torch.set_float32_matmul_precision at highest and '
                'DNNL_DEFAULT_FPMATH_MODE unset'
            )
        return resampler


def _remember(table: dict[_Sizes, Value], key: _Sizes, value: Value) -> None:
    table[key] = value
    while len(table) > SIZES:
        table.pop(next(iter(table)))
