# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A case: one instruction, the frames that come, and what is due at each of them.

Knows stamps and labels. Knows no model and no metric, and where the frames come from only as a
way to get them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.protocol import State
from streamo_ros.training.labeled_dialogue import LabeledTurn

FIRST_STAMP = 1000 * SECOND
"""Capture time of a case's first second: a stamp of 0 is no stamp."""

BLIND = 'blind'
"""Name of the control in which every frame is black."""
VIDEO = 'video'
"""Family of the cases out of a real video in which nothing that is asked for happens."""

Image = NDArray[np.uint8]


class EvaluationError(StreamoError, ValueError):
    """Nothing can be evaluated; the message says what is wrong and what mends it."""


@dataclass(frozen=True)
class Moment:
    """One sampled frame and what is due at it.

    Attributes:
        tick: when it was captured, and its tag.
        state: the decision due.
        text: the answer due; '' unless `state` is Response.
    """

    tick: Tick
    state: State
    text: str = ''

    @property
    def seconds(self) -> float:
        """Capture time, seconds since the case began."""
        return (self.tick.stamp - FIRST_STAMP) / SECOND


@dataclass(frozen=True)
class Case:
    """One lane's worth of truth.

    Attributes:
        name: which one it is, for a report.
        family: kind of task; results are given for each.
        instruction: what to watch for, from the first frame on.
        moments: in order of time, at least one.
        images: the frames of the moments, RGB, uint8, shape (height, width, 3), each time anew;
            picklable, so that another process can watch.
        alarms_only: it counts for the false alarms and for no other figure.
    """

    name: str
    family: str
    instruction: str
    moments: tuple[Moment, ...]
    images: Callable[[], Iterable[Image]]
    alarms_only: bool = False

    def __post_init__(self) -> None:
        if not self.moments or not self.instruction.strip():
            raise EvaluationError(f'the case {self.name} has no frame or no instruction')

    @property
    def fires(self) -> bool:
        """Whether any answer is due."""
        return any(moment.state is State.RESPONSE for moment in self.moments)

    @property
    def hours(self) -> float:
        """Length of the stream, the last frame's own interval included."""
        first, last = self.moments[0], self.moments[-1]
        own = float(last.tick.end - last.tick.start)
        return (last.seconds - first.seconds + own) / 3600


def moments(turns: Sequence[LabeledTurn]) -> tuple[Moment, ...]:
    """Labelled turns as moments whose stream begins with the first turn's tag."""
    origin = turns[0].start if turns else Fraction(0)
    found = []
    for index, turn in enumerate(turns):
        stamp = FIRST_STAMP + round((turn.start - origin) * SECOND)
        tick = Tick(stamp, turn.start - origin, turn.end - origin, index, 1)
        found.append(Moment(tick, turn.state, turn.text))
    return tuple(found)


def without_frames(case: Case, share: float, seed: int) -> Case:
    """The case with a share of its frames lost at random, the first one never.

    An answer whose frame is lost is due at the first frame that arrives after it; with an answer
    due there too, the two are joined, as labels are. One due after the last frame left is not due.
    """
    chance = random.Random(f'{seed}/{case.name}')
    kept = [k == 0 or chance.random() >= share for k in range(len(case.moments))]
    found: list[Moment] = []
    owed: list[str] = []
    for moment, stays in zip(case.moments, kept, strict=True):
        owed += [moment.text] if moment.state is State.RESPONSE else []
        if stays:
            found.append(
                replace(
                    moment,
                    tick=replace(moment.tick, index=len(found)),
                    state=State.RESPONSE if owed else moment.state,
                    text=' '.join(owed),
                )
            )
            owed = []
    return replace(case, moments=tuple(found), images=partial(_kept, case.images, kept))


def blinded(case: Case) -> Case:
    """The case with every frame black: what a model still gets right, it reads off the words."""
    return replace(case, images=partial(_black, case.images))


def _kept(images: Callable[[], Iterable[Image]], kept: Sequence[bool]) -> Iterable[Image]:
    return compress(images(), kept)


def _black(images: Callable[[], Iterable[Image]]) -> Iterable[Image]:
    return (np.zeros_like(image) for image in images())


def silent_case(
    name: str, instruction: str, times: Sequence[Fraction], images: Callable[[], Iterable[Image]]
) -> Case:
    """A video's case, in which nothing is ever due; times in seconds, ascending, evenly spaced."""
    step = times[1] - times[0] if len(times) > 1 else Fraction(1)
    turns = [LabeledTurn(time, time + step, State.SILENCE) for time in times]
    return Case(name, VIDEO, instruction, moments(turns), images)
