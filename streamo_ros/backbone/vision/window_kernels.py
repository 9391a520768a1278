# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Window attention of a vision tower as one Triton kernel, rotation included.

Windows are small: one program holds all keys and values of a window and head, and windows of any
sizes share one launch. Scores, softmax and sums are
float32; rotated queries and keys and the probabilities are rounded to the format of the products.
"""

from __future__ import annotations

from functools import cache

import torch
import triton
import triton.language as tl
from torch import Tensor

from streamo_ros.backbone.vision.windows import Windows

LARGEST = 64
"""Patches of the largest window that a program can hold."""
_LOG2_E = 1.4426950408889634


@triton.jit
def _angles(cos, sin, patch, inside, DIM: tl.constexpr, HALF_P: tl.constexpr):
    """Cosines, sines of the second half, and a mask, each (BLOCK, HALF_P)."""
    HALF: tl.constexpr = DIM // 2
    half = tl.arange(0, HALF_P)
    mask = inside[:, None] & (half < HALF)[None, :]
    place = patch[:, None] * DIM + HALF + half[None, :]
    c = tl.load(cos + place, mask=mask, other=0.0)
    s = tl.load(sin + place, mask=mask, other=0.0)
    return c, s, mask


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
    QUERIES: tl.constexpr, KEYS: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """Attention within a window. Grid: (windows, heads, blocks of QUERIES).

    qkv (patches, 3, HEADS, DIM), not rotated; cos and sin (patches, DIM), sines of the first half
    negated; starts and sizes (windows,); out (patches, HEADS, DIM).
    """
    HALF: tl.constexpr = DIM // 2
    window, head = tl.program_id(0), tl.program_id(1)
    start, size = tl.load(starts + window), tl.load(sizes + window)
    begin = tl.program_id(2) * QUERIES
    if begin >= size:
        return
    half, dim = tl.arange(0, HALF_P), tl.arange(0, DIM_P)
    at = tl.arange(0, KEYS)
    row = qkv + ((start + at) * (3 * HEADS) + head)[:, None] * DIM
    c, s, mask = _angles(cos, sin, start + at, at < size, DIM, HALF_P)
    key1, key2 = _rotated(row + HEADS * DIM + half[None, :], c, s, mask, HALF)
    asks = begin + tl.arange(0, QUERIES)
    patch = start + asks
    c, s, mask = _angles(cos, sin, patch, asks < size, DIM, HALF_P)
    query = qkv + (patch * (3 * HEADS) + head)[:, None] * DIM
    query1, query2 = _rotated(query + half[None, :], c, s, mask, HALF)
    scores = tl.dot(query1, tl.trans(key1), input_precision=PRECISION)
    scores = tl.dot(query2, tl.trans(key2), scores, input_precision=PRECISION)
    scores = tl.where((at < size)[None, :], scores * scale, float('-inf'))
    weights = tl.exp2(scores - tl.max(scores, 1)[:, None])
    total = tl.sum(weights, 1)[:, None]
    inside = (dim < DIM)[None, :]
    value = tl.load(
        row + 2 * HEADS * DIM + dim[None, :], mask=(at < size)[:, None] & inside, other=0.0
    )
    seen = tl.dot(weights.to(value.dtype), value, input_precision=PRECISION) / total
    place = (patch * HEADS + head)[:, None] * DIM + dim[None, :]
    tl.store(out + place, seen, mask=(asks < size)[:, None] & inside)


@cache
def _most_queries(device: torch.device) -> int:
    """Queries of a program: half a window where products take their operands from registers."""
    few = device.type == 'cuda' and torch.cuda.get_device_capability(device)[0] not in (9, 10, 11)
    return LARGEST // 2 if few else LARGEST


def attend_windows(qkv: Tensor, cos: Tensor, sin: Tensor, windows: Windows) -> Tensor:
    """See `tower_operators.TowerOperators.attend`; windows of at most LARGEST patches."""
    patches, _, heads, dim = qkv.shape
    out = qkv.new_empty((patches, heads * dim))
    keys = max(16, triton.next_power_of_2(windows.largest))
    queries = min(keys, _most_queries(qkv.device))
    window_kernel[(len(windows.starts), heads, keys // queries)](
        qkv, cos, sin, out, windows.starts, windows.sizes, dim**-0.5 * _LOG2_E,
        HEADS=heads, DIM=dim, HALF_P=max(16, triton.next_power_of_2(dim // 2)),
        DIM_P=max(16, triton.next_power_of_2(dim)), QUERIES=queries, KEYS=keys,
        PRECISION='ieee' if qkv.dtype == torch.float32 else 'tf32', num_warps=4,
    )  # fmt: skip
    return out
