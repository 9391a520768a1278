# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The sizes that every implementation of attention needs."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from streamo_ros.backbone.attention.storage import row_bytes


@dataclass(frozen=True)
class WindowShape:
    """Sizes of a key-value window: what one token costs, and how many there are.

    Attributes:
        lanes: slots.
        capacity: tokens of a slot.
        layers: of the text model.
        heads: key and value heads.
        dim: of a head.
        query_heads: query heads; 0 = as many as `heads`.
        slack: extra rows after the capacity.
        copies: tensors that are kept of each token and layer: keys and values, or rotated keys
            as well.
    """

    lanes: int
    capacity: int
    layers: int
    heads: int
    dim: int
    query_heads: int = 0
    slack: int = 0
    copies: int = 3

    @property
    def rows(self) -> int:
        """Rows of a slot's buffers."""
        return self.capacity + self.slack

    def bytes(self, dtype: torch.dtype) -> int:
        """Bytes of keys and values in this format, scales included."""
        rows = self.lanes * self.rows * self.heads
        return self.copies * self.layers * rows * row_bytes(self.dim, dtype)


@dataclass(frozen=True)
class HeadNorms:
    """RMS norms of each query and key head, before rotation: weights (dim,)."""

    query: Tensor
    key: Tensor
    epsilon: float
