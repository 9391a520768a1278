# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Constants of a grid that a vision tower computes once: patch order, rotary angles, positions.

All rows are in merge order: the patches of one merged token are adjacent (see
`preprocess.patchify`).

Source: the released vision encoders of Qwen2.5-VL (arXiv 2502.13923, sec. 2.1.1) and Qwen3-VL.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from streamo_ros.backbone.vision import Grid


def patch_kernel(kernel: Tensor, grid: Grid) -> Tensor:
    """The kernel of a tower whose patches hold two frames, (hidden, numbers in a patch).

    A still frame is repeated along the temporal axis, so its two kernels add up.

    Args:
        kernel: shape (hidden, 3, 2, patch, patch).
        grid: the grid.
    """
    return (kernel if grid.depth == 2 else kernel.sum(2)).flatten(1)


def patch_places(grid: Grid) -> Tensor:
    """Row and column of each patch, int64, shape (patches, 2)."""
    height, width = grid.patches
    places = torch.stack(
        torch.meshgrid(torch.arange(height), torch.arange(width), indexing='ij'), dim=-1
    )
    return in_merge_order(places, grid)


def in_merge_order(rows: Tensor, grid: Grid) -> Tensor:
    """Flatten (patch rows, patch columns, ...) to merge order, (patches, ...)."""
    rest = rows.shape[2:]
    cut = rows.reshape(grid.rows, grid.merge, grid.columns, grid.merge, *rest)
    return cut.transpose(1, 2).reshape(-1, *rest)


def axial_angles(places: Tensor, frequencies: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines that rotate a head by row and column, float32, each (patches, dim).

    Args:
        places: row and column of each patch, (patches, 2).
        frequencies: inverse frequencies, shape (dim / 4,), on the device of the result.
    """
    places = places.to(frequencies.device)
    angles = (places[..., None].float() * frequencies.float()).flatten(1)
    full = torch.cat((angles, angles), dim=-1)
    return full.cos(), full.sin()


def attention_windows(grid: Grid, edge: int) -> list[Tensor]:
    """Merged tokens of each attention window; windows and tokens are in raster order.

    Args:
        grid: the grid.
        edge: merged tokens along a window's edge.

    Returns:
        One int64 tensor of token indices for each window; windows at the border are smaller.
    """
    tokens = torch.arange(grid.tokens).reshape(grid.rows, grid.columns)
    return [
        tokens[row : row + edge, column : column + edge].flatten()
        for row in range(0, grid.rows, edge)
        for column in range(0, grid.columns, edge)
    ]


def by_size(windows: Sequence[Tensor]) -> list[Tensor]:
    """Windows of equal size stacked, largest first: each (windows, tokens)."""
    sizes = sorted({len(window) for window in windows}, reverse=True)
    return [torch.stack([window for window in windows if len(window) == size]) for size in sizes]


def resampled(table: Tensor, grid: Grid) -> Tensor:
    """A square table of learned positions, interpolated at the patches of a grid.

    Bilinear with aligned corners, as in Qwen3-VL.

    Args:
        table: shape (side * side, hidden).
        grid: the grid.

    Returns:
        Shape (patches, hidden), merge order, float32.
    """
    side = int(len(table) ** 0.5)
    square = table.float().reshape(1, side, side, -1).permute(0, 3, 1, 2)
    positions = torch.nn.functional.interpolate(
        square, size=grid.patches, mode='bilinear', align_corners=True
    )
    return in_merge_order(positions[0].permute(1, 2, 0), grid)
