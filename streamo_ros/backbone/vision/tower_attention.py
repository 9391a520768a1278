# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention of the Qwen vision towers, rotated by row and column of each patch."""

from __future__ import annotations

import torch
from torch import nn
from torch import Tensor

from streamo_ros.backbone.vision.tower_operators import TowerOperators
from streamo_ros.backbone.vision.windows import Windows


class TowerAttention(nn.Module):
    """Rotates queries and keys and lets the patches of each window look at each other.

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

    def forward(self, qkv: Tensor, windows: Windows, operators: TowerOperators) -> Tensor:
        """Attention of one block.

        Args:
            qkv: queries, keys and values, (patches, 3 * heads * dim); may be overwritten.
            windows: of these patches.
            operators: of the tower.

        Returns:
            Shape (patches, heads * dim).
        """
        rows = qkv.unflatten(-1, (3, self.heads, -1))
        return operators.attend(rows, self.cos, self.sin, windows)
