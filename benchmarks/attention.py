#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Times the attention kernels of one layer on a GPU, for sizes of tiles to choose from.

    python3 benchmarks/attention.py

Prints one line a measurement: microseconds in a CUDA graph, and what that is of the device's
arithmetic or bandwidth.
"""

from __future__ import annotations

import itertools
import time

import torch

from streamo_ros.backbone.attention import flash
from streamo_ros.backbone.attention.shape import WindowShape
from streamo_ros.backbone.rotary import Rotary
from streamo_ros.backbone.rotary import sections
from streamo_ros.backbone.step import LaneRows
from streamo_ros.backbone.step import pack_places
from streamo_ros.backbone.step import Step
from streamo_ros.backbone.step import unpack_places

SHAPES = {'7B': (4, 7), '3B': (2, 8), 'Qwen3-8B': (8, 4)}
TILES = (
    flash.Tile(128, 64, 8, 3), flash.Tile(128, 128, 8, 2), flash.Tile(128, 128, 8, 3),
    flash.Tile(128, 64, 4, 3), flash.Tile(64, 64, 4, 3), flash.Tile(64, 128, 4, 3),
    flash.Tile(64, 128, 4, 2),
)  # fmt: skip
BLOCKS = ((64, 4, 2), (64, 4, 3), (128, 4, 2), (128, 8, 2), (32, 4, 3))


def step(attention: flash.FlashAttention, counts: list[int], past: int) -> Step:
    """A step of `counts` new tokens of each lane behind `past` of them."""
    import numpy as np

    rows, window = sum(counts), attention.shape.rows
    begins = [0, *itertools.accumulate(counts)]
    lanes = [
        LaneRows(begin, count, past if count else 0)
        for begin, count in zip(begins, counts, strict=False)
    ]
    positions = np.tile(past + np.arange(rows) % 300, (3, 1))
    targets = np.concatenate(
        [lane * window + past + np.arange(count) for lane, count in enumerate(counts)]
    )
    packed = torch.from_numpy(pack_places(positions, targets, rows, lanes)).cuda()
    single = max(counts) == 1
    return Step(rows, torch.empty(0), unpack_places(packed, rows), (), single)


def timed(run: object, repeats: int = 20) -> float:
    """Microseconds of a call, replayed from a graph."""
    run()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(repeats):
            run()
    graph.replay()
    torch.cuda.synchronize()
    begin = time.perf_counter()
    for _ in range(3):
        graph.replay()
    torch.cuda.synchronize()
    return (time.perf_counter() - begin) / 3 / repeats * 1e6


def measure(name: str, heads: int, groups: int) -> None:
    """All measurements of one shape."""
    shape = WindowShape(8, 21000, 1, heads, 128, heads * groups, copies=2)
    half = torch.arange(64, device='cuda') / 64
    rotary = Rotary(1e6**-half, sections((16, 24, 24)), 1.0)
    attention = flash.FlashAttention(shape, rotary, torch.device('cuda'), torch.bfloat16)
    attention.layers[0].normal_()
    for past, lanes in ((1000, 1), (8000, 1), (20000, 1), (8000, 8)):
        new = step(attention, [290] * lanes + [0] * (8 - lanes), past)
        qkv = torch.randn(new.rows, heads * (groups + 2) * 128, device='cuda').bfloat16()
        attention.begin(new)
        query = attention._store(0, qkv, None, new)
        stored = timed(lambda: attention._store(0, qkv, None, new))
        print(f'{name} append {lanes} x 290 at {past}: store {stored:.0f} us')
        flops = 4 * 128 * heads * groups * 290 * (past + 145) * lanes
        for tile in TILES:
            flash.append_tile = lambda rows, itemsize, tile=tile: tile
            try:
                took = timed(lambda: attention._append(0, query, new))
            except Exception as error:  # a tile that does not fit the device
                print(f'  {tile}: {type(error).__name__}')
                continue
            print(f'  {tile}: {took:.0f} us, {flops / took / 1e6:.0f} TFLOP/s with rotation')
        flash.append_tile = ORIGINAL
        one = step(attention, [1] * lanes + [0] * (8 - lanes), past)
        attention.begin(one)
        for block, warps, stages in BLOCKS:
            flash.DECODE = flash.DecodeTile(block, warps, stages)
            took = timed(lambda: attention._decode(0, query, one, final=False))
            moved = 2 * 2 * 128 * heads * past * lanes
            print(
                f'  decode {block} {warps} {stages}: {took:.1f} us, {moved / took / 1e3:.0f} GB/s'
            )


ORIGINAL = flash.append_tile
if __name__ == '__main__':
    for name, (heads, groups) in SHAPES.items():
        measure(name, heads, groups)
