# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Clips of worlds, sampled as by a camera and encoded once by the frozen tower.

The vision tokens of all frames are computed once and cached, since the tower no longer changes; a
dialogue then costs only the language model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch import Tensor

from streamo_ros.tiny.pictures import ASPECTS
from streamo_ros.tiny.pictures import run_jobs
from streamo_ros.tiny.pictures import shrink
from streamo_ros.tiny.tower import encode
from streamo_ros.worlds.episode import DROP
from streamo_ros.worlds.episode import JITTER
from streamo_ros.worlds.episode import PICTURES
from streamo_ros.worlds.scene import Table
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.world import World

MAX_PREFIX = 96
"""Most frames that a lane may have seen and evicted before; they are not rendered."""
_ASPECT_CYCLE = ('4:3', '4:3', '16:9', '1:1')
"""Aspect ratios of consecutive seeds."""
_BATCH = 256
_DIM = (0.35, 0.8)
"""Range of the exposure of a clip in poor light; 1 is normal light."""


@dataclass(frozen=True)
class Clip:
    """A clip of one world.

    Attributes:
        aspect: aspect ratio of the pictures.
        rate: frames per second.
        prefix: number of frames at the start that have a view but no vision tokens.
        numbers: tick number of each frame; those of dropped frames are missing.
        times: time of each frame in the world, in seconds.
        views: what the frames show.
        table: where it takes place.
        tokens: vision tokens of the frames after the prefix, half precision, shape
            (frames - prefix, tokens, vision_out).
    """

    aspect: str
    rate: Fraction
    prefix: int
    numbers: tuple[int, ...]
    times: tuple[float, ...]
    views: tuple[View, ...]
    table: Table
    tokens: Tensor


def encode_clips(
    seeds: Sequence[int],
    frames: int,
    rates: Sequence[float],
    tower: nn.Module,
    processes: int,
    folder: Path,
    dim: float = 0.0,
) -> list[Clip]:
    """One clip for each seed.

    Args:
        seeds: seeds of the worlds.
        frames: number of frames, dropped ones included and the prefix excluded.
        rates: frames per second, sampled uniformly.
        tower: the trained tower.
        processes: number of processes that render.
        folder: cache of the vision tokens.
        dim: share of the clips that are filmed in poor light.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clips = []
    for aspect in ASPECTS:
        own = [seed for seed in seeds if _ASPECT_CYCLE[seed % 4] == aspect]
        # The name is that of earlier runs, whose clips can be reused.
        path = folder / f'seen-{aspect.replace(":", "x")}.npy'
        if not path.is_file():
            pictures = run_jobs(_render, [(seed, frames, rates, dim) for seed in own], processes)
            np.save(path, encode_frames(tower, np.concatenate(pictures)).numpy())
        tokens, begin = torch.from_numpy(np.load(path)), 0
        for seed in own:
            world, rate, prefix, numbers, times = _sample(seed, frames, rates)
            stop = begin + len(times) - prefix
            clips.append(
                Clip(
                    aspect,
                    rate,
                    prefix,
                    numbers,
                    times,
                    tuple(world.view(time) for time in times),
                    world.script.table,
                    tokens[begin:stop],
                )
            )
            begin = stop
    return clips


@torch.inference_mode()
def encode_frames(tower: nn.Module, frames: NDArray[np.uint8]) -> Tensor:
    """Vision tokens of frames of one size, half precision, shape (frames, tokens, vision_out)."""
    batches = [torch.from_numpy(frames[k : k + _BATCH]) for k in range(0, len(frames), _BATCH)]
    return torch.cat([encode(tower, batch).half() for batch in batches])


def _sample(
    seed: int, count: int, rates: Sequence[float]
) -> tuple[World, Fraction, int, tuple[int, ...], tuple[float, ...]]:
    """A world and its sampling times: some cameras deliver frames late, some drop frames.

    Returns:
        The world, frames per second, prefix, tick numbers and times.
    """
    rng = np.random.default_rng([seed, 51])
    rate = Fraction(rates[int(rng.integers(len(rates)))]).limit_denominator(1000)
    prefix = int(rng.integers(0, MAX_PREFIX + 1))
    count += prefix
    delays = rng.uniform(0, JITTER, count) * (rng.random() < 0.4)
    dropped = (rng.random(count) < DROP) & (rng.random() < 0.25)
    start = float(rng.uniform(0, 4))
    numbers = tuple(k for k in range(count) if k in (0, prefix) or not dropped[k])
    times = tuple(start + (k + float(delays[k])) / float(rate) for k in numbers)
    world = World(seed, *PICTURES[_ASPECT_CYCLE[seed % 4]])
    return world, rate, numbers.index(prefix), numbers, times


def _render(job: tuple[int, int, Sequence[float], float]) -> NDArray[np.uint8]:
    seed, count, rates, dim = job
    world, _, prefix, _, times = _sample(seed, count, rates)
    aspect = _ASPECT_CYCLE[seed % 4]
    gain = _exposure(seed, dim)
    pictures = (cv2.convertScaleAbs(world.render(time), alpha=gain) for time in times[prefix:])
    return np.stack([shrink(np.asarray(picture, np.uint8), aspect) for picture in pictures])


def _exposure(seed: int, dim: float) -> float:
    # A generator of its own, so that poor light changes nothing else about a clip.
    rng = np.random.default_rng([seed, 52])
    return float(rng.uniform(*_DIM)) if rng.random() < dim else 1.0
