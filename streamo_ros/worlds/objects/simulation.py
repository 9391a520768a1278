# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Draws streams of detections: things on their ways, seen by a detector that errs.

No picture is drawn: what a language model is told of a frame is a handful of detections, and
those can be drawn by the thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from streamo_ros.core.colors import COLORS
from streamo_ros.worlds.draws import pick
from streamo_ros.worlds.objects.boxes import overlap
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.noise import draw_scores
from streamo_ros.worlds.objects.noise import LOW_SCORE
from streamo_ros.worlds.objects.noise import Noise
from streamo_ros.worlds.objects.noise import shaken
from streamo_ros.worlds.objects.noise import sigmoid
from streamo_ros.worlds.objects.paths import ANY
from streamo_ros.worlds.objects.paths import draw_path
from streamo_ros.worlds.objects.paths import Floats
from streamo_ros.worlds.objects.paths import Habit
from streamo_ros.worlds.objects.paths import Ints
from streamo_ros.worlds.objects.stream import NOTHING
from streamo_ros.worlds.objects.stream import PLACES
from streamo_ros.worlds.objects.stream import Stream
from streamo_ros.worlds.objects.stream import Thing

_SAME = 0.5
"""Boxes of one kind that share more of their union are reported once."""
_CAMERA_MOVES = 0.15
_SOON, _STAYS = 6, 0.6
_FLASH_ROWS, _GHOST_OF_SAME = 2, 0.3
_SCORE_LIMITS = (0.02, 0.98)
_SMALLEST = 0.01


@dataclass(frozen=True)
class _Seen:
    """Detections of one source: at most one per frame."""

    owner: int
    kind: Ints
    score: Floats
    box: Floats
    color: Floats


@dataclass(frozen=True)
class _GhostKinds:
    """What the detector takes for a thing where there is none of its kind.

    Attributes:
        present: kinds of the things that take part.
        suspected: see `draw_stream`.
        share: share of false detections that are of it.
    """

    present: Sequence[int]
    suspected: int | None
    share: float

    def draw(self, rng: np.random.Generator, count: int) -> Ints:
        """Kinds of so many false detections."""
        kinds = rng.integers(len(KINDS), size=count)
        if len(self.present):
            same = np.array(self.present)[rng.integers(len(self.present), size=count)]
            kinds = np.where(rng.random(count) < _GHOST_OF_SAME, same, kinds)
        return self._suspect(rng, kinds)

    def draw_confused(self, rng: np.random.Generator) -> Ints:
        """The kind that a thing of another is also taken for, shape (1,)."""
        return self._suspect(rng, rng.integers(len(KINDS), size=1))

    def _suspect(self, rng: np.random.Generator, kinds: Ints) -> Ints:
        if self.suspected is None:
            return kinds
        return np.where(rng.random(len(kinds)) < self.share, self.suspected, kinds)


def draw_stream(
    rng: np.random.Generator,
    kinds: Sequence[int],
    frames: int,
    noise: Noise | None = None,
    habits: Mapping[int, Habit] = MappingProxyType({}),
    suspected: int | None = None,
    again: float = 0.0,
) -> Stream:
    """Draw a stream.

    Args:
        rng: makes all random choices.
        kinds: the kind of each thing, in any order.
        frames: its length.
        noise: how the detector errs.
        habits: what some of the things do for certain, by their numbers in `kinds`.
        suspected: a kind that much of what is not there is taken for, see `Noise.suspected`.
        again: share of things that come where another of their kind was, if one has left.
    """
    noise = noise or Noise()
    camera = _camera(rng, frames)
    things, seen = list[Thing](), list[_Seen]()
    ghosts = _GhostKinds(kinds, suspected, noise.suspected)
    for owner, kind in enumerate(kinds):
        habit = habits.get(owner, ANY)
        gone = [other for other in things if other.kind == kind and _has_left(other)]
        if gone and again and rng.random() < again:
            habit = _in_place_of(pick(rng, gone), habit, rng)
        path = draw_path(rng, frames, camera, habit)
        color = int(rng.integers(len(COLORS)))
        score = draw_scores(rng, path, noise)
        _hide_behind(things, kind, path.box, score)
        things.append(Thing(kind, color, path.present, score, path.box))
        shares = _colors(rng, color, frames)
        seen.append(
            _Seen(owner, np.full(frames, kind), score, shaken(rng, path.box, noise), shares)
        )
        seen += _echoes(rng, seen[-1], noise, ghosts)
    boxes = [row.box for row in seen]
    seen += [_flashes(rng, ghosts, frames, noise.false / _FLASH_ROWS) for _ in range(_FLASH_ROWS)]
    seen += [
        _lasting(rng, ghosts, boxes, frames, noise) for _ in range(rng.poisson(noise.lasting))
    ]
    return _sorted(seen, tuple(things), frames)


def _has_left(thing: Thing) -> bool:
    """Whether a thing leaves so early that another can come."""
    return bool(thing.present.any() and not thing.present[-_SOON:].any())


def _in_place_of(other: Thing, habit: Habit, rng: np.random.Generator) -> Habit:
    """A habit of coming where another thing was in the middle of its stay."""
    there, frames = np.flatnonzero(other.present), len(other.present)
    x, y, width, height = other.box[there[len(there) // 2]].tolist()
    begin = int(rng.integers(there[-1] + 3, frames - 1))
    end = frames if rng.random() < _STAYS else int(rng.integers(begin + 1, frames + 1))
    return replace(habit, at=(x, y, width, height), stay=(begin, end))


def _camera(rng: np.random.Generator, frames: int) -> Floats:
    """The shift of everything, shape (frames, 2)."""
    if rng.random() > _CAMERA_MOVES:
        return np.zeros((frames, 2))
    return np.cumsum(rng.normal(0, 0.012, (frames, 2)), 0)


def _hide_behind(things: Sequence[Thing], kind: int, box: Floats, score: Floats) -> None:
    """Two boxes of one kind that cover each other are reported once: the less sure is lost."""
    for other in things:
        if other.kind == kind:
            both = (overlap(box, other.box) > _SAME) & (score > 0) & (other.score > 0)
            lost = both & (score <= other.score)
            other.score[both & ~lost] = 0.0
            score[lost] = 0.0


def _colors(rng: np.random.Generator, color: int, frames: int) -> Floats:
    """Shares of a thing's colors, shape (frames, colors)."""
    base = rng.dirichlet(np.full(len(COLORS), 0.15))
    main = rng.uniform(0.5, 1.0)
    shares = np.tile(base * (1 - main), (frames, 1))
    shares[:, color] += main
    shares *= np.exp(rng.normal(0, 0.25, shares.shape))
    shares /= shares.sum(1, keepdims=True)
    return shares


def _echoes(
    rng: np.random.Generator, seen: _Seen, noise: Noise, ghosts: _GhostKinds
) -> list[_Seen]:
    """The same thing again: a part of it, or as another kind."""
    echoes, frames = [], len(seen.score)
    logit = np.log(np.maximum(seen.score, 1e-3) / (1 - np.minimum(seen.score, 0.999)))
    if rng.random() < noise.doubled:
        shrunk = seen.box * [1, 1, *rng.uniform(0.45, 0.85, 2)]
        shrunk[:, :2] += rng.normal(0, 0.1, 2) * seen.box[:, 2:]
        score = sigmoid(logit - rng.uniform(1.6, 3.6) + rng.normal(0, 0.4, frames))
        score *= (seen.score > 0.3) & (rng.random(frames) < rng.uniform(0.05, 0.5))
        echoes.append(_Seen(-1, seen.kind, score, shrunk, seen.color))
    if rng.random() < noise.confused:
        other = np.repeat(ghosts.draw_confused(rng), frames)
        score = sigmoid(rng.normal(*noise.ghost_level) + rng.normal(0, 0.4, frames))
        score *= (seen.score > 0) & (rng.random(frames) < rng.uniform(0.1, 0.9))
        echoes.append(_Seen(-1, other, score, shaken(rng, seen.box, noise), seen.color))
    return echoes


def _lasting(
    rng: np.random.Generator,
    ghosts: _GhostKinds,
    boxes: Sequence[Floats],
    frames: int,
    noise: Noise,
) -> _Seen:
    """What the detector takes for a thing for a while: a shelf for a table, a bag on somebody."""
    usual = rng.normal(*noise.ghost_level)
    score = sigmoid(usual + rng.normal(0, rng.uniform(0.1, 0.4), frames))
    score *= rng.random(frames) < rng.uniform(0.3, 1.2)
    if rng.random() < 0.5:
        begin, length = int(rng.integers(-8, frames)), int(rng.integers(3, 24))
        score[: max(begin, 0)] = 0
        score[max(begin + length, 0) :] = 0
    box = np.repeat(_ghost_boxes(rng, 1), frames, 0)
    if boxes and rng.random() < 0.5:
        other = boxes[int(rng.integers(len(boxes)))]
        size = other[:, 2:] * rng.uniform(0.2, 1.0, 2)
        center = other[:, :2] + rng.uniform(-0.5, 0.5, 2) * (other[:, 2:] - size)
        box = np.concatenate((center, size), 1)
    kind, color = ghosts.draw(rng, 1), _ghost_colors(rng, 1)
    return _Seen(-1, np.repeat(kind, frames), score, box, np.repeat(color, frames, 0))


def _flashes(rng: np.random.Generator, ghosts: _GhostKinds, frames: int, rate: float) -> _Seen:
    """False detections of a frame or two, one after another."""
    starts = rng.random(frames) < rate
    starts[0] |= rng.random() < 2 * rate
    number = np.cumsum(starts)
    count = int(number[-1]) + 1
    age = np.arange(frames) - np.maximum.accumulate(np.where(starts, np.arange(frames), 0))
    length = rng.geometric(0.75, count)
    strength = np.minimum(0.75, LOW_SCORE + rng.exponential(0.075, count))
    score = np.where((number > 0) & (age < length[number]), strength[number], 0.0)
    return _Seen(
        -1,
        ghosts.draw(rng, count)[number],
        score * np.exp(rng.normal(0, 0.1, frames)),
        _ghost_boxes(rng, count)[number],
        _ghost_colors(rng, count)[number],
    )


def _ghost_boxes(rng: np.random.Generator, count: int) -> Floats:
    size = np.exp(rng.uniform(np.log(0.03), np.log(0.5), (count, 2)))
    return np.concatenate((rng.uniform(0.05, 0.95, (count, 2)), size), 1)


def _ghost_colors(rng: np.random.Generator, count: int) -> Floats:
    return rng.dirichlet(np.full(len(COLORS), 0.2), count)


def _nothing(frames: int) -> _Seen:
    return _Seen(
        -1,
        np.zeros(frames, int),
        np.zeros(frames),
        np.zeros((frames, 4)),
        np.zeros((frames, len(COLORS))),
    )


def _sorted(seen: Sequence[_Seen], things: tuple[Thing, ...], frames: int) -> Stream:
    """The detections of each frame in order of falling score."""
    if not seen:
        seen = [_nothing(frames)]
    count = len(seen)
    score = np.array([row.score for row in seen]).reshape(count, frames)
    score = np.where(score >= LOW_SCORE, score, 0)
    order = np.argsort(-score, axis=0, kind='stable')[:PLACES]
    columns = np.arange(frames)
    score = score[order, columns]
    empty = score == 0

    def taken(values: Sequence[object], fill: float, dtype: type) -> np.ndarray:
        """Values of the sources, in the order of each frame and with all places."""
        array = np.array(values)
        picked = array[order] if array.ndim == 1 else array[order, columns]
        picked = np.where(empty.reshape(empty.shape + (1,) * (picked.ndim - 2)), fill, picked)
        padded = np.full((frames, PLACES, *picked.shape[2:]), fill, dtype)
        padded[:, : len(picked)] = picked.swapaxes(0, 1)
        return padded

    box = taken([row.box for row in seen], 0, np.float32)
    encoded = np.zeros((frames, PLACES, 5), np.float32)
    limited = score.clip(*_SCORE_LIMITS)
    filled = ~empty.T
    where = np.zeros((frames, PLACES), bool)
    where[:, : len(score)] = filled
    encoded[where, 0] = np.log(limited / (1 - limited)).T[filled]
    encoded[where, 1:3] = box[where, :2].clip(0, 1)
    encoded[where, 3:] = np.log(box[where, 2:].clip(_SMALLEST, 1))
    return Stream(
        taken([row.kind for row in seen], NOTHING, np.int64),
        encoded,
        taken([row.color for row in seen], 0, np.float32),
        taken([row.owner for row in seen], -1, np.int64),
        things,
    )
