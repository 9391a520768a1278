# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a store is told of one step, and what it gives back: plain rows."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.interface import Sighting
from streamo_ros.core.protocol import State


@dataclass(frozen=True, slots=True)
class StateRecord:
    """The decision of one frame for one instruction.

    Attributes:
        stamp: capture time of the frame, nanoseconds.
        probability: of Response; NaN if unknown.
    """

    stamp: int
    instruction_id: int
    state: State
    probability: float


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """An answer that is complete.

    Attributes:
        stamp: capture time of the frame whose decision was Response, nanoseconds.
        start: capture time at which the event began, nanoseconds.
        instruction: what was watched for.
    """

    stamp: int
    start: int
    instruction_id: int
    instruction: str
    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """A sampled frame.

    Attributes:
        stamp: capture time, nanoseconds.
        image: RGB, uint8, shape (height, width, 3); None when there is none to keep.
        vector: what it looks like, float16, shape (hidden,); None = unknown.
        sightings: what was recognized in it.
    """

    stamp: int
    image: NDArray[np.uint8] | None = None
    vector: NDArray[np.float16] | None = None
    sightings: tuple[Sighting, ...] = ()


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """All that is kept of one step.

    Attributes:
        stream: which stream it belongs to, counted by whoever writes; another number, another
            stream.
        model_id: the model that decided.
    """

    stream: tuple[int, int]
    model_id: str
    frame: FrameRecord | None = None
    states: tuple[StateRecord, ...] = ()
    answers: tuple[AnswerRecord, ...] = ()
    instructions: tuple[tuple[int, str], ...] = ()


class SummaryStatus(enum.IntEnum):
    """What became of a summary: there in time, after it was needed first, or not at all."""

    WRITTEN = 0
    LATE = 1
    FAILED = 2


@dataclass(frozen=True, slots=True)
class SummaryRecord:
    """What the model wrote about a time.

    Attributes:
        start: capture time, nanoseconds.
        stop: the same; not included.
        text: one line; '' where it failed.
        problem: why it failed, in one sentence; ''.
        covered: capture time from which on it knows nothing.
        answer: row of the newest answer that it could know of.
        pictures: how many the model looked at.
        model_id: the model that wrote it.
    """

    start: int
    stop: int
    status: SummaryStatus
    text: str
    problem: str
    covered: int
    answer: int
    pictures: int
    model_id: str


@dataclass(frozen=True, slots=True)
class KeptFrame:
    """A frame in the store.

    Attributes:
        id: its row; counts up in the order of watching.
        stream: its stream's row.
        stamp: capture time, nanoseconds.
        picture: bytes of its picture; 0 = there is none any more.
    """

    id: int
    stream: int
    stamp: int
    picture: int


@dataclass(frozen=True, slots=True)
class StateRun:
    """Frames in a row with one decision for one instruction.

    Attributes:
        text: what was watched for; '' = unknown.
        state: the number of the state.
        start: capture time of the first frame, nanoseconds.
        stop: capture time of the last one.
    """

    instruction_id: int
    text: str
    state: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class SpokenAnswer:
    """An answer in the store; for the other fields see `AnswerRecord`.

    Attributes:
        id: its row.
        probability: of Response; None = unknown.
    """

    id: int
    instruction_id: int
    stamp: int
    start: int
    text: str
    probability: float | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that the record says.

    Attributes:
        kind: 'answer', 'sighting' or 'state'.
        stream: its stream's row.
        start: capture time at which it began, nanoseconds.
        end: capture time of its last frame, nanoseconds.
        text: what was said, what was seen, or what was watched for.
        about: the instruction that was answered; '' where there is none.
        score: how sure it is, 0 to 1.
        box: where it was seen last: left, top, right, bottom, 0 to 1; () = unknown.
        frames: on how many frames.
    """

    kind: str
    stream: int
    start: int
    end: int
    text: str
    about: str = ''
    score: float = 1.0
    box: tuple[float, ...] = ()
    frames: int = 1
