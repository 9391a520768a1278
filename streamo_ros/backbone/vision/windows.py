# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention windows of a frame: which patches look at each other, and how without a mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Windows:
    """Windows of consecutive patches, those of equal size one after the other.

    Attributes:
        runs: (count, size) of windows of equal size.
        starts: first patch of each window, int32, (windows,).
        sizes: patches of each window, likewise.
    """

    runs: tuple[tuple[int, int], ...]
    starts: Tensor
    sizes: Tensor

    @property
    def largest(self) -> int:
        """Patches of the largest window."""
        return max(size for _, size in self.runs)


def find_windows(runs: Sequence[tuple[int, int]], device: torch.device) -> Windows:
    """Windows by their sizes.

    Args:
        runs: (count, size) of windows of equal size, in the order of the patches.
        device: where their starts are wanted.
    """
    sizes = torch.tensor([size for count, size in runs for _ in range(count)], dtype=torch.int32)
    starts = (torch.cumsum(sizes, 0) - sizes).int()
    return Windows(tuple(runs), starts.to(device), sizes.to(device))


def attend(rows: Sequence[Tensor], runs: Sequence[tuple[int, int]]) -> Tensor:
    """Let the patches of each window look at each other.

    Args:
        rows: queries, keys and values, each (patches, heads, dim).
        runs: (count, size) of windows of equal size, in the order of `rows`.

    Returns:
        Shape (patches, heads * dim).
    """
    seen, begin = [], 0
    for count, size in runs:
        end = begin + count * size
        heads = [row[begin:end].unflatten(0, (count, size)).transpose(1, 2) for row in rows]
        out = F.scaled_dot_product_attention(heads[0], heads[1], heads[2])
        seen.append(out.transpose(1, 2).reshape(count * size, -1))
        begin = end
    return seen[0] if len(seen) == 1 else torch.cat(seen)
