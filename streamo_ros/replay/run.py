# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Replay in lock-step: a frame is decided and answered before the next one is sampled.

Any source, assistant and sinks will do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import ExitStack

from streamo_ros.core.assistant import Assistant
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import FrameSampler
from streamo_ros.core.frame import Reason
from streamo_ros.core.frame import SamplerCounts
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.instruction import InstructionSource
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.core.sink import StepMaker
from streamo_ros.core.sink import Totals
from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.sources.base import Record
from streamo_ros.sources.base import Source
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.image import ImageError

_BUDGET = 64


def replay(
    source: Source,
    assistant: Assistant,
    sampler: FrameSampler,
    book: InstructionBook,
    instructions: Sequence[TimedInstruction] = (),
    sinks: Sequence[Sink] = (),
    stop: Callable[[], bool] = lambda: False,
) -> Totals:
    """Replay a source to its end.

    Args:
        source: gives the records; closed at the end, as are the sinks.
        assistant: decides and answers; its book is `book`.
        sampler: which frames are sampled.
        book: takes the instructions.
        instructions: bound to capture times when the first frame is sampled.
        sinks: take the steps.
        stop: called after every record; True ends the replay in good order.

    Returns:
        What it amounted to.

    Raises:
        SourceError: the source is damaged, or none of its frames has a usable stamp.
        InstructionError: an instruction is refused.
    """
    run = _Run(assistant, sampler, book, instructions)
    with ExitStack() as stack:
        stack.callback(source.close)
        for sink in sinks:
            stack.callback(sink.close, run.totals)
        try:
            _replay_records(run, source, sinks, stop)
        except Exception as error:
            run.totals.failure = str(error)
            raise
    return run.totals


def _replay_records(
    run: _Run, source: Source, sinks: Sequence[Sink], stop: Callable[[], bool]
) -> None:
    began, totals = time.perf_counter(), run.totals
    for record in source.records():
        step = run.step(record)
        if step is not None:
            for sink in sinks:
                sink.take(step)
        totals.wall_seconds = time.perf_counter() - began
        if stop():
            totals.stopped = True
            return
    if not totals.counts.sampled:
        raise SourceError(_no_frames(source, totals.counts))


class _Run:
    """Makes steps of records."""

    def __init__(
        self,
        assistant: Assistant,
        sampler: FrameSampler,
        book: InstructionBook,
        instructions: Sequence[TimedInstruction],
    ) -> None:
        self._assistant, self._sampler, self._book = assistant, sampler, book
        self._pending = list(instructions)
        self._steps = StepMaker(book, sampler.counts)
        self.totals = self._steps.totals

    def step(self, record: Record) -> Step | None:
        """Everything that comes of a record; None when it is not sampled."""
        received = time.perf_counter()
        tick = self._sampler.offer(record.stamp)
        if tick is None:
            return None
        self._add_instructions(tick)
        frame = _decode(record, tick, received)
        events = self._assistant.observe(frame)
        decided_at = time.perf_counter()
        while self._assistant.busy:
            events += self._assistant.speak(_BUDGET)
        return self._steps.step(events, frame, decided_at, self._assistant.vision)

    def _add_instructions(self, first: Tick) -> None:
        for instruction in self._pending:
            since = first.stamp + round(instruction.seconds * SECOND)
            self._book.add(instruction.text, source=InstructionSource.PARAMETER, since=since)
        self._pending.clear()


def _decode(record: Record, tick: Tick, received: float) -> Frame:
    try:
        return Frame(tick, record.image(), record.frame_id, received)
    except ImageError as error:
        return Frame(tick, None, record.frame_id, received, Reason.BAD_FRAME, str(error))


def _no_frames(source: Source, counts: SamplerCounts) -> str:
    if not counts.received:
        return f'{source.name} has no readable frames'
    return (
        f'none of the {counts.received} frames of {source.name} has a usable stamp: '
        f'{counts.zero} are zero, negative or missing; let the camera driver set header.stamp, or '
        'set sampling.stamp to receive in --params-file'
    )
