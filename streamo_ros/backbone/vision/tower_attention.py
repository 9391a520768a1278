# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention of the Qwen vision towers over constant parts of a frame, without a mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from streamo_ros.backbone.rotary import rotate


def attend(
    attention: Any, x: Tensor, cos: Tensor, sin: Tensor, parts: Sequence[tuple[int, int]]
) -> Tensor:
    """Each part's patches look at each other.

    Args:
        attention: the checkpoint's attention module (`qkv`, `proj`, `num_heads`).
        x: shape (patches, hidden).
        cos: cosines, float32, (patches, 1, dim).
        sin: sines, likewise.
        parts: (count, size) of runs of windows of equal size, in the order of `x`.
    """
    qkv = attention.qkv(x).unflatten(-1, (3, attention.num_heads, -1))
    turned = rotate(qkv[:, :2].float(), cos.unsqueeze(1), sin.unsqueeze(1)).to(x.dtype)
    rows = (turned[:, 0], turned[:, 1], qkv[:, 2])
    seen, begin = [], 0
    for count, size in parts:
        end = begin + count * size
        heads = [row[begin:end].unflatten(0, (count, size)).transpose(1, 2) for row in rows]
        out = F.scaled_dot_product_attention(heads[0], heads[1], heads[2])
        seen.append(out.transpose(1, 2).reshape(count * size, -1))
        begin = end
    whole: Tensor = attention.proj(seen[0] if len(seen) == 1 else torch.cat(seen))
    return whole
