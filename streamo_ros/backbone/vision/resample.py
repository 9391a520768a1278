# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Resizing by Pillow, and its weights, so that a GPU can give the very bytes that Pillow gives.

Pillow resamples bytes in two passes, each with weights of 22 fractional bits, a 32-bit sum, and
one rounding to a byte. Integer sums do not depend on their order, so any device that follows these
rules agrees in every byte. Which axis comes first is Pillow's choice: always the columns up to
version 12, the cheaper order since.

Source: the resampling of Pillow, `src/libImaging/Resample.c`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BITS = 22
"""Fractional bits of a weight."""


@dataclass(frozen=True)
class Taps:
    """What each place of a resampled axis is made of.

    Attributes:
        first: first place of the original that it reads, int32, (places,).
        weights: of consecutive places from there on, times 2 ** BITS, int32, (taps, places);
            zero where fewer are read.
    """

    first: NDArray[np.int32]
    weights: NDArray[np.int32]


def resize(image: NDArray[np.uint8], height: int, width: int, resample: int) -> NDArray[np.uint8]:
    """Resample a frame of shape (height, width, 3)."""
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(Image.fromarray(image).resize((width, height), resample))


def _bilinear(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(1 - np.abs(x), 0)


def _bicubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * -0.5
    return np.where(x < 1, near, np.where(x < 2, far, 0))


FILTERS: dict[int, tuple[float, Callable[[NDArray[np.float64]], NDArray[np.float64]]]] = {
    2: (1.0, _bilinear),
    3: (2.0, _bicubic),
}
"""Reach and weight function of each filter that is known here, by Pillow's number."""


def find_taps(size: int, places: int, resample: int) -> Taps:
    """Weights that resample an axis; the identity where nothing changes.

    Args:
        size: of the original axis.
        places: of the resampled axis.
        resample: Pillow's number of the filter, one of `FILTERS`.
    """
    if size == places:
        return Taps(np.arange(size, dtype=np.int32), np.full((1, size), 1 << BITS, np.int32))
    support, weigh = FILTERS[resample]
    scale = size / places
    stretch = max(scale, 1.0)
    center = (np.arange(places) + 0.5) * scale
    reach = support * stretch
    first = np.maximum((center - reach + 0.5).astype(np.int64), 0)
    count = np.minimum((center + reach + 0.5).astype(np.int64), size) - first
    tap = np.arange(int(count.max()))[:, None]
    weights = weigh((tap + first - center + 0.5) * (1 / stretch)) * (tap < count)
    # Sums one after the other, as Pillow's loop does it.
    weights /= np.cumsum(weights, axis=0)[-1]
    rounded = np.trunc(weights * (1 << BITS) + np.copysign(0.5, weights))
    return Taps(first.astype(np.int32), rounded.astype(np.int32))
