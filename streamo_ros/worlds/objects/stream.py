# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A simulated stream of detections, and the things behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamo_ros.worlds.objects.paths import Bools
from streamo_ros.worlds.objects.paths import Floats

NOTHING = -1
"""Kind of an empty place."""
PLACES = 20
"""Places of a frame."""


@dataclass(frozen=True)
class Thing:
    """A thing, or what the detector takes for one.

    Attributes:
        kind: number of its kind.
        color: number of its color.
        present: whether it is there, shape (frames,).
        score: how sure the detector was of it, 0 where it did not see it, shape (frames,).
        box: center x and y, width and height as parts of the picture, shape (frames, 4).
    """

    kind: int
    color: int
    present: Bools
    score: Floats
    box: Floats


@dataclass(frozen=True)
class Stream:
    """What a detector sees.

    Attributes:
        kind: kinds in order of falling score, `NOTHING` for an empty place; int64,
            shape (frames, `PLACES`).
        box: logit of the score, center x and y, log width and height; float32,
            shape (frames, `PLACES`, 5).
        color: share of each color; float32, shape (frames, `PLACES`, 11).
        owner: number of the thing that a detection is of, -1 if of none; int64,
            shape (frames, `PLACES`).
        things: the things.
    """

    kind: NDArray[np.int64]
    box: NDArray[np.float32]
    color: NDArray[np.float32]
    owner: NDArray[np.int64]
    things: tuple[Thing, ...]

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.kind)

    def at(self, frames: Sequence[int]) -> Stream:
        """The stream of some of its frames alone."""
        at = np.array(frames)
        things = tuple(
            Thing(thing.kind, thing.color, thing.present[at], thing.score[at], thing.box[at])
            for thing in self.things
        )
        return Stream(self.kind[at], self.box[at], self.color[at], self.owner[at], things)

    def without(self, limit: float) -> Stream:
        """The stream without detections up to a score; those of the things stay known."""
        left = self.scores <= limit
        kind, owner = np.where(left, NOTHING, self.kind), np.where(left, -1, self.owner)
        box, color = (
            np.where(left[..., None], np.float32(0), part) for part in (self.box, self.color)
        )
        return Stream(kind, box, color, owner, self.things)

    @property
    def scores(self) -> NDArray[np.float32]:
        """Scores, 0 in empty places; float32, shape (frames, `PLACES`)."""
        scores = 1 / (1 + np.exp(-self.box[..., 0]))
        return np.where(self.kind != NOTHING, scores, 0).astype(np.float32)

    @property
    def fullest(self) -> int:
        """Most detections in a frame."""
        return int((self.kind != NOTHING).sum(1).max(initial=0))
