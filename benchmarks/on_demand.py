#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How long a model on demand takes until an answer's first token, by what was seen before.

    python -m benchmarks.on_demand > benchmarks/on_demand.json

Processor time of one thread, the median of `--times` answers of the embedded model, whose vision
passes are not part of it. The last rows read everything, without compression.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from fractions import Fraction

import numpy as np
import torch

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone.gate.on_demand import OnDemandBackbone
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.eviction.full import FullPolicy
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import Sampling
from streamo_ros.core.protocol import State
from streamo_ros.share import share_path

LENGTHS = (1024, 2048, 4096, 8192, 16384)
FRAMES = (32, 128, 512)
TOKENS = 40
"""More than a frame has, its time tag included."""


def main() -> None:
    """Measure, and print the figures as JSON."""
    options = _parser().parse_args()
    torch.set_num_threads(1)
    path = share_path('models', 'streamo-tiny')
    everything = TOKENS * max(options.frames)
    rows = []
    for length in (*options.lengths, 0):
        longest = length or everything
        slots = Options(device='cpu', lanes=1, capacity=longest + 512)
        model = OnDemandBackbone(load(path, slots), everything + 512, longest)
        # Once unmeasured: the first pass also sets things up.
        first_token(model, 2)
        for frames in options.frames:
            taken = [first_token(model, frames) for _ in range(options.times)]
            milliseconds = round(1000 * statistics.median(taken), 1)
            rows.append({'max_len': length or None, 'frames': frames, 'ms': milliseconds})
    print(json.dumps(rows, indent=1))


def first_token(model: OnDemandBackbone, frames: int) -> float:
    """Processor seconds from the gate's opening to the first token."""
    dialogue = Dialogue(model, FullPolicy(), 'Describe what happens.', ContextLimits(10**6))
    visions = [model.encode(np.full((240, 320, 3), 60 * at, np.uint8)) for at in range(4)]
    for at in range(frames):
        tick = Tick(1 + at * SECOND, Fraction(at), Fraction(at + 1), at, 1)
        model.extend([dialogue.request(tick, visions[at % 4])])
        dialogue.commit(State.RESPONSE if at == frames - 1 else State.SILENCE)
    began = time.process_time()
    model.decode([dialogue.decode_request()], Sampling())
    taken = time.process_time() - began
    dialogue.close()
    return taken


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description='How long an answer on demand takes to begin.')
    add = parser.add_argument
    add('--lengths', type=int, nargs='+', default=LENGTHS, help='of context.max_len')
    add('--frames', type=int, nargs='+', default=FRAMES, help='seen before the answer')
    add('--times', type=int, default=3, help='answers of each; default %(default)s')
    return parser


if __name__ == '__main__':
    main()
