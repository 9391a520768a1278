# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What runs the vision tower, beside torch with the same weights: equal numbers, and how fast.

This is how a user confirms on his own GPU what could not be run where this was written.
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
from streamo_ros.backbone.vision.engine.selftest import cosine
from streamo_ros.backbone.vision.frames import FrameEncoder


@torch.inference_mode()
def against_torch(
    frames: FrameEncoder, path: Path, images: Sequence[NDArray[np.uint8]], repeats: int
) -> dict[str, Any]:
    """Compare the tower that is in use with torch's.

    Args:
        frames: of a loaded backbone; its engine, if any, is in use already.
        path: the backbone's checkpoint.
        images: frames of one size.
        repeats: passes that are timed.

    Returns:
        `vision_backend` and `vision_version` of the one in use, `vision_note`, medians
        `tower_p50_ms` and `torch_tower_p50_ms`, `vision_speedup`, and `vision_cosine`, the worst
        of all outputs and images.
    """
    grid = frames.find_grid(*images[0].shape[:2])
    preprocess, encoder = frames.encoder(grid)
    tower = load_tower(read_checkpoint(path), grid, dtype_name(frames.dtype)).to(frames.device)
    passes = GraphCache(find_capture(frames.device))
    patches = [preprocess(image) for image in images]
    worst = 1.0
    for given in patches:
        # One at a time: a later pass may overwrite what an earlier one gave.
        found = [one.cpu() for one in passes(encoder, encoder, given)]
        expected = [one.cpu() for one in passes(tower, tower, given)]
        worst = min([worst, *map(cosine, found, expected)])
    used = _milliseconds(lambda given: passes(encoder, encoder, given), patches, repeats)
    plain = _milliseconds(lambda given: passes(tower, tower, given), patches, repeats)
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
    """Median time of a pass, the copy of its tokens to the host included."""
    times = []
    for at in range(repeats):
        begin = time.perf_counter()
        run(patches[at % len(patches)])[0].cpu()
        times.append(time.perf_counter() - begin)
    return 1e3 * median(times)
