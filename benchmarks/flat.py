# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Twelve hours at one frame a second, as fast as they go: does a frame cost the same at the end?

Every frame is encoded and appended in full; nothing is reused. Writes JSON and exits 1 when the
last thousand frames are more than a tenth slower than frames 1,000-2,000, or memory has grown by
more than a hundredth. With one thread the judgement is on processor time, which other programs on
the machine do not change; the wall times are written as well.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from pathlib import Path

import numpy as np
import torch

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone.random_weights import random_backbone
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.tools.measure import early_and_late
from streamo_ros.tools.measure import stream_frames
from streamo_ros.tools.measure import StreamTimes
from streamo_ros.tools.measure import window_frames

SLOWER, LARGER = 1.10, 1.01


def main() -> int:
    """Run, write, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--model', help='folder of a checkpoint; default: a small random model')
    parser.add_argument('--frames', type=int, default=43_200)
    parser.add_argument('--max-frames', type=int, default=0)
    parser.add_argument('--lanes', type=int, default=1)
    parser.add_argument('--output', type=Path, default=Path(__file__).with_name('flat.json'))
    options = parser.parse_args()
    torch.set_num_threads(1)
    backbone = (
        load(options.model, Options(lanes=options.lanes))
        if options.model
        else random_backbone('tiny', Options(lanes=options.lanes))
    )
    kept = window_frames(backbone, options.max_frames)
    memory = ContextLimits(max_frames=kept)
    stream = StreamTimes(backbone, options.lanes, memory, (140, 112), full=False)
    stages = stream_frames(stream, options.frames, show=sys.stderr.isatty())
    (first, last), (busy_first, busy_last) = (
        early_and_late(times) for times in (stages.frames, stages.processor)
    )
    report = {
        'model': backbone.info.model,
        'model_id': backbone.info.model_id,
        'device': backbone.info.device,
        'processor': platform.processor() or platform.machine(),
        'threads': 1,
        'lanes': options.lanes,
        'frames': options.frames,
        'max_frames': kept,
        'context_tokens': backbone.length(stream.lanes[0].slot),
        'first_p50_ms': round(1e3 * float(np.median(first)), 3),
        'last_p50_ms': round(1e3 * float(np.median(last)), 3),
        'first_processor_p50_ms': round(1e3 * float(np.median(busy_first)), 3),
        'last_processor_p50_ms': round(1e3 * float(np.median(busy_last)), 3),
        'processor_ratio': round(float(np.median(busy_last) / np.median(busy_first)), 4),
        'memory_first_mb': round(stages.memory[0], 2),
        'memory_last_mb': round(stages.memory[-1], 2),
        'memory_ratio': round(stages.memory[-1] / stages.memory[0], 4),
    }
    options.output.write_text(json.dumps(report, indent=2) + '\n')
    print(json.dumps(report, indent=2))
    flat = report['processor_ratio'] <= SLOWER and report['memory_ratio'] <= LARGER
    return 0 if flat else 1


if __name__ == '__main__':
    sys.exit(main())
