# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the embedded model's vision tower on many frames at once.

Uses the weights of transformers' Qwen2.5-VL tower with full attention in every block, and gives
the same result as that tower for each frame. Transformers concatenates frames into one long
sequence, which on a CPU is several times slower for small frames.

Source: Qwen2.5-VL technical report (arXiv 2502.13923), sec. 2.1; 2D rotary positions.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

PATCH, MERGE = 14, 2
CELL = PATCH * MERGE
"""Pixels along the edge of a vision token's area."""
MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)
_BASE = 10000.0


def patches(frames: Tensor) -> Tensor:
    """Cut frames into normalized patches; those of one merged token are adjacent.

    Args:
        frames: RGB, uint8, shape (frames, height, width, 3), sides multiples of `CELL`.

    Returns:
        float32, shape (frames, patches, 1176): channel, two equal time steps, row, column.
    """
    count, height, width, _ = frames.shape
    pixels = (frames.float() / 255 - torch.tensor(MEAN)) / torch.tensor(DEVIATION)
    cut = pixels.permute(0, 3, 1, 2).reshape(
        count, 3, height // CELL, MERGE, PATCH, width // CELL, MERGE, PATCH
    )
    cut = cut.permute(0, 2, 5, 3, 6, 1, 4, 7).unsqueeze(6)
    return cut.expand(-1, -1, -1, -1, -1, -1, 2, -1, -1).reshape(count, -1, 6 * PATCH * PATCH)


def encode(tower: Any, frames: Tensor) -> Tensor:
    """The vision tokens of frames of one size.

    Args:
        tower: `model.visual` of Qwen2.5-VL, with full attention in every block.
        frames: see `patches`.

    Returns:
        float32, shape (frames, tokens, hidden).
    """
    hidden = patches(frames)
    weight = tower.patch_embed.proj.weight
    hidden = F.linear(hidden, weight.reshape(weight.shape[0], -1))
    config = tower.config
    cos, sin = _rotation(
        frames.shape[1] // PATCH, frames.shape[2] // PATCH, config.hidden_size // config.num_heads
    )
    for block in tower.blocks:
        hidden = hidden + _attend(block, hidden, config.num_heads, cos, sin)
        hidden = hidden + block.mlp(block.norm2(hidden))
    merged = tower.merger.ln_q(hidden).reshape(len(hidden), -1, MERGE**2 * hidden.shape[-1])
    return tower.merger.mlp(merged)


def _attend(block: Any, hidden: Tensor, heads: int, cos: Tensor, sin: Tensor) -> Tensor:
    count, length, size = hidden.shape
    mixed = block.attn.qkv(block.norm1(hidden)).reshape(count, length, 3, heads, size // heads)
    query, key, value = mixed.permute(2, 0, 3, 1, 4)
    query = query * cos + _rotate_half(query) * sin
    key = key * cos + _rotate_half(key) * sin
    # Written out: for so few tokens torch's fused attention takes twice as long in training.
    probabilities = (query @ key.transpose(-1, -2) * (size // heads) ** -0.5).softmax(-1)
    output = probabilities @ value
    return block.attn.proj(output.transpose(1, 2).reshape(hidden.shape))


def _rotation(rows: int, columns: int, size: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines of every patch, shape (patches, size), in the order of `patches`."""
    down = torch.arange(rows)[:, None].expand(rows, columns)
    across = torch.arange(columns)[None].expand(rows, columns)
    frequencies = 1.0 / (_BASE ** (torch.arange(0, size // 2, 2).float() / (size // 2)))
    angles = torch.cat(
        [_in_merge_order(axis)[:, None] * frequencies for axis in (down, across)], -1
    )
    angles = torch.cat([angles, angles], -1)
    return angles.cos(), angles.sin()


def _in_merge_order(values: Tensor) -> Tensor:
    """One value per patch, shape (rows, columns), flattened to the order of `patches`."""
    rows, columns = values.shape
    cut = values.reshape(rows // MERGE, MERGE, columns // MERGE, MERGE)
    return cut.permute(0, 2, 1, 3).reshape(-1)


def _rotate_half(vector: Tensor) -> Tensor:
    """Rotated by 90 degrees in every plane."""
    first, second = vector.chunk(2, -1)
    return torch.cat([-second, first], -1)
