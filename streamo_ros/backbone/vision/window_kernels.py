# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Window attention of a vision tower as one Triton kernel, rotation included.

Windows are small: one program holds all of a window's queries, keys and values of a head, so
nothing is read twice, and windows of any sizes share one launch. Scores, softmax and sums are
float32; rotated queries and keys and the probabilities are rounded to the format of the products.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from streamo_ros.backbone.vision.windows import Windows

LARGEST = 64
"""Patches of the largest window that a program can hold."""
_LOG2_E = 1.4426950408889634


@triton.jit
def _rotated(rows, c, s, mask, HALF: tl.constexpr):
    """Both halves of rows (BLOCK, HALF_P) of pointers, rotated, in their own format."""
    left = tl.load(rows, mask=mask, other=0.0).to(tl.float32)
    right = tl.load(rows + HALF, mask=mask, other=0.0).to(tl.float32)
    kind = rows.dtype.element_ty
    return (left * c - right * s).to(kind), (right * c + left * s).to(kind)


@triton.jit
def window_kernel(
    qkv, cos, sin, out, starts, sizes, scale,
    HEADS: tl.constexpr, DIM: tl.constexpr, HALF_P: tl.constexpr, DIM_P: tl.constexpr,
    BLOCK: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """Attention within a window. Grid: (windows, heads).

    qkv (patches, 3, HEADS, DIM), not rotated; cos and sin (patches, DIM), sines of the first half
    negated; starts and sizes (windows,); out (patches, HEADS, DIM).
    """
    HALF: tl.constexpr = DIM // 2
    window, head = tl.program_id(0), tl.program_id(1)
    at, half, dim = tl.arange(0, BLOCK), tl.arange(0, HALF_P), tl.arange(0, DIM_P)
    inside = at < tl.load(sizes + window)
    patch = tl.load(starts + window) + at
    mask = inside[:, None] & (half < HALF)[None, :]
    angle = patch[:, None] * DIM + HALF + half[None, :]
    c = tl.load(cos + angle, mask=mask, other=0.0)
    s = tl.load(sin + angle, mask=mask, other=0.0)
    row = qkv + (patch * (3 * HEADS) + head)[:, None] * DIM
    query1, query2 = _rotated(row + half[None, :], c, s, mask, HALF)
    key1, key2 = _rotated(row + HEADS * DIM + half[None, :], c, s, mask, HALF)
    whole = inside[:, None] & (dim < DIM)[None, :]
    value = tl.load(row + 2 * HEADS * DIM + dim[None, :], mask=whole, other=0.0)
    scores = tl.dot(query1, tl.trans(key1), input_precision=PRECISION)
    scores = tl.dot(query2, tl.trans(key2), scores, input_precision=PRECISION)
    scores = tl.where(inside[None, :], scores * scale, float('-inf'))
    weights = tl.exp2(scores - tl.max(scores, 1)[:, None])
    total = tl.sum(weights, 1)[:, None]
    seen = tl.dot(weights.to(value.dtype), value, input_precision=PRECISION) / total
    place = (patch * HEADS + head)[:, None] * DIM + dim[None, :]
    tl.store(out + place, seen, mask=whole)


def attend_windows(qkv: Tensor, cos: Tensor, sin: Tensor, windows: Windows) -> Tensor:
    """See `tower_operators.TowerOperators.attend`; windows of at most LARGEST patches."""
    patches, _, heads, dim = qkv.shape
    out = qkv.new_empty((patches, heads * dim))
    window_kernel[(len(windows.starts), heads)](
        qkv, cos, sin, out, windows.starts, windows.sizes, dim**-0.5 * _LOG2_E,
        HEADS=heads, DIM=dim, HALF_P=max(16, triton.next_power_of_2(dim // 2)),
        DIM_P=max(16, triton.next_power_of_2(dim)),
        BLOCK=max(16, triton.next_power_of_2(windows.largest)),
        PRECISION='ieee' if qkv.dtype == torch.float32 else 'tf32', num_warps=4,
    )  # fmt: skip
    return out
