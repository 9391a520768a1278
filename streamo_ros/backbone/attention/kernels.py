# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
# mypy: disable-error-code="no-untyped-def, untyped-decorator"
"""Triton kernels of attention over the key-value window.

Every length, start and slot is read from a tensor, so one launch serves any mix of lanes and a
captured graph serves any frame. Query heads that share a key head are rows of one tile. The keys
of a lane are split over programs and merged by their log-sum-exp (flash-decoding), because one
lane alone would leave most of a GPU idle. Scores, softmax and sums are float32. bfloat16 is too
coarse for the probabilities of the second product, so they and the values are float16 there, whose
steps are eight times finer; a value beyond its range, 65504, fails the pass.

Source: Dao, 'FlashAttention-2', arXiv 2307.08691; Dao et al., 'Flash-Decoding', 2023.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def _tile_of(tile, counts, GROUPS: tl.constexpr, BLOCK_M: tl.constexpr, LANES: tl.constexpr,
             LANES_P: tl.constexpr):  # fmt: skip
    """Lane of a tile of query rows, and the tile's number in that lane."""
    lanes = tl.arange(0, LANES_P)
    rows = tl.load(counts + lanes, mask=lanes < LANES, other=0) * GROUPS
    tiles = (rows + BLOCK_M - 1) // BLOCK_M
    ends = tl.cumsum(tiles, 0)
    lane = tl.sum((ends <= tile).to(tl.int32), 0)
    first = tl.sum(tl.where(lanes == lane, ends - tiles, 0), 0)
    return lane, tile - first


@triton.jit
def _softmax_step(scores, running_max, running_sum):
    """One online softmax step, in powers of two; rows that see nothing stay empty."""
    new_max = tl.maximum(running_max, tl.max(scores, 1))
    shift = tl.where(new_max == float('-inf'), 0.0, new_max)
    weights = tl.exp2(scores - shift[:, None])
    decay = tl.exp2(running_max - shift)
    return weights, decay, new_max, running_sum * decay + tl.sum(weights, 1)


@triton.jit
def _values(v, scale_at, inside, FORMAT: tl.constexpr, QUANTIZED: tl.constexpr):
    """A block of values in the format of the queries."""
    if QUANTIZED:
        v = v.to(tl.float32) * tl.load(scale_at, mask=inside, other=0.0)[:, None]
    return v.to(FORMAT)


@triton.jit
def _half(v):
    """bfloat16 as float16."""
    return v.to(tl.float32).to(tl.float16) if v.dtype == tl.bfloat16 else v


@triton.jit(do_not_specialize=['rows'])
def append_kernel(
    query, keys, values, out, partial, lse, begins, counts, starts, value_scales, rows, total,
    scale,
    HEADS: tl.constexpr, KV: tl.constexpr, DIM: tl.constexpr, DIM_P: tl.constexpr,
    LANES: tl.constexpr, LANES_P: tl.constexpr, SPLITS: tl.constexpr,
    BLOCK_M: tl.constexpr, BLOCK_N: tl.constexpr, PRECISION: tl.constexpr,
    QUANTIZED: tl.constexpr,
):  # fmt: skip
    """Attention of new tokens over rotated keys, causal inside the new ones.

    Grid: (tiles of query rows, key heads, splits). query (rows, HEADS, DIM), rotated; keys and
    values (LANES, KV, rows, DIM). Writes out (total, HEADS, DIM), or with more than one split the
    normalized parts (SPLITS, total, HEADS, DIM) and their lse (SPLITS, total, HEADS), base two.
    """
    GROUPS: tl.constexpr = HEADS // KV
    lane, tile = _tile_of(tl.program_id(0), counts, GROUPS, BLOCK_M, LANES, LANES_P)
    if lane >= LANES:
        return
    head, split = tl.program_id(1), tl.program_id(2)
    count, start, begin = tl.load(counts + lane), tl.load(starts + lane), tl.load(begins + lane)
    packed = tile * BLOCK_M + tl.arange(0, BLOCK_M)
    token = packed // GROUPS
    valid = token < count
    at = (begin + token) * HEADS + head * GROUPS + packed % GROUPS
    chunk = tl.cdiv(tl.cdiv(start + count, SPLITS), BLOCK_N) * BLOCK_N
    last = tl.minimum((tile * BLOCK_M + BLOCK_M - 1) // GROUPS, count - 1)
    low = split * chunk
    high = tl.minimum(low + chunk, start + last + 1)
    result = split.to(tl.int64) * total * HEADS + at
    if SPLITS > 1:  # noqa: SIM102 - the outer one is decided when the kernel is compiled
        if low >= high:
            tl.store(lse + result, tl.full((BLOCK_M,), float('-inf'), tl.float32), mask=valid)
            return
    dim = tl.arange(0, DIM_P)
    present = dim < DIM
    q = tl.load(
        query + at[:, None] * DIM + dim[None, :], mask=valid[:, None] & present[None, :], other=0.0
    )
    base = (lane * KV + head).to(tl.int64) * rows * DIM
    peak = tl.full((BLOCK_M,), float('-inf'), tl.float32)
    weight = tl.zeros((BLOCK_M,), tl.float32)
    seen = tl.zeros((BLOCK_M, DIM_P), tl.float32)
    # Up to `clear` every row of the tile sees every key, so nothing has to be masked.
    clear = (start + tile * BLOCK_M // GROUPS + 1) // BLOCK_N * BLOCK_N
    clear = tl.maximum(tl.minimum(clear, high // BLOCK_N * BLOCK_N), low)
    column = tl.arange(0, BLOCK_N)
    key_at = keys + base + column[None, :] * DIM + dim[:, None]
    value_at = values + base + column[:, None] * DIM + dim[None, :]
    scale_at = value_scales + (lane * KV + head).to(tl.int64) * rows + column
    for n in range(low, clear, BLOCK_N):
        n = tl.multiple_of(n, BLOCK_N)
        if DIM == DIM_P:
            k = tl.load(key_at + n * DIM)
            v = tl.load(value_at + n * DIM)
        else:
            k = tl.load(key_at + n * DIM, mask=present[:, None], other=0.0)
            v = tl.load(value_at + n * DIM, mask=present[None, :], other=0.0)
        v = _half(_values(v, scale_at + n, column >= 0, q.dtype, QUANTIZED))
        scores = tl.dot(q, k, input_precision=PRECISION) * scale
        weights, decay, peak, weight = _softmax_step(scores, peak, weight)
        seen = tl.dot(weights.to(v.dtype), v, seen * decay[:, None], input_precision=PRECISION)
    for n in range(clear, high, BLOCK_N):
        n = tl.multiple_of(n, BLOCK_N)
        inside = n + column < high
        k = tl.load(key_at + n * DIM, mask=present[:, None] & inside[None, :], other=0.0)
        v = tl.load(value_at + n * DIM, mask=present[None, :] & inside[:, None], other=0.0)
        v = _half(_values(v, scale_at + n, inside, q.dtype, QUANTIZED))
        scores = tl.dot(q, k, input_precision=PRECISION) * scale
        visible = ((n + column)[None, :] <= (start + token)[:, None]) & inside[None, :]
        scores = tl.where(visible, scores, float('-inf'))
        weights, decay, peak, weight = _softmax_step(scores, peak, weight)
        seen = tl.dot(weights.to(v.dtype), v, seen * decay[:, None], input_precision=PRECISION)
    seen = seen / tl.where(weight == 0.0, 1.0, weight)[:, None]
    kept = valid[:, None] & present[None, :]
    if SPLITS == 1:
        tl.store(out + at[:, None].to(tl.int64) * DIM + dim[None, :], seen, mask=kept)
    else:
        tl.store(partial + result[:, None] * DIM + dim[None, :], seen, mask=kept)
        tl.store(lse + result, peak + tl.log2(weight), mask=valid)


@triton.jit(do_not_specialize=['rows', 'stride'])
def decode_kernel(
    query, keys, values, positions, cosines, sines, axes, partial, lse, counts, starts, lasts,
    key_scales, value_scales, offsets, rows, stride, scale,
    HEADS: tl.constexpr, KV: tl.constexpr, DIM: tl.constexpr, DIM_P: tl.constexpr,
    HALF_P: tl.constexpr, GROUPS_P: tl.constexpr, LANES: tl.constexpr, SPLITS: tl.constexpr,
    BLOCK_N: tl.constexpr, PRECISION: tl.constexpr, QUANTIZED: tl.constexpr,
):  # fmt: skip
    """Attention of one token of each lane over un-rotated keys, rotated as they are read.

    Grid: (splits, key heads, lanes). query (rows, HEADS, DIM), of which row `lasts[lane]` attends;
    keys and values (LANES, KV, rows, DIM); positions (3, stride), of all slots' rows; cosines and
    sines (positions, DIM / 2). Writes parts (SPLITS, LANES, HEADS, DIM) and their lse, base two.
    """
    GROUPS: tl.constexpr = HEADS // KV
    HALF: tl.constexpr = DIM // 2
    split, head, lane = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    count = tl.load(counts + lane)
    if count == 0:
        return
    length = tl.load(starts + lane) + count
    chunk = tl.cdiv(tl.cdiv(length, SPLITS), BLOCK_N) * BLOCK_N
    low = split * chunk
    high = tl.minimum(low + chunk, length)
    group = tl.arange(0, GROUPS_P)
    valid = group < GROUPS
    result = (split * LANES + lane) * HEADS + head * GROUPS + group
    if low >= high:
        tl.store(lse + result, tl.full((GROUPS_P,), float('-inf'), tl.float32), mask=valid)
        return
    half, dim = tl.arange(0, HALF_P), tl.arange(0, DIM_P)
    turned, present = half < HALF, dim < DIM
    at = (tl.load(lasts + lane) * HEADS + head * GROUPS + group)[:, None] * DIM + half[None, :]
    asked = valid[:, None] & turned[None, :]
    first = tl.load(query + at, mask=asked, other=0.0)
    second = tl.load(query + at + HALF, mask=asked, other=0.0)
    axis = tl.load(axes + half, mask=turned, other=0)[:, None]
    base = (lane * KV + head).to(tl.int64) * rows * DIM
    column = tl.arange(0, BLOCK_N)
    key_at = keys + base + column[None, :] * DIM + half[:, None]
    value_at = values + base + column[:, None] * DIM + dim[None, :]
    place = positions + lane * rows + column
    scale_at = (lane * KV + head).to(tl.int64) * rows + column
    if QUANTIZED:
        added = offsets + head * DIM + half
        added1 = tl.load(added, mask=turned, other=0.0)[:, None]
        added2 = tl.load(added + HALF, mask=turned, other=0.0)[:, None]
    peak = tl.full((GROUPS_P,), float('-inf'), tl.float32)
    weight = tl.zeros((GROUPS_P,), tl.float32)
    seen = tl.zeros((GROUPS_P, DIM_P), tl.float32)
    for n in range(low, high, BLOCK_N):
        n = tl.multiple_of(n, BLOCK_N)
        inside = n + column < high
        time = tl.load(place + n, mask=inside, other=0)[None, :]
        row = tl.load(place + stride + n, mask=inside, other=0)[None, :]
        col = tl.load(place + 2 * stride + n, mask=inside, other=0)[None, :]
        angle = tl.where(axis == 0, time, tl.where(axis == 1, row, col)) * HALF + half[:, None]
        read = turned[:, None] & inside[None, :]
        k1 = tl.load(key_at + n * DIM, mask=read, other=0.0).to(tl.float32)
        k2 = tl.load(key_at + n * DIM + HALF, mask=read, other=0.0).to(tl.float32)
        v = tl.load(value_at + n * DIM, mask=present[None, :] & inside[:, None], other=0.0)
        v = _half(_values(v, value_scales + scale_at + n, inside, first.dtype, QUANTIZED))
        if QUANTIZED:
            ranged = tl.load(key_scales + scale_at + n, mask=inside, other=0.0)[None, :]
            k1, k2 = k1 * ranged + added1, k2 * ranged + added2
        cos = tl.load(cosines + angle, mask=read, other=0.0)
        sin = tl.load(sines + angle, mask=read, other=0.0)
        scores = tl.dot(first, (k1 * cos - k2 * sin).to(first.dtype), input_precision=PRECISION)
        scores = tl.dot(
            second, (k2 * cos + k1 * sin).to(first.dtype), scores, input_precision=PRECISION
        )
        scores = tl.where(inside[None, :], scores * scale, float('-inf'))
        weights, decay, peak, weight = _softmax_step(scores, peak, weight)
        seen = tl.dot(weights.to(v.dtype), v, seen * decay[:, None], input_precision=PRECISION)
    seen = seen / weight[:, None]
    kept = valid[:, None] & present[None, :]
    tl.store(partial + result[:, None] * DIM + dim[None, :], seen, mask=kept)
    tl.store(lse + result, peak + tl.log2(weight), mask=valid)


@triton.jit
def merge_kernel(
    partial, lse, out, targets, total,
    HEADS: tl.constexpr, DIM: tl.constexpr, DIM_P: tl.constexpr, SPLITS: tl.constexpr,
    SPLITS_P: tl.constexpr,
):  # fmt: skip
    """The parts of all splits as one, weighted by their log-sum-exp.

    Grid: (total, HEADS). partial (SPLITS, total, HEADS, DIM), lse (SPLITS, total, HEADS); row r
    goes to row `targets[r]` of out (rows, HEADS, DIM), nowhere where that is negative.
    """
    row, head = tl.program_id(0), tl.program_id(1)
    target = tl.load(targets + row)
    if target < 0:
        return
    split, dim = tl.arange(0, SPLITS_P), tl.arange(0, DIM_P)
    at = (split.to(tl.int64) * total + row) * HEADS + head
    sums = tl.load(lse + at, mask=split < SPLITS, other=float('-inf'))
    weights = tl.exp2(sums - tl.max(sums, 0))
    read = (sums > float('-inf'))[:, None] & (dim < DIM)[None, :]
    parts = tl.load(partial + at[:, None] * DIM + dim[None, :], mask=read, other=0.0)
    merged = tl.sum(parts * weights[:, None], 0) / tl.sum(weights, 0)
    tl.store(out + (target * HEADS + head).to(tl.int64) * DIM + dim, merged, mask=dim < DIM)
