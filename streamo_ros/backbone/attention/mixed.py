# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention of text models whose layers are of several kinds: one window for each kind.

The kinds differ in the size of their keys, in their rotary embedding and in how far back they
look; lanes and rows are the same in all. A layer may also look at the keys of one before it. Keys
that are out of a layer's sight are kept: what leaves may bring them back into sight.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.backbone.attention.reference import ReferenceAttention
from streamo_ros.backbone.attention.shape import HeadNorms
from streamo_ros.backbone.attention.shape import WindowShape
from streamo_ros.backbone.step import ModelStep


class MixedAttention:
    """Satisfies `attention.Attention`.

    Args:
        shape: sizes of the window, with its kinds.
        parts: the attention of each kind, see `WindowShape.parts`.
    """

    captured = False

    def __init__(self, shape: WindowShape, parts: Sequence[ReferenceAttention]) -> None:
        self.shape = shape
        self.name = parts[0].name
        self.copies = parts[0].copies
        self.layers: list[Tensor] = [layer for part in parts for layer in part.layers]
        self.scales: list[Tensor] = [scale for part in parts for scale in part.scales]
        self._parts = tuple(parts)

    def begin(self, step: ModelStep) -> None:
        """See `attention.Attention.begin`."""
        for part in self._parts:
            part.begin(step)

    def attend(
        self, layer: int, qkv: Tensor, norms: HeadNorms | None, step: ModelStep, *, final: bool
    ) -> Tensor:
        """See `attention.Attention.attend`; a layer that has keys of its own."""
        kind, home = self.shape.homes[layer]
        return self._parts[kind].attend(home, qkv, norms, step, final=final)

    def look(self, layer: int, query: Tensor, norms: HeadNorms, step: ModelStep) -> Tensor:
        """See `ReferenceAttention.look`; a layer that looks at the keys of one before it."""
        kind, home = self.shape.homes[layer]
        return self._parts[kind].look(home, query, norms, step)

    def move(
        self, slot: int, rows: NDArray[np.int64], start: int, positions: NDArray[np.int64]
    ) -> None:
        """See `attention.Attention.move`."""
        for part in self._parts:
            part.move(slot, rows, start, positions)

    def scrub(self, slot: int, length: int) -> None:
        """See `attention.Attention.scrub`."""
        for part in self._parts:
            part.scrub(slot, length)
