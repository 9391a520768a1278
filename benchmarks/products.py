#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Matrix products of a turn on a CPU: torch's own beside those of the engine.

Prints the median processor time of a product as torch computes it and with packed weights, in
milliseconds; with `--frames`, that of a silent frame of random weights with torch's products and
with packed weights. They take turns, so that another program on the
machine disturbs all alike.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from collections.abc import Sequence
from statistics import median
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Tensor

from streamo_ros.backbone import Options
from streamo_ros.backbone.products import PackedProduct
from streamo_ros.backbone.random_weights import random_backbone
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.tools.measure import stream_frames
from streamo_ros.tools.measure import StreamTimes
from streamo_ros.tools.measure import window_frames

SHAPES = (
    (38, 128, 768),
    (38, 384, 128),
    (38, 1024, 2048),
    (38, 1024, 6144),
    (38, 3072, 1024),
    (38, 2048, 22016),
    (80, 1280, 3840),
    (80, 1280, 6840),
    (150, 1024, 6144),
    (1, 1024, 6144),
)
"""Rows, inputs and outputs: projections of models of 2M to 3B, and of their vision towers."""
_MATRICES = 3
"""Of each shape, in turn: those of a real model are not in the caches either."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--repeats', type=int, default=15)
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--frames', choices=['tiny', '0.2b'], metavar='SHAPE')
    parser.add_argument('--lanes', type=int, default=1)
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    if options.frames:
        print(json.dumps(_measure_frames(options.frames, options.lanes, options.repeats)))
        return 0
    rows = [_measure(*shape, options.repeats) for shape in SHAPES]
    print(json.dumps({'torch': torch.__version__, 'threads': options.threads, 'rows': rows}))
    return 0


@torch.inference_mode()
def _measure(rows: int, inputs: int, outputs: int, repeats: int) -> dict[str, float]:
    torch.manual_seed(0)
    x = torch.randn(rows, inputs)
    weights = [torch.randn(outputs, inputs) for _ in range(_MATRICES)]
    packed = [PackedProduct(weight, None) for weight in weights]
    times: dict[str, list[float]] = {'whole': [], 'packed': []}
    for at in range(repeats * _MATRICES):
        times['whole'].append(_seconds(F.linear, x, weights[at % _MATRICES]))
        times['packed'].append(_seconds(packed[at % _MATRICES], x))
    medians = {name: 1e3 * median(taken) for name, taken in times.items()}
    return (
        {'rows': rows, 'inputs': inputs, 'outputs': outputs}
        | {f'{name}_ms': round(taken, 3) for name, taken in medians.items()}
        | {'ratio': round(medians['whole'] / medians['packed'], 2)}
    )


def _seconds(function: Callable[..., Tensor], *inputs: Tensor) -> float:
    began = time.process_time()
    function(*inputs)
    return time.process_time() - began


def _measure_frames(shape: str, lanes: int, repeats: int) -> dict[str, float | int | str]:
    """Frames of two backbones with the same weights, in turns."""
    packed = _stream(shape, lanes)
    with (
        patch('streamo_ros.backbone.layer.packs', return_value=False),
        patch('streamo_ros.backbone.products.packs', return_value=False),
    ):
        whole = _stream(shape, lanes)
    times: dict[str, list[float]] = {'whole': [], 'packed': []}
    for at in range(repeats + 1):
        for name, stream in (('whole', whole), ('packed', packed)):
            taken = stream_frames(stream, 1, show=False).processor[0]
            times[name] += [float(taken)] if at else []
    medians = {name: 1e3 * median(taken) for name, taken in times.items()}
    pairs = zip(times['whole'], times['packed'], strict=True)
    return {
        'shape': shape, 'lanes': lanes, 'frames': repeats,
        'context_tokens': packed.backbone.length(packed.lanes[0].slot),
        **{f'{name}_ms': round(taken, 2) for name, taken in medians.items()},
        'ratio': round(median(first / second for first, second in pairs), 3),
        'largest_difference': float(abs(whole.states - packed.states).max()),
    }  # fmt: skip


def _stream(shape: str, lanes: int) -> StreamTimes:
    backbone = random_backbone(shape, Options(device='cpu', lanes=lanes))
    limits = ContextLimits(max_frames=window_frames(backbone, 16))
    stream = StreamTimes(backbone, lanes, limits, (140, 112), full=False)
    # The tower is made, and packed, with the first frame.
    stream_frames(stream, 1, show=False)
    return stream


if __name__ == '__main__':
    raise SystemExit(main())
