# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Names of colors: which of eleven everyday ones a pixel has.

The eleven are the basic color terms of English (Berlin and Kay, 'Basic Color Terms', 1969); the
borders between them are our own, drawn in hue, saturation and value.
"""

from __future__ import annotations

import torch
from torch import Tensor

from streamo_ros.core.colors import COLORS

_BLACK, _WHITE, _GRAY, _RED, _ORANGE, _YELLOW, _GREEN, _BLUE, _PURPLE, _PINK, _BROWN = range(11)
_HUES = torch.tensor([14.0, 42.0, 68.0, 165.0, 255.0, 290.0, 340.0])
"""Degrees at which the next name begins, in the order of `_NAMES`."""
_NAMES = torch.tensor([_RED, _ORANGE, _YELLOW, _GREEN, _BLUE, _PURPLE, _PINK, _RED])
_SAMPLES = 8
_MIDDLE = 0.5
"""Part of a box's width and height in which its color is looked for: the rest is background."""


def color_names(pixels: Tensor) -> Tensor:
    """The number of each pixel's color in `COLORS`.

    Args:
        pixels: RGB, 0 to 255, shape (..., 3).

    Returns:
        int64, shape (...).
    """
    pixels = pixels.float().clamp(0, 255) / 255
    value, spread = pixels.amax(-1), pixels.amax(-1) - pixels.amin(-1)
    saturation = spread / value.clamp(min=1e-6)
    name = _NAMES[torch.bucketize(_hue(pixels, value, spread), _HUES, right=True)]
    warm = (name == _ORANGE) | (name == _RED) | (name == _YELLOW)
    name = torch.where(warm & (value < 0.62) & (name != _RED), _BROWN, name)
    name = torch.where((name == _RED) & (value < 0.4) & (saturation < 0.75), _BROWN, name)
    name = torch.where((name == _RED) & (value > 0.75) & (saturation < 0.55), _PINK, name)
    plain = (saturation < 0.18) | (spread < 0.08)
    shade = torch.where(value > 0.78, _WHITE, _GRAY)
    name = torch.where(plain, shade, name)
    return torch.where(value < 0.2, _BLACK, name)


def _hue(pixels: Tensor, value: Tensor, spread: Tensor) -> Tensor:
    """Hue in degrees, 0 for gray."""
    red, green, blue = pixels.unbind(-1)
    part = spread.clamp(min=1e-6)
    hue = torch.where(
        value == red,
        (green - blue) / part % 6,
        torch.where(value == green, (blue - red) / part + 2, (red - green) / part + 4),
    )
    return 60 * hue


def box_colors(picture: Tensor, boxes: Tensor) -> Tensor:
    """How much of each box's middle has each color.

    Args:
        picture: RGB, 0 to 255, shape (3, height, width).
        boxes: center x, center y, width, height, 0 to 1 of the picture, shape (boxes, 4).

    Returns:
        float32, shape (boxes, colors); each row sums to 1.
    """
    height, width = picture.shape[1:]
    steps = ((torch.arange(_SAMPLES) + 0.5) / _SAMPLES - 0.5) * _MIDDLE
    x = ((boxes[:, :1] + steps * boxes[:, 2:3]).clamp(0, 1) * (width - 1)).round().long()
    y = ((boxes[:, 1:2] + steps * boxes[:, 3:4]).clamp(0, 1) * (height - 1)).round().long()
    pixels = picture[:, y[:, :, None], x[:, None, :]].permute(1, 2, 3, 0)
    names = color_names(pixels).flatten(1)
    return torch.nn.functional.one_hot(names, len(COLORS)).float().mean(1)
