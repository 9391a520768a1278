# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Things that a lane's frames have shown, and the numbers that tell the language model of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import fields
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

SIGHTS, KNOWN, GAPS, MISSED, RETURNS = 8, 6, 3, 5, 4
"""Counts are told up to these."""
_STEP, _STEPS = 0.06, 12
"""Steps on which growth is told."""
_SIZES = SIGHTS + 1, KNOWN + 1, 1, GAPS, MISSED, _STEPS + 1, 5
LATELY = sum(_SIZES)
"""Numbers that tell of what was seen lately: how often a thing was seen, since when it is believed
in, whether the first frame showed it, how long it had been missed before and for how long it is
missed now, its growth on a scale and as a number, how far it is from its mean place, how sure the
last clear sight was, and whether that was before this frame."""
_OF_MISSED = slice(sum(_SIZES[:4]), sum(_SIZES[:5]))
_AWAY = 8, 24, 64
_SHARES, _LONG = 5, 7
MARKS = LATELY + RETURNS + len(_AWAY) + 1 + 1 + _SHARES + 1 + 1
"""Those and what was seen of it in all: how often it was given up and found again, and after how
long, since when it is known of, in which share of the frames since then it was seen clearly, and
how surely."""


@dataclass(frozen=True)
class Things:
    """Things that were seen lately; all arrays begin with an axis of the things.

    Attributes:
        kind: number of the kind.
        box: as last seen, see `Detections.box`.
        color: as last seen.
        sights: how often it was seen clearly enough to count, at most `SIGHTS`.
        since: frames since the last such sight.
        best: logit of that sight.
        known: frames since it was believed in, at most `KNOWN`; 0 = it is not.
        gap: frames for which it had been missed before it was seen last.
        missed: frames for which it has been missed since.
        from_start: whether the first frame showed it.
        sizes: logarithms of its latest sizes, infinite where there are fewer.
        growth: how much larger it is than the least of them, as a logarithm.
        anchor: mean of its latest centers, (things, 2).
        seen: in how many frames it was seen clearly enough to count, in all.
        total: sum of the logits of those sights.
        age: frames since the first of those sights.
        returns: how often it was given up and found again.
        away: frames for which it was not seen before it was found again; 0 = it never was.
    """

    kind: Ints
    box: Floats
    color: Floats
    sights: Ints
    since: Ints
    best: Floats
    known: Ints
    gap: Ints
    missed: Ints
    from_start: Bools
    sizes: Floats
    growth: Floats
    anchor: Floats
    seen: Ints
    total: Floats
    age: Ints
    returns: Ints
    away: Ints

    def at(self, index: Any) -> Things:
        """Some of them."""
        return self._each(lambda array: array[index])

    def joined(self, other: Things) -> Things:
        """These, and then the others."""
        if not len(self.kind) or not len(other.kind):
            return self if len(self.kind) else other
        names = (field.name for field in fields(self))
        pairs = ((getattr(self, name), getattr(other, name)) for name in names)
        return Things(*map(np.concatenate, pairs))

    def of(self, number: Ints, name: str, new: Any = 0) -> Any:
        """What is known of things by their numbers; `new` where the number is -1."""
        values = getattr(self, name)
        fill = np.full((1, *values.shape[1:]), new, values.dtype)
        return np.concatenate((values, fill))[number]

    def older(self) -> Things:
        """They after one more frame that does not show them."""
        return replace(self, missed=self.missed + 1, age=self.age + (self.seen > 0))

    def _each(self, change: Callable[[NDArray[Any]], Any]) -> Things:
        return Things(*(change(getattr(self, field.name)) for field in fields(self)))


def marks_of(things: Things, frames: int) -> Floats:
    """What is told of things; float32, shape (things, `MARKS`).

    Args:
        things: what a frame shows, and what it misses.
        frames: frames before it.
    """
    missed = things.missed > 0
    gap = np.where(missed, 0, np.minimum(things.gap, GAPS))
    growth = np.where(missed, 0, things.growth)[:, None]
    share = (things.seen / (things.age + 1))[:, None] * _SHARES
    sure = np.clip(things.total / np.maximum(things.seen, 1), -4, 4)
    parts = (
        _one_hot(things.sights, SIGHTS + 1),
        _one_hot(things.known, KNOWN + 1),
        (things.from_start & (frames < SIGHTS))[:, None],
        _one_hot(gap - 1, GAPS),
        _one_hot(things.missed - 1, MISSED),
        np.clip(1 - np.abs(np.clip(growth / _STEP, 0, _STEPS) - np.arange(_STEPS + 1)), 0, None),
        np.clip(growth, 0, 2),
        np.clip(things.box[:, 1:3] - things.anchor, -0.5, 0.5) * 2,
        np.clip(np.where(things.sights > 0, things.best, 0), -4, 4)[:, None] / 4,
        (things.since > 0)[:, None],
        _one_hot(np.minimum(things.returns, RETURNS) - 1, RETURNS),
        _one_hot(np.where(things.away > 0, np.digitize(things.away, _AWAY), -1), len(_AWAY) + 1),
        np.log2(np.minimum(things.age, 2**_LONG - 1) + 1)[:, None] / _LONG,
        np.clip(1 - np.abs(share - np.arange(_SHARES + 1)), 0, None),
        sure[:, None] / 4,
    )
    return np.concatenate(parts, 1).astype(np.float32)


def missed_of(marks: Floats) -> Ints:
    """For how many frames each thing has been missed, by its marks; int64, shape (...)."""
    rows = marks[..., _OF_MISSED]
    missed: Ints = np.where(rows.any(-1), rows.argmax(-1) + 1, 0)
    return missed


def _one_hot(value: Ints, size: int) -> Bools:
    """True at the value, and nowhere if it is out of range; shape (..., size)."""
    hot: Bools = value[:, None] == np.arange(size)
    return hot
