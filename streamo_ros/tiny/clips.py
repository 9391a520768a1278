# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stretches of worlds, sampled as a camera would, and seen once by the frozen tower.

Knows times, views and vision tokens. The tokens of all frames are computed once and kept, since
the tower no longer changes; a dialogue then costs nothing but the language model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch import Tensor

from streamo_ros.tiny.pictures import ASPECTS
from streamo_ros.tiny.pictures import shrink
from streamo_ros.tiny.pictures import spread
from streamo_ros.tiny.tower import encode
from streamo_ros.worlds.episode import DROP
from streamo_ros.worlds.episode import JITTER
from streamo_ros.worlds.episode import PICTURES
from streamo_ros.worlds.scene import Table
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.world import World

LEAD = 96
"""Most frames before a course that a lane may have seen and lost; nobody draws them."""
_IN_TURN = ('4:3', '4:3', '16:9', '1:1')
_AT_ONCE = 256


@dataclass(frozen=True)
class Clip:
    """A stretch of one world.

    Attributes:
        aspect: of its pictures.
        rate: frames a second.
        lead: frames at the beginning that are known by their views alone.
        numbers: of the frames' ticks; a lost frame's is missing.
        times: of the frames, seconds of the world.
        views: what the frames show.
        table: where it happens.
        tokens: what the tower saw of the frames behind the lead, half precision, shape
            (frames - lead, tokens, vision_out).
    """

    aspect: str
    rate: Fraction
    lead: int
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
) -> list[Clip]:
    """Courses of worlds, one for each seed.

    Args:
        seeds: of the worlds.
        frames: of a course, the lost ones included and its lead not.
        rates: frames a second, drawn evenly.
        tower: the trained tower; what it saw is kept in the folder.
        processes: that draw.
        folder: for what is computed once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for aspect in ASPECTS:
        own = [seed for seed in seeds if _IN_TURN[seed % 4] == aspect]
        path = folder / f'seen-{aspect.replace(":", "x")}.npy'
        if not path.is_file():
            drawn = spread(_render, [(seed, frames, rates) for seed in own], processes)
            np.save(path, see(tower, np.concatenate(drawn)).numpy())
        tokens, begin = torch.from_numpy(np.load(path)), 0
        for seed in own:
            world, rate, lead, numbers, times = _sample(seed, frames, rates)
            stop = begin + len(times) - lead
            found.append(
                Clip(
                    aspect,
                    rate,
                    lead,
                    numbers,
                    times,
                    tuple(world.view(time) for time in times),
                    world.script.table,
                    tokens[begin:stop],
                )
            )
            begin = stop
    return found


@torch.inference_mode()
def see(tower: nn.Module, frames: NDArray[np.uint8]) -> Tensor:
    """Vision tokens of frames of one size, half precision, shape (frames, tokens, vision_out)."""
    parts = [torch.from_numpy(frames[k : k + _AT_ONCE]) for k in range(0, len(frames), _AT_ONCE)]
    return torch.cat([encode(tower, part).half() for part in parts])


def _sample(
    seed: int, count: int, rates: Sequence[float]
) -> tuple[World, Fraction, int, tuple[int, ...], tuple[float, ...]]:
    """A world and when it is looked at: some cameras are late, some lose frames."""
    draw = np.random.default_rng([seed, 51])
    rate = Fraction(rates[int(draw.integers(len(rates)))]).limit_denominator(1000)
    lead = int(draw.integers(0, LEAD + 1))
    count += lead
    late = draw.uniform(0, JITTER, count) * (draw.random() < 0.4)
    lost = (draw.random(count) < DROP) & (draw.random() < 0.25)
    begin = float(draw.uniform(0, 4))
    numbers = tuple(k for k in range(count) if k in (0, lead) or not lost[k])
    times = tuple(begin + (k + float(late[k])) / float(rate) for k in numbers)
    world = World(seed, *PICTURES[_IN_TURN[seed % 4]])
    return world, rate, numbers.index(lead), numbers, times


def _render(job: tuple[int, int, Sequence[float]]) -> NDArray[np.uint8]:
    seed, count, rates = job
    world, _, lead, _, times = _sample(seed, count, rates)
    return np.stack([shrink(world.render(time), _IN_TURN[seed % 4]) for time in times[lead:]])
