# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention of the vision towers over constant parts of a frame, without a mask."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.vision.tower_operators import TowerOperators


class TowerAttention(nn.Module):
    """Rotates queries and keys and lets each part's patches look at each other.

    Args:
        heads: how many there are.
        cos: cosines, float32, (patches, dim).
        sin: sines, likewise.
    """

    def __init__(self, heads: int, cos: Tensor, sin: Tensor) -> None:
        super().__init__()
        self.heads = heads
        half = sin.shape[-1] // 2
        self.cos = nn.Buffer(cos, persistent=False)
        self.sin = nn.Buffer(torch.cat((-sin[:, :half], sin[:, half:]), -1), persistent=False)

    def forward(
        self, qkv: Tensor, parts: Sequence[tuple[int, int]], operators: TowerOperators
    ) -> Tensor:
        """Attention of one block.

        Args:
            qkv: queries, keys and values, (patches, 3 * heads * dim); may be overwritten.
            parts: (count, size) of runs of windows of equal size, in the order of `qkv`.
            operators: of the tower.

        Returns:
            Shape (patches, heads * dim).
        """
        rows = operators.rotate(qkv.unflatten(-1, (3, self.heads, -1)), self.cos, self.sin)
        return attend(rows, parts)


def attend(rows: Sequence[Tensor], parts: Sequence[tuple[int, int]]) -> Tensor:
    """Each part's patches look at each other.

    Args:
        rows: queries, keys and values, each (patches, heads, dim).
        parts: (count, size) of runs of windows of equal size, in the order of `rows`.

    Returns:
        Shape (patches, heads * dim).
    """
    seen, begin = [], 0
    for count, size in parts:
        end = begin + count * size
        heads = [row[begin:end].unflatten(0, (count, size)).transpose(1, 2) for row in rows]
        out = F.scaled_dot_product_attention(heads[0], heads[1], heads[2])
        seen.append(out.transpose(1, 2).reshape(count * size, -1))
        begin = end
    return seen[0] if len(seen) == 1 else torch.cat(seen)
