# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An evaluation case: one instruction, a stream of frames, and the decision due at each."""

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
from streamo_ros.training.labeled_dialogue import answer_from
from streamo_ros.training.labeled_dialogue import carry_answers
from streamo_ros.training.labeled_dialogue import LabeledTurn

FIRST_STAMP = 1000 * SECOND
"""Capture time at which every case starts: a stamp of 0 would count as missing."""

BLIND = 'blind'
"""The control in which every frame is black."""
VIDEO = 'video'
"""Family of cases from real videos in which nothing that is asked for happens."""

Image = NDArray[np.uint8]


class EvaluationError(StreamoError, ValueError):
    """The evaluation cannot run; the message states the problem and how to fix it."""


@dataclass(frozen=True)
class Moment:
    """One sampled frame and the decision due at it.

    Attributes:
        tick: its capture time and tag.
        state: the decision due.
        text: the answer due; '' unless `state` is Response.
        scored: False where nobody could know what is due: whatever is decided there is right.
        begun: of the answer due, the capture time in seconds from which it was already so, though
            in doubt; None where it became so just now.
    """

    tick: Tick
    state: State
    text: str = ''
    scored: bool = True
    begun: float | None = None

    @property
    def seconds(self) -> float:
        """Capture time in seconds since the start of the case."""
        return (self.tick.stamp - FIRST_STAMP) / SECOND


@dataclass(frozen=True)
class Case:
    """The ground truth for one lane.

    Attributes:
        name: identifies it in reports.
        family: kind of task; results are reported per family.
        instruction: what to watch for, from the first frame on.
        moments: in time order, at least one.
        images: returns a fresh iterable of the frames of the moments, RGB, uint8, shape
            (height, width, 3); picklable, so that another process can run the case.
        alarms_only: it counts toward the false alarms and no other metric.
        standing: the text that the last answer should have at each moment, '' where nobody could
            know; () where answers do not stand until the next one.
    """

    name: str
    family: str
    instruction: str
    moments: tuple[Moment, ...]
    images: Callable[[], Iterable[Image]]
    alarms_only: bool = False
    standing: tuple[str, ...] = ()
    kind: str = ''
    large: bool = False

    def __post_init__(self) -> None:
        if not self.moments or not self.instruction.strip():
            raise EvaluationError(f'the case {self.name} has no frames or no instruction')

    @property
    def fires(self) -> bool:
        """Whether any answer is due."""
        return any(moment.state is State.RESPONSE and moment.scored for moment in self.moments)

    @property
    def hours(self) -> float:
        """Length of the stream, including the last frame's own interval."""
        first, last = self.moments[0], self.moments[-1]
        last_interval = float(last.tick.end - last.tick.start)
        return (last.seconds - first.seconds + last_interval) / 3600


def moments(turns: Sequence[LabeledTurn]) -> tuple[Moment, ...]:
    """Convert labeled turns to moments of a stream that starts at the first turn's tag.

    Answers count their seconds from there, as the tags of a lane do.
    """
    origin = turns[0].start if turns else Fraction(0)
    converted = []
    for index, turn in enumerate(answer_from(turn, origin) for turn in turns):
        stamp = FIRST_STAMP + round((turn.start - origin) * SECOND)
        tick = Tick(stamp, turn.start - origin, turn.end - origin, index, 1)
        converted.append(Moment(tick, turn.state, turn.text))
    return tuple(converted)


def without_frames(case: Case, share: float, seed: int) -> Case:
    """Drop a fraction of the frames at random, never the first one.

    An answer whose frame is dropped is due at the next frame; see `carry_answers`.
    """
    rng = random.Random(f'{seed}/{case.name}')
    kept = [k == 0 or rng.random() >= share for k in range(len(case.moments))]
    remaining = [
        replace(moment, tick=replace(moment.tick, index=index), state=state, text=text)
        for index, (moment, state, text) in enumerate(carry_answers(case.moments, kept))
    ]
    return replace(case, moments=tuple(remaining), images=partial(_kept, case.images, kept))


def blinded(case: Case) -> Case:
    """The case with black frames: whatever a model still gets right comes from text alone."""
    return replace(case, images=partial(_black, case.images))


def _kept(images: Callable[[], Iterable[Image]], kept: Sequence[bool]) -> Iterable[Image]:
    return compress(images(), kept)


def _black(images: Callable[[], Iterable[Image]]) -> Iterable[Image]:
    return (np.zeros_like(image) for image in images())
