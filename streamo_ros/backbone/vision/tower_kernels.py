# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Triton kernels of the vision towers: residual sum with norm, SwiGLU's product, rotation.

All compute in float32 and round once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import triton
import triton.language as tl
from torch import Tensor

from streamo_ros.backbone.fused_operators import gate

if TYPE_CHECKING:
    # Only then, because that module imports this one on CUDA.
    from streamo_ros.backbone.vision.tower_operators import Norm

_HEAD_BLOCK = 16


@triton.jit
def add_norm_kernel(
    x, added, scale, weight, bias, normed,
    SIZE: tl.constexpr, SIZE_P: tl.constexpr, ADD: tl.constexpr, SCALE: tl.constexpr,
    CENTER: tl.constexpr, EPSILON: tl.constexpr,
):  # fmt: skip
    """One row: x += scale * added, rounded; normed = its norm. Grid: (rows,)."""
    at = tl.arange(0, SIZE_P)
    mask = at < SIZE
    place = tl.program_id(0).to(tl.int64) * SIZE + at
    row = tl.load(x + place, mask=mask, other=0.0).to(tl.float32)
    if ADD:
        more = tl.load(added + place, mask=mask, other=0.0).to(tl.float32)
        if SCALE:
            more *= tl.load(scale + at, mask=mask, other=0.0).to(tl.float32)
        rounded = (row + more).to(x.dtype.element_ty)
        tl.store(x + place, rounded, mask=mask)
        row = rounded.to(tl.float32)
    if CENTER:
        row = tl.where(mask, row - tl.sum(row, 0) / SIZE, 0.0)
    factor = tl.rsqrt(tl.sum(row * row, 0) / SIZE + EPSILON)
    out = row * factor * tl.load(weight + at, mask=mask, other=0.0).to(tl.float32)
    if CENTER:
        out += tl.load(bias + at, mask=mask, other=0.0).to(tl.float32)
    tl.store(normed + place, out, mask=mask)


@triton.jit
def rotate_kernel(
    qkv, cos, sin, HEADS: tl.constexpr, DIM: tl.constexpr, HALF_P: tl.constexpr,
    BLOCK: tl.constexpr,
):  # fmt: skip
    """Rotate queries and keys of a patch in place. Grid: (patches, blocks of 2 * HEADS).

    qkv (patches, 3 * HEADS, DIM); cos and sin (patches, DIM), sines of the first half negated.
    """
    HALF: tl.constexpr = DIM // 2
    patch = tl.program_id(0)
    head, half = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK), tl.arange(0, HALF_P)
    inside = half < HALF
    mask = (head < 2 * HEADS)[:, None] & inside[None, :]
    angle = patch * DIM + HALF + half
    c = tl.load(cos + angle, mask=inside, other=0.0)[None, :]
    s = tl.load(sin + angle, mask=inside, other=0.0)[None, :]
    at = (patch.to(tl.int64) * 3 * HEADS + head)[:, None] * DIM + half[None, :]
    left = tl.load(qkv + at, mask=mask, other=0.0).to(tl.float32)
    right = tl.load(qkv + at + HALF, mask=mask, other=0.0).to(tl.float32)
    tl.store(qkv + at, left * c - right * s, mask=mask)
    tl.store(qkv + at + HALF, right * c + left * s, mask=mask)


class FusedTowerOperators:
    """Satisfies `tower_operators.TowerOperators`."""

    def add_norm(
        self, x: Tensor, added: Tensor | None, scale: Tensor | None, norm: Norm
    ) -> tuple[Tensor, Tensor]:
        """See `tower_operators.TowerOperators.add_norm`."""
        rows, size = x.shape
        normed = torch.empty_like(x)
        weight = norm.weight
        add_norm_kernel[(rows,)](
            x, x if added is None else added, weight if scale is None else scale, weight,
            norm.bias if norm.centered else weight, normed,
            SIZE=size, SIZE_P=triton.next_power_of_2(size), ADD=added is not None,
            SCALE=scale is not None, CENTER=norm.centered, EPSILON=norm.epsilon,
            num_warps=4 if size <= 2048 else 8,
        )  # fmt: skip
        return x, normed

    def gate(self, gate_up: Tensor) -> Tensor:
        """See `tower_operators.TowerOperators.gate`."""
        return gate(gate_up)

    def rotate(self, qkv: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See `tower_operators.TowerOperators.rotate`."""
        patches, _, heads, dim = qkv.shape
        rotate_kernel[(patches, triton.cdiv(2 * heads, _HEAD_BLOCK))](
            qkv, cos, sin, HEADS=heads, DIM=dim, HALF_P=triton.next_power_of_2(dim // 2),
            BLOCK=_HEAD_BLOCK, num_warps=4,
        )  # fmt: skip
        query, key, value = qkv.unbind(1)
        return query, key, value
