# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""YOLOX-Nano in plain torch: a picture of any size in multiples of 32 to raw detections.

Batch norms are folded into the convolutions, and the order of the colors into the first one. The
convolutions are registered in the order in which they run: that is how the weights of an exported
graph find their places, whatever their names are there (see `detector.onnx_weights`).

Source: Ge et al., 'YOLOX: Exceeding YOLO Series in 2021', arXiv 2107.08430; its weights are
Copyright (c) 2021-2022 Megvii Inc., Apache-2.0, and not part of this package.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.detector.weights import read_detector

KINDS = 80
"""Kinds of things that are told apart: those of COCO, in its order."""
VALUES = 5 + KINDS
"""Numbers of a raw detection: x, y, log w, log h, objectness, and one score for each kind."""
STRIDES = (8, 16, 32)
"""Pixels between two neighboring places of each level."""
_WIDTHS = (64, 128, 256)
_HEAD = 64
_POOL, _POOLS = 5, 3


class Conv(nn.Module):
    """A convolution with the padding that keeps the size, and SiLU."""

    def __init__(
        self, inputs: int, outputs: int, size: int = 1, step: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, step, size // 2, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        """(1, inputs, height, width) to (1, outputs, height / step, width / step)."""
        return F.silu(self.conv(x), inplace=True)


def separable(inputs: int, outputs: int, step: int = 1) -> nn.Sequential:
    """A convolution of 3x3 within each channel, then one of 1x1 across channels."""
    return nn.Sequential(Conv(inputs, inputs, 3, step, inputs), Conv(inputs, outputs))


class Bottleneck(nn.Module):
    """Two convolutions, and what came in added to what they give."""

    def __init__(self, width: int, shortcut: bool) -> None:
        super().__init__()
        self.first = Conv(width, width)
        self.second = separable(width, width)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Keeps the shape."""
        y: Tensor = self.second(self.first(x))
        return y + x if self.shortcut else y


class Stage(nn.Module):
    """Half of the channels goes through bottlenecks, the other half around them."""

    def __init__(self, inputs: int, outputs: int, depth: int, shortcut: bool = True) -> None:
        super().__init__()
        half = outputs // 2
        self.through = Conv(inputs, half)
        self.around = Conv(inputs, half)
        self.blocks = nn.Sequential(*(Bottleneck(half, shortcut) for _ in range(depth)))
        self.joined = Conv(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(1, inputs, height, width) to (1, outputs, height, width)."""
        joined: Tensor = self.joined(torch.cat((self.blocks(self.through(x)), self.around(x)), 1))
        return joined


class Pyramid(nn.Module):
    """Largest values within windows of 5, 9 and 13, beside what came in.

    A larger window is a smaller one of a smaller one, which takes a fifth of the time.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.before = Conv(width, width // 2)
        self.after = Conv(width // 2 * (1 + _POOLS), width)

    def forward(self, x: Tensor) -> Tensor:
        """Keeps the shape."""
        pooled = [self.before(x)]
        for _ in range(_POOLS):
            pooled.append(F.max_pool2d(pooled[-1], _POOL, 1, _POOL // 2))
        after: Tensor = self.after(torch.cat(pooled, 1))
        return after


class Head(nn.Module):
    """What one level says of each of its places."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.stem = Conv(inputs, _HEAD)
        self.kind = nn.Sequential(separable(_HEAD, _HEAD), separable(_HEAD, _HEAD))
        self.kinds = nn.Conv2d(_HEAD, KINDS, 1)
        self.box = nn.Sequential(separable(_HEAD, _HEAD), separable(_HEAD, _HEAD))
        self.boxes = nn.Conv2d(_HEAD, 4, 1)
        self.objects = nn.Conv2d(_HEAD, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(1, inputs, rows, columns) to (1, VALUES, rows * columns), places row by row."""
        x = self.stem(x)
        kinds = self.kinds(self.kind(x))
        box = self.box(x)
        parts = (self.boxes(box), self.objects(box).sigmoid(), kinds.sigmoid())
        return torch.cat(parts, 1).flatten(2)


class Yolox(nn.Module):
    """The detector; `load_detector` gives it its weights."""

    def __init__(self) -> None:
        super().__init__()
        low, middle, high = _WIDTHS
        self.stem = Conv(12, 16, 3)
        self.dark2 = nn.Sequential(separable(16, 32, 2), Stage(32, 32, 1))
        self.dark3 = nn.Sequential(separable(32, low, 2), Stage(low, low, 3))
        self.dark4 = nn.Sequential(separable(low, middle, 2), Stage(middle, middle, 3))
        self.dark5 = nn.Sequential(
            separable(middle, high, 2), Pyramid(high), Stage(high, high, 1, shortcut=False)
        )
        self.reduce5 = Conv(high, middle)
        self.join4 = Stage(2 * middle, middle, 1, shortcut=False)
        self.reduce4 = Conv(middle, low)
        self.join3 = Stage(2 * low, low, 1, shortcut=False)
        self.down3 = separable(low, low, 2)
        self.out4 = Stage(2 * low, middle, 1, shortcut=False)
        self.down4 = separable(middle, middle, 2)
        self.out5 = Stage(2 * middle, high, 1, shortcut=False)
        self.heads = nn.ModuleList(Head(width) for width in _WIDTHS)

    def forward(self, picture: Tensor) -> Tensor:
        """Raw detections of one picture.

        Args:
            picture: RGB, 0 to 255, shape (1, 3, height, width), both multiples of 32.

        Returns:
            Shape (places, VALUES): offsets of the center within its place and log sizes, both in
            strides, then objectness and the kinds' scores, 0 to 1; all places of the first
            stride row by row, then those of the second and third.
        """
        # Each 2x2 pixels become one place with four times the channels.
        parts = [picture[:, :, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        three = self.dark3(self.dark2(self.stem(torch.cat(parts, 1))))
        four = self.dark4(three)
        five = self.reduce5(self.dark5(four))
        middle = self.reduce4(self.join4(torch.cat((doubled(five), four), 1)))
        low = self.join3(torch.cat((doubled(middle), three), 1))
        center = self.out4(torch.cat((self.down3(low), middle), 1))
        high = self.out5(torch.cat((self.down4(center), five), 1))
        levels = [head(x) for head, x in zip(self.heads, (low, center, high), strict=True)]
        return torch.cat(levels, 2)[0].T

    def convolutions(self) -> list[tuple[str, nn.Conv2d]]:
        """Its convolutions with their names, in the order in which they run."""
        return [(name, part) for name, part in self.named_modules() if type(part) is nn.Conv2d]


def doubled(x: Tensor) -> Tensor:
    """Twice as high and wide."""
    return F.interpolate(x, scale_factor=2.0, mode='nearest')


def load_detector(path: Path | None = None) -> Yolox:
    """The detector with its weights, float32, on the CPU.

    Args:
        path: the file of the weights; None = where they are installed.

    Raises:
        BackboneError: it is absent or broken, or holds other weights.
    """
    detector = Yolox()
    pairs = zip(detector.convolutions(), read_detector(path), strict=True)
    for (_, convolution), (weight, bias) in pairs:
        convolution.weight.data = torch.from_numpy(weight)
        convolution.bias.data = torch.from_numpy(bias)  # type: ignore[union-attr]
    # With the channels of a place side by side, a CPU convolves a fifth faster.
    detector.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return detector.eval().requires_grad_(False)
