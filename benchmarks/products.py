#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Matrix products of a turn on a CPU: one product beside the same in parts.

Prints the median processor time of both, in milliseconds. They take turns, so that another
program on the machine disturbs both alike.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from collections.abc import Sequence
from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor

from streamo_ros.backbone.products import product

SHAPES = (
    (38, 1024, 2048),
    (38, 1024, 6144),
    (38, 3072, 1024),
    (38, 2048, 22016),
    (80, 1280, 3840),
    (80, 1280, 6840),
    (150, 1024, 6144),
)
"""Rows, inputs and outputs: projections of models of 0.2B to 3B, and of their vision towers."""
_MATRICES = 3
"""Of each shape, in turn: those of a real model are not in the caches either."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--repeats', type=int, default=15)
    parser.add_argument('--threads', type=int, default=1)
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    rows = [_measure(*shape, options.repeats) for shape in SHAPES]
    print(json.dumps({'torch': torch.__version__, 'threads': options.threads, 'rows': rows}))
    return 0


@torch.inference_mode()
def _measure(rows: int, inputs: int, outputs: int, repeats: int) -> dict[str, float]:
    torch.manual_seed(0)
    x = torch.randn(rows, inputs)
    weights = [torch.randn(outputs, inputs) for _ in range(_MATRICES)]
    whole, parts = [], []
    for at in range(repeats * _MATRICES):
        weight = weights[at % _MATRICES]
        whole.append(_seconds(F.linear, x, weight))
        parts.append(_seconds(product, x, weight))
    first, second = 1e3 * median(whole), 1e3 * median(parts)
    return {
        'rows': rows, 'inputs': inputs, 'outputs': outputs, 'whole_ms': round(first, 2),
        'parts_ms': round(second, 2), 'ratio': round(first / second, 2),
    }  # fmt: skip


def _seconds(function: Callable[[Tensor, Tensor], Tensor], x: Tensor, weight: Tensor) -> float:
    began = time.process_time()
    function(x, weight)
    return time.process_time() - began


if __name__ == '__main__':
    raise SystemExit(main())
