# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rows: what happened, as flat records that log, report, live view and golden files share.

A row is made of an event, or of a node's message; the event log writes and reads them as JSON.
Times named stamp, since, event_start and event_end are nanoseconds of capture time, all others
seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any
from typing import ClassVar
from typing import TypeAlias

from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Reason
from streamo_ros.core.protocol import Kind
from streamo_ros.core.protocol import State
from streamo_ros.core.sink import Step
from streamo_ros.core.speech import Finish
from streamo_ros.messages import nanoseconds
from streamo_ros.report.run_rows import DeltaRow
from streamo_ros.report.run_rows import EndRow
from streamo_ros.report.run_rows import HeldBackRow
from streamo_ros.report.run_rows import InstructionRow
from streamo_ros.report.run_rows import StreamRow
from streamo_ros.report.sighting_row import SightingRow

Probabilities: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision about one frame for one instruction.

    Attributes:
        stamp: capture time of the frame.
        instruction_id: 0 when no instruction was active.
        state: 'SILENCE', 'STANDBY', 'RESPONSE' or 'UNKNOWN'.
        probabilities: of Silence, Standby and Response, before thresholds; None when unknown.
        reason: why the state is unknown; '' when it is not.
        response_id: the answer that begins here; 0 = none.
        stream_id: which stream; a jump back in time begins a new one.
        frame_index: sampled frames before it in the stream.
        received: frames received so far.
        dropped: sampled frames so far that could not be decided.
        context_tokens: tokens in the instruction's context.
        encode_time: of the vision pass; 0 when it was done for another decision.
        extend_time: of the language model's pass.
        latency: from reception to decision.
        seconds: capture time since the stream's first frame; a message does not tell.
        tag: the frame's time tag as the model saw it; a message does not tell.
        flaw: what is wrong with the frame, in one sentence; a message does not tell.
        log_odds: of Response, less their mean of the instruction's first minute; None in that
            minute, and when unknown; a message does not tell.
    """

    kind: ClassVar[str] = 'decision'
    stamp: int
    instruction_id: int
    state: str
    probabilities: Probabilities | None = None
    reason: str = ''
    response_id: int = 0
    stream_id: int = 1
    frame_index: int = 0
    received: int = 0
    dropped: int = 0
    context_tokens: int = 0
    encode_time: float = 0.0
    extend_time: float = 0.0
    latency: float = 0.0
    seconds: float = 0.0
    tag: str = ''
    flaw: str = ''
    log_odds: float | None = None

    @classmethod
    def from_event(cls, event: Decided, step: Step) -> DecisionRow:
        """Of an event of a step."""
        frame = event.frame
        return cls(
            stamp=frame.stamp,
            instruction_id=event.instruction_id,
            state=event.state.name,
            probabilities=_finite(event.probabilities),
            reason=_reason(event.reason),
            response_id=event.response_id,
            stream_id=frame.tick.stream_id,
            frame_index=frame.tick.index,
            received=step.received,
            dropped=step.dropped,
            context_tokens=event.context_tokens,
            encode_time=round(event.encode_time, 6),
            extend_time=round(event.extend_time, 6),
            latency=round(step.latency(frame), 6),
            seconds=round(step.seconds(frame), 6),
            tag=event.tag,
            flaw=frame.flaw,
            log_odds=round(event.log_odds, 4) if math.isfinite(event.log_odds) else None,
        )

    @classmethod
    def from_message(cls, message: Any) -> DecisionRow:
        """Of a FrameState, of whatever message class."""
        return cls(
            stamp=nanoseconds(message.header.stamp),
            instruction_id=message.instruction_id,
            state=State(message.state).name,
            probabilities=_finite(
                (
                    message.silence_probability,
                    message.standby_probability,
                    message.response_probability,
                )
            ),
            reason=_reason(Reason(message.unknown_reason)),
            response_id=message.response_id,
            stream_id=message.stream_id,
            frame_index=message.frame_index,
            received=message.received_frames,
            dropped=message.dropped_frames,
            context_tokens=message.context_tokens,
            encode_time=round(message.encode_time, 6),
            extend_time=round(message.extend_time, 6),
            latency=round(message.latency, 6),
        )


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """A complete answer.

    Attributes:
        stamp: capture time of the frame whose decision was Response.
        event_start: capture time at which the event began.
        event_end: capture time of the frame.
        finish: why the answer ended: 'STOP', 'LENGTH', 'CANCELED' or 'ERROR'.
        probability: of Response at the decision; None when unknown.
        first_token_time: until the first token.
        generation_time: from the first token to the last.
        stream_id: which stream; 0 = that of the row before.
        seconds: capture time since the stream's first frame; a message does not tell.
        episode_id: the same for answers about one event; 0 = unknown.
        answer_kind: 'ANSWER', 'OBSERVATION', 'SUMMARY' or 'DELEGATION'.
    """

    kind: ClassVar[str] = 'response'
    stamp: int
    instruction_id: int
    response_id: int
    text: str
    event_start: int = 0
    event_end: int = 0
    finish: str = Finish.UNKNOWN.name
    token_count: int = 0
    probability: float | None = None
    first_token_time: float = 0.0
    generation_time: float = 0.0
    stream_id: int = 0
    seconds: float = 0.0
    episode_id: int = 0
    answer_kind: str = Kind.ANSWER.name

    @classmethod
    def from_event(cls, event: Answered, step: Step) -> ResponseRow:
        """Of an event of a step."""
        frame = event.frame
        return cls(
            stamp=frame.stamp,
            instruction_id=event.instruction_id,
            response_id=event.response_id,
            text=event.text,
            event_start=event.event_start,
            event_end=event.event_end,
            finish=event.finish.name,
            token_count=event.token_count,
            probability=_finite_or_none(event.probability),
            first_token_time=round(event.first_token_time, 6),
            generation_time=round(event.generation_time, 6),
            stream_id=frame.tick.stream_id,
            seconds=round(step.seconds(frame), 6),
            episode_id=event.episode_id,
            answer_kind=event.kind.name,
        )

    @classmethod
    def from_message(cls, message: Any) -> ResponseRow:
        """Of a Response, of whatever message class."""
        return cls(
            stamp=nanoseconds(message.header.stamp),
            instruction_id=message.instruction_id,
            response_id=message.response_id,
            text=message.text,
            event_start=nanoseconds(message.event_start),
            event_end=nanoseconds(message.event_end),
            finish=Finish(message.finish_reason).name,
            token_count=message.token_count,
            probability=_finite_or_none(message.probability),
            first_token_time=round(message.first_token_time, 6),
            generation_time=round(message.generation_time, 6),
            stream_id=message.stream_id,
            # Bags of earlier versions do not have these.
            episode_id=getattr(message, 'episode_id', 0),
            answer_kind=Kind(getattr(message, 'kind', Kind.ANSWER)).name,
        )


Row: TypeAlias = (
    StreamRow
    | InstructionRow
    | DecisionRow
    | ResponseRow
    | HeldBackRow
    | SightingRow
    | DeltaRow
    | EndRow
)


def _finite(probabilities: Probabilities) -> Probabilities | None:
    if not all(map(math.isfinite, probabilities)):
        return None
    silence, standby, response = probabilities
    return round(silence, 6), round(standby, 6), round(response, 6)


def _finite_or_none(probability: float) -> float | None:
    return round(probability, 6) if math.isfinite(probability) else None


def _reason(reason: Reason) -> str:
    return reason.name if reason else ''
