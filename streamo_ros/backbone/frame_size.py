# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The size that a frame is resized to before a vision tower sees it. Imports no torch."""

from __future__ import annotations

import math

from streamo_ros.core.interface import BackboneError

MAX_ASPECT = 200


def smart_size(
    height: int, width: int, edge: int, min_pixels: int, max_pixels: int
) -> tuple[int, int]:
    """Height and width in multiples of `edge`, with the aspect ratio kept and the area limited.

    Source: `smart_resize` of Qwen2-VL's released preprocessing.

    Raises:
        BackboneError: one side is more than 200 times as long as the other.
    """
    if max(height, width) > MAX_ASPECT * min(height, width):
        raise BackboneError(
            f'a frame of {width}x{height} pixels is too narrow: one side may be at most '
            f'{MAX_ASPECT} times as long as the other'
        )
    rows, columns = round(height / edge), round(width / edge)
    if rows * columns * edge * edge > max_pixels:
        shrink = math.sqrt(height * width / max_pixels)
        rows = max(1, math.floor(height / shrink / edge))
        columns = max(1, math.floor(width / shrink / edge))
    elif rows * columns * edge * edge < min_pixels:
        grow = math.sqrt(min_pixels / (height * width))
        rows, columns = math.ceil(height * grow / edge), math.ceil(width * grow / edge)
    return rows * edge, columns * edge
