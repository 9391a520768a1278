# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Converts a camera frame to the patches that a vision tower takes.

Gives the same numbers as the checkpoint's own image processor with the Pillow backend: size,
bicubic resampling, rescaling, normalization and patch order.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.backbone.frame_size import check_frame
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.resizer import Resizer

FindSizes = Callable[[Grid, int, int], Sequence[tuple[int, int]]]
"""Of a grid and a frame's height and width, what it is resized to; see `family.Family.sizes`."""


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


class Preprocessor:
    """Converts frames to patches of one grid, on one device.

    Args:
        grid: the grid.
        normalization: normalization of the checkpoint's image processor.
        device: device of the patches.
        dtype: dtype of the patches.
        find_sizes: sizes that a frame is resized to; None = the grid's.
    """

    def __init__(
        self,
        grid: Grid,
        normalization: Normalization,
        device: torch.device,
        dtype: torch.dtype,
        find_sizes: FindSizes | None = None,
    ) -> None:
        self.grid = grid
        self._find_sizes = find_sizes
        self._resize = Resizer(normalization.resample)
        self._dtype = dtype
        self._lookup = _Lookup(normalization.table(), device)

    def __call__(self, *images: NDArray[np.uint8]) -> Tensor:
        """Patches, shape `Grid.patch_shape`.

        Args:
            images: as many as a patch holds, of one size; one alone is shown as often as that.
                RGB, uint8, shape (height, width, 3).

        Raises:
            BackboneError: an array is not such an image.
        """
        patches = [self._cut(image) for image in images]
        return in_depth(patches * (self.grid.depth // len(patches))).to(self._dtype)

    def _cut(self, image: NDArray[np.uint8]) -> Tensor:
        """Patches of one image, float32, (patches, 3 * patch * patch)."""
        check_frame(image)
        tall, wide = self.grid.pixels
        sizes = (
            self._find_sizes(self.grid, *image.shape[:2]) if self._find_sizes else [(tall, wide)]
        )
        for size in sizes:
            image = self._resize(image, *size)
        small = np.array(image[:tall, :wide], order='C')
        return patchify(self._lookup(small), self.grid)


class _Lookup:
    """Looks bytes up in a table, see `Normalization.table`; by OpenCV on a CPU."""

    def __init__(self, table: Tensor, device: torch.device) -> None:
        self._device = device
        self._numbers = np.ascontiguousarray(table.numpy().T)[None]
        self._table = table.flatten().to(device)
        self._channels = 256 * torch.arange(3, device=device)

    def __call__(self, image: NDArray[np.uint8]) -> Tensor:
        """Float32, (height, width, 3); the bytes are copied to the device, not the floats."""
        if self._device.type == 'cpu':
            return torch.from_numpy(cv2.LUT(image, self._numbers))
        levels = torch.from_numpy(image).to(self._device)
        return self._table.take(levels.long() + self._channels)


def in_depth(patches: Sequence[Tensor]) -> Tensor:
    """Patches of consecutive frames as patches that hold all of them.

    Each is ordered by channel, frame, row and column.
    """
    if len(patches) == 1:
        return patches[0]
    return torch.stack([frame.unflatten(1, (3, -1)) for frame in patches], 2).flatten(1)


def patchify(pixels: Tensor, grid: Grid) -> Tensor:
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
    return cut.permute(0, 3, 1, 4, 6, 2, 5).reshape(-1, 3 * grid.patch * grid.patch)


def unpatchify(patches: Tensor, grid: Grid) -> Tensor:
    """Put patches together again, to a picture of shape (3, height, width)."""
    cut = patches.reshape(
        grid.rows, grid.columns, grid.merge, grid.merge, 3, grid.patch, grid.patch
    )
    return cut.permute(4, 0, 2, 5, 1, 3, 6).reshape(3, *grid.pixels)
