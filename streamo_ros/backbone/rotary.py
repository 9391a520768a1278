# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rotary positions: three-axis positions to cosines and sines, and the rotation itself.

An axis (time, row or column) turns each frequency; a one-dimensional model is the case of three
equal axes.

Source: Su et al., 'RoFormer', arXiv 2104.09864, eq. 15; the sections of Qwen2-VL's multimodal
rotary embedding, Wang et al., arXiv 2409.12191, sec. 2.1.
"""

from __future__ import annotations

import torch
from torch import Tensor


class Rotary:
    """Angles of a checkpoint's rotary embedding.

    Args:
        frequencies: inverse frequencies, float32, shape (dim / 2,).
        axes: for each frequency the axis that turns it (0 time, 1 row, 2 column), int64, same
            shape.
        scaling: factor on cosines and sines (attention factor of scaled embeddings).
    """

    def __init__(self, frequencies: Tensor, axes: Tensor, scaling: float) -> None:
        self.frequencies = frequencies.float()
        self.axes = axes.to(frequencies.device)
        self.scaling = scaling

    def angles(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines, float32, each of shape (tokens, dim).

        Args:
            positions: integers, shape (3, tokens).
        """
        half = positions.index_select(0, self.axes).float().T * self.frequencies
        full = torch.cat((half, half), dim=-1)
        cos, sin = full.cos(), full.sin()
        return (cos, sin) if self.scaling == 1 else (cos * self.scaling, sin * self.scaling)

    def table(self, positions: int) -> tuple[Tensor, Tensor]:
        """Cosines and sines of positions from 0, float32, each (positions, dim / 2)."""
        places = torch.arange(positions, device=self.frequencies.device)
        half = places.float()[:, None] * self.frequencies
        return half.cos() * self.scaling, half.sin() * self.scaling


def sections(sizes: tuple[int, ...]) -> Tensor:
    """Axes of consecutive sections: (16, 24, 24) is 16 of time, 24 of row, 24 of column."""
    return torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))


def interleaved(sizes: tuple[int, ...]) -> Tensor:
    """Axes in Qwen3-VL's order: time, row and column alternate, the rest is time."""
    axes = torch.zeros(sum(sizes), dtype=torch.int64)
    for axis in (1, 2):
        axes[axis : 3 * sizes[axis] : 3] = axis
    return axes


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair (i, i + dim / 2) of the last axis; `cos` and `sin` broadcast to `x`.

    Computed in the dtype of the angles and rounded once to that of `x`.
    """
    dtype = x.dtype
    x = x.to(cos.dtype)
    turned = x * cos
    # Half by half: one sum over the whole would first need the halves swapped in a copy.
    (first, second), (sin_first, sin_second) = x.chunk(2, -1), sin.chunk(2, -1)
    turned_first, turned_second = turned.chunk(2, -1)
    turned_first.addcmul_(second, sin_first, value=-1)
    turned_second.addcmul_(first, sin_second)
    return turned.to(dtype)
