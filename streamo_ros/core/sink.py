# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sinks: where everything that the assistant reports goes, one step after another.

The node's worker and the replay make the same steps. Whatever publishes, counts, records, draws or
compares is therefore one class with a `take`, and works with both.
"""

from __future__ import annotations

import time
from collections import Counter
from collections import deque
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from streamo_ros.core.events import Decided
from streamo_ros.core.events import Event
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.frame import SamplerCounts
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import Sighting
from streamo_ros.core.interface import VisionTokens

# Frames that an instruction may still miss after another one did: more than any backlog holds.
_REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one sampled frame, or of a few more tokens of the answers in progress.

    Attributes:
        events: what happened, in order. In the node, answers go on in later steps; in a replay, a
            step is complete.
        frame: the frame that was observed, with its image unless that could not be decoded; None
            when only answers went on.
        instructions: the active instructions.
        origin: capture time of the stream's first sampled frame, nanoseconds; 0 = no frame yet.
        received: frames received so far, sampled or not.
        dropped: sampled frames so far that could not be decided.
        time: steady-clock seconds at which the decisions were made; only for measuring latency.
        vision: its vision tokens; None when it was not encoded. Not to be kept: they may be
            device memory.
    """

    events: tuple[Event, ...]
    frame: Frame | None = None
    instructions: tuple[Instruction, ...] = ()
    origin: int = 0
    received: int = 0
    dropped: int = 0
    time: float = 0.0
    vision: VisionTokens | None = None

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        """What was recognized in the frame, by models that do that."""
        return self.vision.sightings if self.vision is not None else ()

    def seconds(self, frame: Frame) -> float:
        """Capture time of a frame since the first one of its stream."""
        return (frame.stamp - self.origin) / SECOND

    def latency(self, frame: Frame) -> float:
        """Seconds from the reception of a frame to its decision, steady clock."""
        return self.time - frame.received


@dataclass
class Totals:
    """What a run amounted to.

    Attributes:
        counts: what became of the frames received.
        bad_frames: sampled frames that could not be decoded.
        flaw: what was wrong with the first of them, in one sentence.
        stream_seconds: capture time that was watched, without jumps.
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


class Sink(Protocol):
    """Takes the steps of one run, in the thread in which they happen."""

    def take(self, step: Step) -> None:
        """Take the next step."""

    def close(self, totals: Totals) -> None:  # noqa: ARG002
        """Complete what was begun; called once at the end of the run, however it ended.

        A sink that has nothing to complete inherits this one, which does nothing.
        """
        return


class StepMaker:
    """Makes the steps of one run, and its totals.

    Args:
        book: the instructions.
        counts: the sampler's counts, as they grow.
        lost: gives the number of sampled frames that were lost without an event.

    Attributes:
        totals: up to the last step; wall time and the way it ended are the caller's to fill in.
        dropped: sampled frames that could not be decided, by reason; a frame counts once, however
            many instructions missed it.
    """

    def __init__(
        self,
        book: InstructionBook,
        counts: SamplerCounts,
        lost: Callable[[], int] = lambda: 0,
    ) -> None:
        self.totals = Totals(counts)
        self.dropped: Counter[Reason] = Counter()
        self._book = book
        self._lost = lost
        self._first: Tick | None = None
        self._last: Tick | None = None
        self._missed: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)

    def step(
        self,
        events: Sequence[Event],
        frame: Frame | None = None,
        decided_at: float | None = None,
        vision: VisionTokens | None = None,
    ) -> Step:
        """The next step.

        Args:
            events: what happened, in order.
            frame: the frame that was observed; None when only answers went on.
            decided_at: steady-clock seconds at which the decisions were made; None = just now.
            vision: the vision tokens of the frame.
        """
        if frame is not None:
            self._follow(frame)
        for event in events:
            if isinstance(event, Decided) and event.reason.is_fault:
                self._count_drop(event)
        return Step(
            events=tuple(events),
            frame=frame,
            instructions=self._book.active(),
            origin=self._first.stamp if self._first else 0,
            received=self.totals.counts.received,
            dropped=sum(self.dropped.values()) + self._lost(),
            time=time.perf_counter() if decided_at is None else decided_at,
            vision=vision if frame is not None else None,
        )

    def _follow(self, frame: Frame) -> None:
        tick = frame.tick
        if self._first is None or tick.stream_id != self._first.stream_id:
            self._first = tick
        elif self._last is not None:
            self.totals.stream_seconds += (tick.stamp - self._last.stamp) / SECOND
        self._last = tick
        if frame.reason is Reason.BAD_FRAME:
            self.totals.bad_frames += 1
            self.totals.flaw = self.totals.flaw or frame.flaw

    def _count_drop(self, event: Decided) -> None:
        key = event.frame.tick.stream_id, event.frame.tick.index
        if key not in self._missed:
            self._missed.append(key)
            self.dropped[event.reason] += 1
