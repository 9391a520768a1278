# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo bench`: latency and memory of every stage, of a checkpoint or of a published shape.

With `--against hf`, the plain loops of `backbone.plain` run in the same process on the same
dialogue.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.errors import StreamoError
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.files import write_text
from streamo_ros.program import CommandParser
from streamo_ros.tools.measure import compare
from streamo_ros.tools.measure import decode_ms
from streamo_ros.tools.measure import early_and_late
from streamo_ros.tools.measure import Stages
from streamo_ros.tools.measure import stream_frames
from streamo_ros.tools.measure import StreamTimes
from streamo_ros.tools.measure import window_frames


class BenchError(StreamoError):
    """It cannot be measured as asked; the message states the problem and how to fix it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `streamo bench`."""
    options = _parser().parse_args(argv)
    if (options.model is None) == (options.random is None):
        raise BenchError('name a model folder, or a shape with --random')
    report = measure(options)
    text = json.dumps(report, indent=2)
    if options.output:
        write_text(options.output, text + '\n')
    print(text if options.json else _table(report))
    return 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure what the arguments ask for; see `_parser`.

    Raises:
        BackboneError: the model cannot be loaded or run.
    """
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    backbone, plain = _load(options)
    memory = ContextLimits(max_frames=window_frames(backbone, options.max_frames))
    stream = StreamTimes(backbone, options.lanes, memory, options.size, full=False)
    try:
        stream_frames(stream, options.warmup, show=False)
        stages = stream_frames(stream, options.frames, show=sys.stderr.isatty())
        report = _stages(stages, stream, options)
    finally:
        stream.close()
    if plain is not None:
        report |= _against(backbone, plain, options)
    if options.against == 'torch':
        report |= _against_torch(backbone, stream, options)
    return report


def _stages(stages: Stages, stream: StreamTimes, options: argparse.Namespace) -> dict[str, Any]:
    first, last = early_and_late(stages.frames)
    first_token, token = decode_ms(stream)
    info = stream.backbone.info
    return {
        'model': info.model,
        'model_id': info.model_id,
        'device': info.device,
        'dtype': info.dtype,
        'lanes': options.lanes,
        'frames': options.frames,
        'max_frames': window_frames(stream.backbone, options.max_frames),
        'window_bytes': stream.backbone.memory().get('window', 0),
        'context_tokens': stream.backbone.length(stream.lanes[0].slot),
        'tokens_per_frame': info.tokens_per_frame,
        'frame_p50_ms': _ms(np.median(stages.frames)),
        'frame_p95_ms': _ms(np.percentile(stages.frames, 95)),
        'frame_processor_p50_ms': _ms(np.median(stages.processor)),
        'encode_p50_ms': _ms(np.median(stages.encode)),
        'extend_p50_ms': _ms(np.median(stages.extend)),
        'first_token_ms': round(first_token, 3),
        'decode_ms_per_token': round(token, 3),
        'decode_gb_per_s': round(stream.backbone.memory().get('weights', 0) / 1e6 / token, 2),
        'first_p50_ms': _ms(np.median(first)),
        'last_p50_ms': _ms(np.median(last)),
        'memory_first_mb': round(stages.memory[0], 2),
        'memory_last_mb': round(stages.memory[-1], 2),
        'threads': _threads(),
    }


def _against(backbone: Backbone, plain: Any, options: argparse.Namespace) -> dict[str, Any]:
    """Our engine and the plain loops at one context length, nothing evicted."""
    whole = ContextLimits(max_frames=1 << 30, max_new_tokens=0)
    stream = StreamTimes(backbone, 1, whole, options.size, full=True)
    stream_frames(stream, options.context_frames, show=sys.stderr.isatty())
    result = compare(stream, plain, options.repeats, max(1, options.repeats // 5))
    stream.close()
    engine, append = median(result.engine), median(result.append)
    baseline = median(result.reprefill)
    return {
        'compared_context_frames': options.context_frames,
        'compared_context_tokens': result.context_tokens,
        'compared_frame_p50_ms': _ms(engine),
        'baseline_frame_p50_ms': _ms(baseline),
        'speedup': round(baseline / engine, 2),
        'append_frame_p50_ms': _ms(append),
        'append_ratio': round(engine / append, 3),
        'logit_difference': result.difference,
    }


def _against_torch(
    backbone: Backbone, stream: StreamTimes, options: argparse.Namespace
) -> dict[str, Any]:
    """What runs the vision tower, compared with torch on the same frames."""
    from streamo_ros.backbone.streaming import StreamingBackbone
    from streamo_ros.backbone.vision.engine.benchmark import compare_with_torch

    if options.model is None or not isinstance(backbone, StreamingBackbone):
        raise BackboneError('--against torch needs the folder of a checkpoint')
    return compare_with_torch(backbone.frames, options.model, stream.images, options.repeats)


def _load(options: argparse.Namespace) -> tuple[Backbone, Any]:
    """The backbone, and plain transformers with the same weights if asked for."""
    chosen = Options(
        device=options.device,
        dtype=options.dtype,
        max_pixels=options.max_pixels,
        lanes=options.lanes,
        capacity=options.capacity,
        window=options.context_dtype,
        vision=options.vision,
        wait=True,
    )
    backbone: Backbone
    if options.random:
        from streamo_ros.backbone.random_weights import random_backbone
        from streamo_ros.backbone.random_weights import random_model

        backbone = random_backbone(options.random, chosen)
        model = random_model(options.random, chosen) if options.against == 'hf' else None
    else:
        from streamo_ros.backbone.checkpoint import read_checkpoint
        from streamo_ros.backbone.options import find_device

        backbone = load(options.model, chosen)
        checkpoint = read_checkpoint(options.model)
        against = options.against == 'hf'
        model = checkpoint.model(*find_device(chosen)) if against else None
    if model is None:
        return backbone, None
    from streamo_ros.backbone.plain import PlainModel
    from streamo_ros.backbone.streaming import StreamingBackbone

    if not isinstance(backbone, StreamingBackbone):
        raise BackboneError(f'{options.model} has no weights for plain transformers')
    return backbone, PlainModel(model, backbone)


def _ms(seconds: float | np.floating[Any]) -> float:
    return round(1e3 * float(seconds), 3)


def _threads() -> int:
    import torch

    return torch.get_num_threads()


def _table(report: dict[str, Any]) -> str:
    width = max(map(len, report))
    return '\n'.join(f'{key:<{width}}  {value}' for key, value in report.items())


def _size(text: str) -> tuple[int, int]:
    width, x, height = text.partition('x')
    if not (x and width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f'{text!r} is not WIDTHxHEIGHT, as in 640x480')
    return int(width), int(height)


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog='streamo bench', description='Latency and memory of every stage of a frame.'
    )
    add = parser.add_argument
    add('model', nargs='?', type=Path, help='folder of a checkpoint')
    add(
        '--random',
        metavar='SHAPE',
        help='a published shape with random weights: tiny, 0.2b, '
        'qwen2.5-vl-3b, qwen2.5-vl-7b, qwen3-vl-2b, -4b, -8b, internvl3-1b, -2b',
    )
    add('--device', default='auto', help='auto, cpu, cuda, cuda:1 (default: %(default)s)')
    add('--dtype', default='auto', help='auto, float32, bfloat16, float16')
    add(
        '--context-dtype',
        default='auto',
        help='of keys and values: auto, float32, bfloat16, float16, int8, float8',
    )
    add('--vision', default='auto', help='what runs the vision tower: auto, torch, tensorrt')
    add(
        '--size',
        type=_size,
        default=(640, 480),
        metavar='WxH',
        help='size of a camera frame (default: 640x480)',
    )
    add(
        '--max-pixels',
        type=int,
        default=100352,
        help='largest area passed to the model (default: %(default)s)',
    )
    add('--lanes', type=int, default=1, help='active instructions (default: %(default)s)')
    add('--capacity', type=int, default=0, help='tokens of a lane; 0 = enough for its frames')
    add(
        '--max-frames',
        type=int,
        default=0,
        help='frames in the context; 0 = what the checkpoint asks for, else 120',
    )
    add('--frames', type=int, default=300, help='frames to measure (default: %(default)s)')
    add('--warmup', type=int, default=5, help='frames before that (default: %(default)s)')
    add(
        '--against',
        choices=['hf', 'torch'],
        help='also measure hf = plain transformers loops, or torch = the vision tower in torch '
        '(with --vision tensorrt)',
    )
    add('--context-frames', type=int, default=300, help='context length for the comparison')
    add('--repeats', type=int, default=20, help='frames in the comparison')
    add('--threads', type=int, default=0, help='threads of torch on a CPU; 0 = its default')
    add('--json', action='store_true', help='print JSON')
    add('--output', type=Path, metavar='FILE', help='also write the JSON to this file')
    return parser
