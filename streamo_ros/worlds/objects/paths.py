# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How simulated things move: when they are there, and what the picture's edge leaves of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

_ALWAYS, _ARRIVES, _LEAVES = 0.28, 0.48, 0.68
"""Cumulative shares of things that stay, come and stay, are there and go; the rest visit."""
_BY_EDGE = 0.65
"""Share of arrivals and leavings across an edge; the others happen within the picture."""
_VISIBLE = 0.35
"""Part of a thing that must be in the picture for it to count as there."""
_MOVES, _GROWS = 0.45, 0.22
_SIZES = (0.05, 0.75)
_ALIKE = 0.1
"""Standard deviation of place and size of a thing where another was, as parts of its size."""
_ABOUT_CENTER = 0.12
"""What is left of the way from the middle of the picture to the left or right."""
_FARTHEST = (0.2, 0.55)
"""Part of its last size with which a thing starts that approaches."""
_APPROACH = (1.5, 14)
"""Frames that it takes."""


@dataclass(frozen=True)
class Path:
    """A thing's way through a stream.

    Attributes:
        present: whether it is there, shape (frames,).
        box: center x and y, width and height of its visible part, 0 to 1, shape (frames, 4).
        visible: part of it that is in the picture, shape (frames,).
    """

    present: Bools
    box: Floats
    visible: Floats


@dataclass(frozen=True)
class Habit:
    """What a thing does for certain; all else is drawn.

    Attributes:
        stay: its first frame and the one after its last.
        moves: it goes from place to place.
        comes_to: it comes closer; the range of its last size, as a part of the picture's.
        at: the box of another of its kind, whose place it takes.
        central: it stays about the vertical line through the middle of the picture.
    """

    stay: tuple[int, int] | None = None
    moves: bool = False
    comes_to: tuple[float, float] | None = None
    at: tuple[float, float, float, float] | None = None
    central: bool = False


ANY = Habit()
"""Everything is drawn."""


def draw_path(rng: np.random.Generator, frames: int, camera: Floats, habit: Habit = ANY) -> Path:
    """Draw a thing's way.

    Args:
        rng: makes all random choices.
        frames: length of the stream.
        camera: how far the camera's motion shifts everything, shape (frames, 2).
        habit: what it does for certain.
    """
    begin, end = habit.stay or _stay(rng, frames)
    width = float(np.exp(rng.uniform(*np.log(_SIZES))))
    height = float(np.clip(width * np.exp(rng.normal(0.25, 0.5)), 0.05, 1.0))
    if habit.at:
        width, height = (np.array(habit.at[2:]) * np.exp(rng.normal(0, _ALIKE, 2))).tolist()
    steps = np.arange(frames)
    if habit.comes_to:
        grown = float(rng.uniform(*habit.comes_to)) / np.sqrt(width * height)
        width, height = width * grown, height * grown
        scale = _approach(rng, begin, end, steps)
    else:
        scale = _scales(rng, begin, end, steps)
    moves = habit.moves or rng.random() < _MOVES
    first = _inner_point(rng, (width, height))
    if habit.at:
        first = np.array(habit.at[:2]) + rng.normal(0, _ALIKE, 2) * (width, height)
    times, points = _keyframes(rng, begin, end, frames, (width, height), first, moves)
    if habit.central:
        points[:, 0] = 0.5 + _ABOUT_CENTER * (points[:, 0] - 0.5)
    center = np.stack([np.interp(steps, times, points[:, k]) for k in (0, 1)], 1) + camera
    size = np.stack((width * scale, height * scale), 1)
    low, high = center - size / 2, center + size / 2
    seen_low, seen_high = low.clip(0, 1), high.clip(0, 1)
    extent = seen_high - seen_low
    visible = extent.prod(1) / np.maximum(np.minimum(size, 1).prod(1), 1e-6)
    present = (steps >= begin) & (steps < end) & (visible > _VISIBLE)
    return Path(present, np.concatenate(((seen_low + seen_high) / 2, extent), 1), visible)


def _stay(rng: np.random.Generator, frames: int) -> tuple[int, int]:
    """The first frame of a thing and the one after its last."""
    share = rng.random()
    if share < _ALWAYS:
        return 0, frames
    if share < _ARRIVES:
        return int(rng.integers(1, frames - 1)), frames
    if share < _LEAVES:
        return 0, int(rng.integers(3, frames))
    begin = int(rng.integers(0, frames - 4))
    return begin, min(frames, begin + int(rng.integers(4, 24)))


def _keyframes(
    rng: np.random.Generator,
    begin: int,
    end: int,
    frames: int,
    size: tuple[float, float],
    first: Floats,
    moves: bool,
) -> tuple[Floats, Floats]:
    """Times and centers between which a thing moves evenly."""
    inner = [first]
    if moves:
        inner += [_inner_point(rng, size) for _ in range(int(rng.integers(1, 4)))]
    times, points = list(np.linspace(begin, end - 1, len(inner) + 2)[1:-1]), list(inner)
    if begin > 0 and rng.random() < _BY_EDGE:
        duration = float(rng.uniform(1, 5))
        times, points = [begin - 0.7, *times], [_outside(rng, inner[0], size), *points]
        times[1] = min(times[1], begin + duration) if len(inner) == 1 else times[1]
    if end < frames and rng.random() < _BY_EDGE:
        duration = float(rng.uniform(1, 5))
        if len(inner) == 1:
            # It rests until it leaves.
            times, points = [*times, max(times[-1], end - duration)], [*points, inner[0]]
        times, points = [*times, end - 0.3], [*points, _outside(rng, inner[-1], size)]
    return np.maximum.accumulate(np.array(times)), np.array(points)


def _inner_point(rng: np.random.Generator, size: tuple[float, float]) -> Floats:
    margin = [min(0.5, part / 2) for part in size]
    low = [side * rng.uniform(0.3, 1.0) for side in margin]
    return np.array([rng.uniform(edge, 1 - edge) for edge in low])


def _outside(rng: np.random.Generator, point: Floats, size: tuple[float, float]) -> Floats:
    """A center just beyond an edge, mostly the left or right one."""
    axis = 0 if rng.random() < 0.75 else 1
    moved = point + rng.normal(0, 0.08, 2)
    beyond = size[axis] / 2
    moved[axis] = -beyond if rng.random() < 0.5 else 1 + beyond
    return moved


def _scales(rng: np.random.Generator, begin: int, end: int, steps: Ints) -> Floats:
    """Factors of a thing's size: it comes closer, or goes away."""
    if rng.random() > _GROWS:
        return np.ones(len(steps))
    first, last = np.exp(rng.uniform(np.log(0.35), np.log(1.9), 2))
    turn = np.sort(rng.uniform(begin, max(end - 1, begin + 1), 2))
    return np.interp(steps, turn, (first, last))


def _approach(rng: np.random.Generator, begin: int, end: int, steps: Ints) -> Floats:
    """Parts of a thing's last size while it comes closer, from some frame on."""
    duration = rng.uniform(*_APPROACH)
    start = rng.uniform(begin, max(begin + 1.0, end - 1 - duration))
    low = np.log(rng.uniform(*_FARTHEST))
    factors: Floats = np.exp(np.interp(steps, (start, start + duration), (low, 0.0)))
    return factors
