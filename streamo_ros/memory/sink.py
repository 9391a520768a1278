# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The sink that remembers: hands what happened to the thread that writes the store."""

from __future__ import annotations

from collections.abc import Callable

from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.core.speech import Finish
from streamo_ros.memory.record import AnswerRecord
from streamo_ros.memory.record import FrameRecord
from streamo_ros.memory.record import MemoryRecord
from streamo_ros.memory.record import StateRecord
from streamo_ros.memory.writer import StoreWriter

_TEXTS = 256


class MemorySink(Sink):
    """Remembers one activation, or one replay.

    Args:
        writer: takes the records; not closed with it.
        model_id: gives the identity of the model.
    """

    def __init__(self, writer: StoreWriter, model_id: Callable[[], str]) -> None:
        self._writer = writer
        self._model_id = model_id
        self._session = writer.new_session()
        self._stream = 0
        self._texts: dict[int, str] = {}

    def take(self, step: Step) -> None:
        """Hand a step on; in the worker's thread, so nothing here waits for a disk."""
        for instruction in step.instructions:
            self._texts[instruction.id] = instruction.text
        while len(self._texts) > _TEXTS:
            self._texts.pop(next(iter(self._texts)))
        states: dict[int, list[StateRecord]] = {}
        answers: dict[int, list[AnswerRecord]] = {}
        for event in step.events:
            stream = event.frame.tick.stream_id
            if isinstance(event, Decided) and event.instruction_id:
                states.setdefault(stream, []).append(_state(event))
            elif isinstance(event, Answered) and event.finish is not Finish.ERROR:
                answers.setdefault(stream, []).append(self._answer(event))
        here = step.frame.tick.stream_id if step.frame is not None else 0
        # Ends of an earlier stream come with the first frame of a new one, and go before it.
        for stream in sorted({*states, *answers, *([here] if here else [])}):
            self._put(
                stream,
                _frame(step) if stream == here else None,
                states.get(stream, []),
                answers.get(stream, []),
            )

    def _put(
        self,
        stream: int,
        frame: FrameRecord | None,
        states: list[StateRecord],
        answers: list[AnswerRecord],
    ) -> None:
        keys = {record.instruction_id for record in states} | {
            record.instruction_id for record in answers
        }
        texts = tuple((key, self._texts[key]) for key in sorted(keys) if key in self._texts)
        self._writer.put(
            MemoryRecord(
                (self._session, stream),
                self._model_id(),
                frame,
                tuple(states),
                tuple(answers),
                texts,
            )
        )

    def _answer(self, event: Answered) -> AnswerRecord:
        return AnswerRecord(
            event.frame.stamp,
            event.event_start,
            event.instruction_id,
            self._texts.get(event.instruction_id, ''),
            event.text,
            event.probability,
        )


def _state(event: Decided) -> StateRecord:
    return StateRecord(
        event.frame.stamp, event.instruction_id, event.state, event.probabilities[2]
    )


def _frame(step: Step) -> FrameRecord:
    assert step.frame is not None
    vector = step.vision.vector if step.vision is not None else None
    return FrameRecord(step.frame.stamp, step.frame.image, vector, step.sightings)
