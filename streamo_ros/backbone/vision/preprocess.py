# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Converts a camera frame to the patches that a vision tower takes.

Gives the same numbers as the checkpoint's own image processor with the Pillow backend: size,
bicubic resampling, rescaling, normalization and patch order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.backbone.triton_check import missing_triton
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.resample import FILTERS
from streamo_ros.backbone.vision.resample import resize
from streamo_ros.core.interface import BackboneError

MAX_ASPECT = 200


@dataclass(frozen=True)
class Normalization:
    """What a checkpoint's image processor does to pixels.

    Attributes:
        mean: mean of red, green and blue after rescaling to 0..1.
        deviation: standard deviation of each.
        resample: Pillow's number of the resampling filter; 3 is bicubic.
        scale: factor that rescales a byte.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    resample: int = 3
    scale: float = 1 / 255

    def table(self) -> Tensor:
        """Normalized value of each byte in each channel, float32, shape (3, 256)."""
        levels = (np.arange(256) * self.scale).astype(np.float32)
        mean = np.array(self.mean, np.float32)[:, None]
        deviation = np.array(self.deviation, np.float32)[:, None]
        return torch.from_numpy((levels - mean) / deviation)


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


class Preprocessor:
    """Converts frames to patches of one grid, on one device.

    On CUDA the camera's bytes are copied as they are and kernels do the rest, where Triton is
    installed and the filter is known to them; elsewhere Pillow resizes.

    Args:
        grid: the grid.
        normalization: normalization of the checkpoint's image processor.
        device: device of the patches.
        dtype: dtype of the patches.
    """

    def __init__(
        self, grid: Grid, normalization: Normalization, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.grid = grid
        plain = PillowPatches(grid, normalization, device, dtype)
        self.cut: Callable[[NDArray[np.uint8]], Tensor] = plain
        if device.type == 'cuda' and normalization.resample in FILTERS and not missing_triton():
            from streamo_ros.backbone.vision.patch_kernels import FusedPatches

            table, resample = normalization.table(), normalization.resample
            self.cut = FusedPatches(grid, table, resample, plain, device, dtype)

    def __call__(self, image: NDArray[np.uint8]) -> Tensor:
        """Patches, shape (patches, 3 * patch * patch).

        Args:
            image: RGB, uint8, shape (height, width, 3).

        Raises:
            BackboneError: the array is not such an image.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise BackboneError(
                f'a frame must be RGB uint8 of shape (height, width, 3), got {image.dtype} '
                f'of shape {image.shape}'
            )
        return self.cut(image)


class PillowPatches:
    """Makes patches on the processor; see `Preprocessor`."""

    def __init__(
        self, grid: Grid, normalization: Normalization, device: torch.device, dtype: torch.dtype
    ) -> None:
        self._grid = grid
        self._resample = normalization.resample
        self._device = device
        self._dtype = dtype
        self._table = normalization.table().flatten().numpy()
        self._channels = np.repeat(256 * np.arange(3), grid.patch * grid.patch)

    def __call__(self, image: NDArray[np.uint8]) -> Tensor:
        """See `Preprocessor`."""
        levels = patchify(resize(image, *self._grid.pixels, self._resample), self._grid)
        patches = torch.from_numpy(self._table.take(levels + self._channels))
        return patches.to(self._device, self._dtype)


def patchify(pixels: NDArray[Any], grid: Grid) -> NDArray[Any]:
    """Cut pixels into patches; those of one merged token are adjacent.

    Args:
        pixels: shape (height, width, 3).
        grid: the grid of these pixels.

    Returns:
        Shape (patches, 3 * patch * patch), ordered by merged row, merged column, row and column
        within; each patch as channel, row, column.
    """
    cut = pixels.reshape(
        grid.rows, grid.merge, grid.patch, grid.columns, grid.merge, grid.patch, 3
    )
    return cut.transpose(0, 3, 1, 4, 6, 2, 5).reshape(-1, 3 * grid.patch * grid.patch)


def pixel_limits(processor: dict[str, Any], max_pixels: int) -> tuple[int, int]:
    """Smallest and largest area of a frame: those of the processor, at most `max_pixels`."""
    size = processor.get('size') or {}
    low = processor.get('min_pixels') or size.get('shortest_edge') or size.get('min_pixels')
    high = processor.get('max_pixels') or size.get('longest_edge') or size.get('max_pixels')
    high = min(int(high), max_pixels) if high else max_pixels
    return min(int(low or 1), high), high
