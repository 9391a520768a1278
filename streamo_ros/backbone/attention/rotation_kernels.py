# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
# mypy: disable-error-code="no-untyped-def, untyped-decorator"
"""Triton kernels that rotate: new queries, and a lane's keys before many tokens attend to them.

Angles come from one table over positions, shared by all lanes and layers, so it stays in the
GPU's cache. Rotation is float32 and rounded once.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def _heads_of(qkv, row, first, heads, HEADS_ALL: tl.constexpr, DIM: tl.constexpr,
              HALF_P: tl.constexpr, BLOCK_H: tl.constexpr, begin):  # fmt: skip
    """Both halves of some heads of a row of (rows, HEADS_ALL, DIM), float32."""
    HALF: tl.constexpr = DIM // 2
    head, half = begin + tl.arange(0, BLOCK_H), tl.arange(0, HALF_P)
    mask = (head < heads)[:, None] & (half < HALF)[None, :]
    at = (row * HEADS_ALL + first + head)[:, None] * DIM + half[None, :]
    left = tl.load(qkv + at, mask=mask, other=0.0).to(tl.float32)
    right = tl.load(qkv + at + HALF, mask=mask, other=0.0).to(tl.float32)
    return left, right, mask


@triton.jit
def _norm(left, right, weight, DIM: tl.constexpr, HALF_P: tl.constexpr, EPSILON: tl.constexpr):
    """RMS norm over both halves."""
    HALF: tl.constexpr = DIM // 2
    half = tl.arange(0, HALF_P)
    square = tl.sum(left * left, 1) + tl.sum(right * right, 1)
    factor = tl.rsqrt(square / DIM + EPSILON)[:, None]
    w1 = tl.load(weight + half, mask=half < HALF, other=0.0).to(tl.float32)[None, :]
    w2 = tl.load(weight + HALF + half, mask=half < HALF, other=0.0).to(tl.float32)[None, :]
    return left * factor * w1, right * factor * w2


@triton.jit
def _quantized(left, right, scale_at, mask, LARGEST: tl.constexpr, ROUND: tl.constexpr):
    """Both halves of some heads as numbers of the window's format; stores their scales.

    See `storage.quantize`. A number that is not finite makes a scale that is none.
    """
    peak = tl.maximum(tl.max(tl.abs(left), 1), tl.max(tl.abs(right), 1))
    scale = peak / LARGEST + 0.0 * (tl.sum(left, 1) + tl.sum(right, 1))
    tl.store(scale_at, scale, mask=mask)
    inverse = tl.where(scale > 0.0, 1.0 / scale, 0.0)[:, None]
    left, right = left * inverse, right * inverse
    if ROUND:
        left = tl.minimum(tl.maximum(tl.floor(left + 0.5), -LARGEST), LARGEST)
        right = tl.minimum(tl.maximum(tl.floor(right + 0.5), -LARGEST), LARGEST)
    return left, right


@triton.jit(do_not_specialize=['rows', 'stride', 'limit'])
def store_kernel(
    qkv, query, keys, values, positions, cosines, sines, axes, query_norm, key_norm, targets,
    key_scales, value_scales, offsets, rows, stride, limit,
    HEADS: tl.constexpr, KV: tl.constexpr, DIM: tl.constexpr, HALF_P: tl.constexpr,
    BLOCK_H: tl.constexpr, NORM: tl.constexpr, EPSILON: tl.constexpr, LARGEST: tl.constexpr,
    ROUND: tl.constexpr,
):  # fmt: skip
    """Split new rows: rotated queries, and un-rotated keys and values into the window.

    Grid: (new rows, blocks of query heads + blocks of key heads). qkv (new rows, HEADS + 2 KV,
    DIM); query (new rows, HEADS, DIM); keys and values (lanes, KV, rows, DIM); positions
    (3, stride) of the new rows; targets (new rows,), slot * rows + row, `limit` for padding.
    Where LARGEST is not 0 the window is quantized: scales (lanes, KV, rows), offsets (KV, DIM).
    """
    HALF: tl.constexpr = DIM // 2
    ALL: tl.constexpr = HEADS + 2 * KV
    QUERIES: tl.constexpr = (HEADS + BLOCK_H - 1) // BLOCK_H
    row, block = tl.program_id(0), tl.program_id(1)
    half = tl.arange(0, HALF_P)
    target = tl.load(targets + row)
    if block < QUERIES:
        begin = block * BLOCK_H
        left, right, mask = _heads_of(qkv, row, 0, HEADS, ALL, DIM, HALF_P, BLOCK_H, begin)
        if NORM:
            left, right = _norm(left, right, query_norm, DIM, HALF_P, EPSILON)
            left = left.to(query.dtype.element_ty).to(tl.float32)
            right = right.to(query.dtype.element_ty).to(tl.float32)
        axis = tl.load(axes + half, mask=half < HALF, other=0)
        place = tl.load(positions + axis * stride + row)
        angle = place * HALF + half
        cos = tl.load(cosines + angle, mask=half < HALF, other=0.0)[None, :]
        sin = tl.load(sines + angle, mask=half < HALF, other=0.0)[None, :]
        head = begin + tl.arange(0, BLOCK_H)
        at = (row * HEADS + head)[:, None] * DIM + half[None, :]
        tl.store(query + at, left * cos - right * sin, mask=mask)
        tl.store(query + at + HALF, right * cos + left * sin, mask=mask)
    elif target < limit:
        begin = (block - QUERIES) * BLOCK_H
        left, right, mask = _heads_of(qkv, row, HEADS, KV, ALL, DIM, HALF_P, BLOCK_H, begin)
        if NORM:
            left, right = _norm(left, right, key_norm, DIM, HALF_P, EPSILON)
        head = begin + tl.arange(0, BLOCK_H)
        slot, at_row = target // rows, target % rows
        place = (slot * KV + head).to(tl.int64) * rows + at_row
        at = place[:, None] * DIM + half[None, :]
        if LARGEST > 0:
            added = head[:, None] * DIM + half[None, :]
            left -= tl.load(offsets + added, mask=mask, other=0.0)
            right -= tl.load(offsets + added + HALF, mask=mask, other=0.0)
            left, right = _quantized(left, right, key_scales + place, head < KV, LARGEST, ROUND)
        tl.store(keys + at, left.to(keys.dtype.element_ty), mask=mask)
        tl.store(keys + at + HALF, right.to(keys.dtype.element_ty), mask=mask)
        left, right, mask = _heads_of(qkv, row, HEADS + KV, KV, ALL, DIM, HALF_P, BLOCK_H, begin)
        if LARGEST > 0:
            left, right = _quantized(left, right, value_scales + place, head < KV, LARGEST, ROUND)
        left, right = left.to(values.dtype.element_ty), right.to(values.dtype.element_ty)
        tl.store(values + at, left, mask=mask)
        tl.store(values + at + HALF, right, mask=mask)


@triton.jit(do_not_specialize=['rows', 'stride'])
def rotate_kernel(
    keys, rotated, positions, cosines, sines, axes, counts, starts, key_scales, offsets,
    rows, stride,
    KV: tl.constexpr, DIM: tl.constexpr, HALF_P: tl.constexpr, BLOCK_N: tl.constexpr,
    QUANTIZED: tl.constexpr,
):  # fmt: skip
    """Rotate all keys of the lanes that append.

    Grid: (blocks of rows, lanes). keys and rotated (lanes, KV, rows, DIM); positions (3, stride).
    """
    HALF: tl.constexpr = DIM // 2
    block, lane = tl.program_id(0), tl.program_id(1)
    count = tl.load(counts + lane)
    length = tl.load(starts + lane) + count
    if count == 0:
        return
    if block * BLOCK_N >= length:
        return
    column, half = block * BLOCK_N + tl.arange(0, BLOCK_N), tl.arange(0, HALF_P)
    inside = column < length
    mask = inside[:, None] & (half < HALF)[None, :]
    axis = tl.load(axes + half, mask=half < HALF, other=0)[None, :]
    place = positions + lane * rows + column
    time = tl.load(place, mask=inside, other=0)[:, None]
    row = tl.load(place + stride, mask=inside, other=0)[:, None]
    col = tl.load(place + 2 * stride, mask=inside, other=0)[:, None]
    angle = tl.where(axis == 0, time, tl.where(axis == 1, row, col)) * HALF + half[None, :]
    cos = tl.load(cosines + angle, mask=mask, other=0.0)
    sin = tl.load(sines + angle, mask=mask, other=0.0)
    for head in range(KV):
        base = (lane * KV + head).to(tl.int64) * rows * DIM
        at = base + column[:, None] * DIM + half[None, :]
        left = tl.load(keys + at, mask=mask, other=0.0).to(tl.float32)
        right = tl.load(keys + at + HALF, mask=mask, other=0.0).to(tl.float32)
        if QUANTIZED:
            scale_at = (lane * KV + head).to(tl.int64) * rows + column
            scale = tl.load(key_scales + scale_at, mask=inside, other=0.0)[:, None]
            added = offsets + head * DIM + half
            left = left * scale + tl.load(added, mask=half < HALF, other=0.0)[None, :]
            right = right * scale + tl.load(added + HALF, mask=half < HALF, other=0.0)[None, :]
        tl.store(rotated + at, left * cos - right * sin, mask=mask)
        tl.store(rotated + at + HALF, right * cos + left * sin, mask=mask)
