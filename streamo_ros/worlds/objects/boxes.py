# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much boxes cover each other."""

from __future__ import annotations

import numpy as np

from streamo_ros.worlds.objects.paths import Floats


def overlap(first: Floats, second: Floats) -> Floats:
    """Intersection over union, shape (...).

    Args:
        first: center x and y, width and height, shape (..., 4).
        second: the others, likewise.
    """
    low = np.maximum(first[..., :2] - first[..., 2:] / 2, second[..., :2] - second[..., 2:] / 2)
    high = np.minimum(first[..., :2] + first[..., 2:] / 2, second[..., :2] + second[..., 2:] / 2)
    shared = (high - low).clip(0).prod(-1)
    union = first[..., 2:].prod(-1) + second[..., 2:].prod(-1) - shared
    covered: Floats = shared / np.maximum(union, 1e-9)
    return covered
