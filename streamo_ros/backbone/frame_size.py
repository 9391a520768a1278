# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a frame must be, and the size it is resized to before a vision tower sees it.

Imports no torch.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.interface import BackboneError

MAX_ASPECT = 200


def check_frame(image: NDArray[np.uint8]) -> None:
    """Refuse what is no frame.

    Raises:
        BackboneError: it is not RGB, uint8, of shape (height, width, 3).
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise BackboneError(
            f'a frame must be RGB uint8 of shape (height, width, 3), got {image.dtype} '
            f'of shape {image.shape}'
        )


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


def pixel_limits(processor: dict[str, Any], max_pixels: int) -> tuple[int, int]:
    """Smallest and largest area of a frame: those of the processor, at most `max_pixels`."""
    size = processor.get('size') or {}
    low = processor.get('min_pixels') or size.get('shortest_edge') or size.get('min_pixels')
    high = processor.get('max_pixels') or size.get('longest_edge') or size.get('max_pixels')
    high = min(int(high), max_pixels) if high else max_pixels
    return min(int(low or 1), high), high


def longest_size(height: int, width: int, longest: int) -> tuple[int, int]:
    """Height and width with the longer side as given and the shorter one even, at least 1.

    Source: SmolVLM2's released preprocessing.
    """
    if width >= height:
        short = max(1, int(longest / (width / height)))
        return short + short % 2, longest
    short = max(1, int(longest * (width / height)))
    return longest, short + short % 2


def tile_side(trained: int, edge: int, max_pixels: int) -> int:
    """Vision tokens along a square tile: those of the trained one, or what the area allows.

    Args:
        trained: pixels along the tile that the tower was trained on.
        edge: pixels along a vision token.
        max_pixels: largest area of the tile.

    Raises:
        BackboneError: the area is less than one token's.
    """
    side = min(trained, math.isqrt(max_pixels)) // edge
    if side < 1:
        raise BackboneError(
            f'model.max_pixels {max_pixels} is less than the area of one vision token of this '
            f'checkpoint: set it to at least {edge * edge}'
        )
    return side
