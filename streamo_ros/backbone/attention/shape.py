# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The sizes that every implementation of attention needs."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace

import torch
from torch import Tensor

from streamo_ros.backbone.attention.storage import row_bytes


@dataclass(frozen=True)
class LayerKind:
    """Layers of a text model whose keys have one size and that look equally far back.

    Attributes:
        name: of their rotary embedding in transformers.
        layers: how many of them have keys of their own.
        heads: key and value heads.
        dim: of a head.
        band: tokens that a token looks at, itself included; 0 = all before it.
    """

    name: str
    layers: int
    heads: int
    dim: int
    band: int = 0


@dataclass(frozen=True)
class WindowShape:
    """Sizes of a key-value window: what one token costs, and how many there are.

    Where a text model has layers of several kinds, `layers` are all that have keys, and `heads`
    and `dim` are the most of any.

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
        band: see `LayerKind`.
        kinds: of its layers; empty where they are all of one, and each has keys of its own.
        homes: of each layer, its kind and which of that kind's layers has its keys.
    """

    lanes: int
    capacity: int
    layers: int
    heads: int
    dim: int
    query_heads: int = 0
    slack: int = 0
    copies: int = 3
    band: int = 0
    kinds: tuple[LayerKind, ...] = ()
    homes: tuple[tuple[int, int], ...] = ()

    @property
    def rows(self) -> int:
        """Rows of a slot's buffers."""
        return self.capacity + self.slack

    def bytes(self, dtype: torch.dtype) -> int:
        """Bytes of keys and values in this format, scales included."""
        if self.kinds:
            return sum(part.bytes(dtype) for part in self.parts)
        rows = self.lanes * self.rows * self.heads
        return self.copies * self.layers * rows * row_bytes(self.dim, dtype)

    @property
    def parts(self) -> list[WindowShape]:
        """The window of each kind of layers."""
        return [
            replace(
                self, layers=kind.layers, heads=kind.heads, dim=kind.dim, band=kind.band,
                kinds=(), homes=(),
            )
            for kind in self.kinds
        ]  # fmt: skip


@dataclass(frozen=True)
class HeadNorms:
    """RMS norms of each query and key head, before rotation: weights (dim,).

    Values are normed where there are weights for them.
    """

    query: Tensor
    key: Tensor
    epsilon: float
    value: Tensor | None = None
