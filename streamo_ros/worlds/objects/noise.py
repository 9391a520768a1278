# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a small detector errs: scores that waver, misses, doubles, wrong kinds, things that are not.

The numbers are fitted to what YOLOX-Nano gives at 2 Hz on real video.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from streamo_ros.worlds.objects.paths import Bools
from streamo_ros.worlds.objects.paths import Floats
from streamo_ros.worlds.objects.paths import Path

LOW_SCORE = 0.12
"""Detections with a lower score are left out."""


@dataclass(frozen=True)
class Noise:
    """How often and how much the detector errs; scores are in logits.

    Attributes:
        clear: share of things that are seen clearly: large, usual, from the front.
        clear_level: mean and standard deviation of the usual score of those.
        faint_level: the same of other things.
        waver: standard deviation of a score's step from frame to frame, of both.
        memory: share of a deviation that is left in the next frame.
        cut: how much less sure it is of a thing that is not in the picture at all.
        blink: probability that a thing is missed from now on, of both.
        stay_missed: probability that it goes on being missed.
        doubled: share of things that are now and then seen twice.
        confused: share of things that are also taken for another kind.
        false: false detections per frame, on average.
        lasting: number of places per stream, on average, where nothing is taken for a thing.
        suspected: share of all that is taken for what it is not, and then for the kind that an
            instruction waits for. Whether somebody waits for it changes nothing in a picture: but
            of 80 kinds the false detections of one would be too few to learn from.
        ghost_level: mean and standard deviation of the usual score of what is not there.
        jitter: standard deviation of a box's sides, as a part of them.
    """

    clear: float = 0.6
    clear_level: tuple[float, float] = (2.1, 0.3)
    faint_level: tuple[float, float] = (0.85, 0.6)
    waver: tuple[float, float] = (0.13, 0.36)
    memory: float = 0.65
    cut: float = 3.0
    blink: tuple[float, float] = (0.004, 0.02)
    stay_missed: float = 0.35
    doubled: float = 0.12
    confused: float = 0.3
    false: float = 0.22
    lasting: float = 1.5
    suspected: float = 0.3
    ghost_level: tuple[float, float] = (-1.0, 0.5)
    jitter: float = 0.03


def draw_scores(rng: np.random.Generator, path: Path, noise: Noise) -> Floats:
    """Scores of a thing on its way, 0 where it is not seen; shape (frames,)."""
    frames = len(path.present)
    faint = int(rng.random() >= noise.clear)
    usual = max(-0.5, rng.normal(*(noise.clear_level, noise.faint_level)[faint]))
    steps = rng.normal(0, noise.waver[faint], frames)
    deviation = np.empty(frames)
    last = rng.normal(0, noise.waver[faint])
    for frame, step in enumerate(steps):
        last = noise.memory * last + step
        deviation[frame] = last
    scores = sigmoid(usual + deviation - noise.cut * (1 - path.visible.clip(0, 1)))
    seen = (
        path.present
        & ~_blinks(rng, frames, noise.blink[faint], noise.stay_missed)
        & (scores >= LOW_SCORE)
    )
    return np.where(seen, scores, 0.0)


def _blinks(rng: np.random.Generator, frames: int, blink: float, stay: float) -> Bools:
    missed, now = np.zeros(frames, bool), False
    for frame, draw in enumerate(rng.random(frames)):
        now = draw < (stay if now else blink)
        missed[frame] = now
    return missed


def shaken(rng: np.random.Generator, box: Floats, noise: Noise) -> Floats:
    """Boxes as the detector draws them, shape as `box` (..., 4)."""
    size = box[..., 2:]
    center = box[..., :2] + rng.normal(0, noise.jitter, size.shape) * size
    return np.concatenate((center, size * np.exp(rng.normal(0, noise.jitter, size.shape))), -1)


def sigmoid(value: Floats) -> Floats:
    """1 / (1 + exp(-value))."""
    result: Floats = 1 / (1 + np.exp(-value))
    return result
