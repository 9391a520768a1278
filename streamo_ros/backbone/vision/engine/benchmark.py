# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compares the vision tower in use with torch's: do the numbers agree, and how fast is it?

This lets users verify on their own GPU what could not be run where this was written.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.graph_cache import find_capture
from streamo_ros.backbone.graph_cache import GraphCache
from streamo_ros.backbone.vision.engine import dtype_name
from streamo_ros.backbone.vision.engine.builder import load_tower
from streamo_ros.backbone.vision.engine.selftest import least_cosine
from streamo_ros.backbone.vision.frames import FrameEncoder


@torch.inference_mode()
def compare_with_torch(
    frames: FrameEncoder, path: Path, images: Sequence[NDArray[np.uint8]], repeats: int
) -> dict[str, Any]:
    """Compare the tower in use with torch's.

    Args:
        frames: frame encoder of a loaded backbone that already uses its engine, if it has one.
        path: the backbone's checkpoint.
        images: frames of the same size.
        repeats: number of timed passes.

    Returns:
        `vision_backend`, `vision_version` and `vision_note` of the tower in use, the medians
        `tower_p50_ms` and `torch_tower_p50_ms`, `vision_speedup`, and `vision_cosine`, the
        smallest of a token over all outputs and images.
    """
    grid = frames.find_grid(*images[0].shape[:2])
    preprocess, encoder = frames.encoder(grid)
    tower = load_tower(read_checkpoint(path), grid, dtype_name(frames.dtype)).to(frames.device)
    passes = GraphCache(find_capture(frames.device))
    patches = [preprocess(image) for image in images]
    worst = 1.0
    for frame in patches:
        # One at a time: a later pass may overwrite the outputs of an earlier one.
        outputs = [output.cpu() for output in passes(encoder, encoder, frame)]
        expected = [output.cpu() for output in passes(tower, tower, frame)]
        worst = min([worst, *map(least_cosine, outputs, expected)])
    used = _milliseconds(lambda frame: passes(encoder, encoder, frame), patches, repeats)
    plain = _milliseconds(lambda frame: passes(tower, tower, frame), patches, repeats)
    state = frames.state(grid)
    return {
        'vision_backend': state.backend,
        'vision_version': state.version,
        'vision_note': state.note,
        'tower_p50_ms': round(used, 3),
        'torch_tower_p50_ms': round(plain, 3),
        'vision_speedup': round(plain / used, 2),
        'vision_cosine': round(worst, 6),
    }


def _milliseconds(
    run: Callable[[Tensor], tuple[Tensor, ...]], patches: Sequence[Tensor], repeats: int
) -> float:
    """Median time of a pass, including the copy of its tokens to the host."""
    times = []
    for repeat in range(repeats):
        start = time.perf_counter()
        run(patches[repeat % len(patches)])[0].cpu()
        times.append(time.perf_counter() - start)
    return 1e3 * median(times)
