# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Replay in code: every record is offered, sampled ones are decoded, decided and answered.

Knows the order of things, in lock-step: a frame is decided and its answers are finished before the
next one is looked at. Knows no file format, no model and no output; those are sources, assistants
and sinks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import replace
from typing import Protocol

from streamo_ros.core.assistant import Assistant
from streamo_ros.core.events import Event
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import FrameSampler
from streamo_ros.core.frame import Reason
from streamo_ros.core.frame import SamplerCounts
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.instruction import InstructionSource
from streamo_ros.sources.base import Record
from streamo_ros.sources.base import Source
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.image import ImageError

_BUDGET = 64


@dataclass(frozen=True)
class TimedInstruction:
    """An instruction for a replay.

    Attributes:
        text: what to watch for.
        seconds: capture time since the first frame from which on it stands.
    """

    text: str
    seconds: float = 0.0

    @classmethod
    def parse(cls, argument: str) -> TimedInstruction:
        """Read 'TEXT' or 'TEXT@SECONDS'; an @ that no number follows belongs to the text."""
        text, at, seconds = argument.rpartition('@')
        try:
            return cls(text, max(0.0, float(seconds))) if at else cls(argument)
        except ValueError:
            return cls(argument)


@dataclass(frozen=True)
class ReplayStep:
    """One sampled frame and everything that came of it.

    Attributes:
        frame: with its image, unless that could not be decoded.
        seconds: capture time since the first frame of its stream.
        events: all of them, in order; every answer is complete.
        standing: the instructions that stand now.
        counts: what became of the frames offered until now.
        dropped: frames until now that should have been looked at and were not.
        latency: seconds from reading the record to its decisions, steady clock.
    """

    frame: Frame
    seconds: float
    events: tuple[Event, ...]
    standing: tuple[Instruction, ...]
    counts: SamplerCounts
    dropped: int
    latency: float


class Sink(Protocol):
    """Where the steps of a replay go."""

    def take(self, step: ReplayStep) -> None:
        """Take the next step."""

    def close(self, totals: Totals) -> None:
        """Complete what was begun; called once, whatever happened before."""


@dataclass
class Totals:
    """What a replay amounted to.

    Attributes:
        counts: what became of the frames of the source.
        bad_frames: sampled frames that could not be decoded.
        flaw: what was wrong with the first of them, in one sentence.
        stream_seconds: capture time that was replayed, jumps not counted.
        wall_seconds: how long it took, steady clock.
        stopped: whether it was stopped before the source ended.
        failure: what broke it off, in one sentence; '' when nothing did.
    """

    counts: SamplerCounts
    bad_frames: int = 0
    flaw: str = ''
    stream_seconds: float = 0.0
    wall_seconds: float = 0.0
    stopped: bool = False
    failure: str = ''

    @property
    def speed(self) -> float:
        """Multiple of real time."""
        return self.stream_seconds / self.wall_seconds if self.wall_seconds else 0.0


def replay(
    source: Source,
    assistant: Assistant,
    sampler: FrameSampler,
    book: InstructionBook,
    orders: Sequence[TimedInstruction] = (),
    sinks: Sequence[Sink] = (),
    stop: Callable[[], bool] = lambda: False,
) -> Totals:
    """Replay a source to its end.

    Args:
        source: records; closed at the end, as are the sinks.
        assistant: what watches; its book is `book`.
        sampler: which frames are looked at.
        orders: instructions that are added to the book, bound to capture times.
        sinks: where the steps go.
        stop: asked after every record; True ends the replay in good order.

    Returns:
        What it amounted to.

    Raises:
        SourceError: the source is damaged, or none of its frames has a stamp that can be used.
        InstructionError: an order is refused.
    """
    totals = Totals(sampler.counts)
    walk = _Walk(assistant, sampler, book, orders, totals)
    with ExitStack() as stack:
        stack.callback(source.close)
        for sink in sinks:
            stack.callback(sink.close, totals)
        try:
            _go(walk, source, sinks, stop)
        except Exception as error:
            totals.failure = str(error)
            raise
    return totals


def _go(walk: _Walk, source: Source, sinks: Sequence[Sink], stop: Callable[[], bool]) -> None:
    began, totals = time.perf_counter(), walk.totals
    for record in source.records():
        step = walk.step(record)
        if step is not None:
            for sink in sinks:
                sink.take(step)
        totals.wall_seconds = time.perf_counter() - began
        if stop():
            totals.stopped = True
            return
    if not totals.counts.sampled:
        raise SourceError(_unusable(source, totals.counts))


class _Walk:
    """The way through one source, frame by frame."""

    def __init__(
        self,
        assistant: Assistant,
        sampler: FrameSampler,
        book: InstructionBook,
        orders: Sequence[TimedInstruction],
        totals: Totals,
    ) -> None:
        self._assistant, self._sampler, self._book = assistant, sampler, book
        self._orders, self.totals = orders, totals
        self._first: Tick | None = None
        self._last: Tick | None = None

    def step(self, record: Record) -> ReplayStep | None:
        """Everything that comes of a record; None when it is not looked at."""
        received = time.perf_counter()
        tick = self._sampler.offer(record.stamp)
        if tick is None:
            return None
        self._follow(tick)
        assert self._first is not None
        frame = self._decode(record, tick, received)
        events = self._assistant.observe(frame)
        latency = time.perf_counter() - received
        while self._assistant.busy:
            events += self._assistant.speak(_BUDGET)
        return ReplayStep(
            frame=frame,
            seconds=(tick.stamp - self._first.stamp) / SECOND,
            events=tuple(events),
            standing=self._book.standing(),
            counts=replace(self._sampler.counts),
            dropped=self.totals.bad_frames,
            latency=latency,
        )

    def _follow(self, tick: Tick) -> None:
        if self._first is None:
            for order in self._orders:
                since = tick.stamp + round(order.seconds * SECOND)
                self._book.add(order.text, source=InstructionSource.PARAMETER, since=since)
        if self._first is None or tick.stream_id != self._first.stream_id:
            self._first = tick
        elif self._last is not None:
            self.totals.stream_seconds += (tick.stamp - self._last.stamp) / SECOND
        self._last = tick

    def _decode(self, record: Record, tick: Tick, received: float) -> Frame:
        try:
            return Frame(tick, record.image(), record.frame_id, received)
        except ImageError as error:
            self.totals.bad_frames += 1
            self.totals.flaw = self.totals.flaw or str(error)
            return Frame(tick, None, record.frame_id, received, Reason.BAD_FRAME, str(error))


def _unusable(source: Source, counts: SamplerCounts) -> str:
    if not counts.received:
        return f'{source.name} has no frames that can be read'
    return (
        f'none of the {counts.received} frames of {source.name} has a stamp that can be used: '
        f'{counts.zero} are zero; let the camera driver set header.stamp'
    )
