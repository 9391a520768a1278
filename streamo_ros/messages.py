# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Converts events to messages: the one place where a field of an event becomes one of a message.

The message classes are the caller's: those of `rosbags` in a replay, those of rclpy in the node.
Both take fields as keywords.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.events import Event
from streamo_ros.core.events import HeldBack
from streamo_ros.core.events import Spoke
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SECOND
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.sink import Step
from streamo_ros.version import version

FRAME_STATE = 'streamo_ros/msg/FrameState'
RESPONSE = 'streamo_ros/msg/Response'
RESPONSE_DELTA = 'streamo_ros/msg/ResponseDelta'
INSTRUCTION = 'streamo_ros/msg/Instruction'
INSTRUCTIONS = 'streamo_ros/msg/InstructionArray'
MODEL_INFO = 'streamo_ros/msg/ModelInfo'


_PENDING = 64
"""Most answers whose decision is remembered until they are complete."""


def nanoseconds(time: Any) -> int:
    """A Time or Duration message in nanoseconds."""
    return int(time.sec) * SECOND + int(time.nanosec)


class Messages:
    """Makes messages of one set of message classes.

    Args:
        types: message classes by name, e.g. 'streamo_ros/msg/FrameState'.
    """

    def __init__(self, types: Mapping[str, Any]) -> None:
        self._types = types

    def time(self, nanoseconds: int) -> Any:
        """builtin_interfaces/Time."""
        sec, nanosec = divmod(nanoseconds, SECOND)
        return self._types['builtin_interfaces/msg/Time'](sec=sec, nanosec=nanosec)

    def duration(self, nanoseconds: int) -> Any:
        """builtin_interfaces/Duration."""
        sec, nanosec = divmod(nanoseconds, SECOND)
        return self._types['builtin_interfaces/msg/Duration'](sec=sec, nanosec=nanosec)

    def header(self, stamp: int, frame_id: str = '') -> Any:
        """std_msgs/Header; stamp in nanoseconds."""
        return self._types['std_msgs/msg/Header'](stamp=self.time(stamp), frame_id=frame_id)

    def frame_state(
        self, event: Decided, received: int = 0, dropped: int = 0, latency: float = 0.0
    ) -> Any:
        """FrameState.

        Args:
            event: the decision.
            received: frames received since activation.
            dropped: sampled frames that could not be decided.
            latency: seconds from reception to publication, steady clock.
        """
        silence, standby, response = event.probabilities
        return self._types[FRAME_STATE](
            header=self._header_of(event.frame),
            state=int(event.state),
            unknown_reason=int(event.reason),
            silence_probability=silence,
            standby_probability=standby,
            response_probability=response,
            instruction_id=event.instruction_id,
            response_id=event.response_id,
            stream_id=event.frame.tick.stream_id,
            frame_index=event.frame.tick.index,
            time_origin=self.time(event.time_origin),
            received_frames=received,
            dropped_frames=dropped,
            context_tokens=event.context_tokens,
            encode_time=event.encode_time,
            extend_time=event.extend_time,
            latency=latency,
        )

    def response(self, event: Answered, model_id: str, waited: float = 0.0) -> Any:
        """Response.

        Args:
            event: the answer.
            model_id: who gave it.
            waited: seconds from the reception of its frame to its decision.
        """
        return self._types[RESPONSE](
            header=self._header_of(event.frame),
            instruction_id=event.instruction_id,
            response_id=event.response_id,
            stream_id=event.frame.tick.stream_id,
            frame_index=event.frame.tick.index,
            text=event.text,
            event_start=self.time(event.event_start),
            event_end=self.time(event.event_end),
            time_origin=self.time(event.time_origin),
            finish_reason=int(event.finish),
            token_count=event.token_count,
            probability=event.probability,
            first_token_time=waited + event.first_token_time,
            generation_time=event.generation_time,
            model_id=model_id,
            episode_id=event.episode_id,
            kind=int(event.kind),
        )

    def response_delta(self, event: Spoke) -> Any:
        """ResponseDelta."""
        return self._types[RESPONSE_DELTA](
            header=self._header_of(event.frame),
            instruction_id=event.instruction_id,
            response_id=event.response_id,
            index=event.index,
            text=event.text,
            is_final=event.is_final,
        )

    def instruction(self, instruction: Instruction) -> Any:
        """Instruction."""
        return self._types[INSTRUCTION](
            id=instruction.id,
            text=instruction.text,
            stamp=self.time(instruction.stamp),
            source=int(instruction.source),
            max_responses=instruction.max_responses,
            cooldown=self.duration(instruction.cooldown),
            lifetime=self.duration(instruction.lifetime),
            backfill=self.duration(instruction.backfill),
            response_count=instruction.response_count,
        )

    def instructions(self, instructions: Sequence[Instruction], stamp: int) -> Any:
        """InstructionArray; stamp of the change, nanoseconds."""
        return self._types[INSTRUCTIONS](
            header=self.header(stamp),
            instructions=[self.instruction(instruction) for instruction in instructions],
        )

    def model_info(self, info: BackboneInfo, stamp: int, rate: float, parameters: str = '') -> Any:
        """ModelInfo.

        Args:
            info: identity and sizes.
            stamp: when the model became active, nanoseconds.
            rate: sampled frames per second of capture time.
            parameters: all parameters in effect, YAML.
        """
        return self._types[MODEL_INFO](
            header=self.header(stamp),
            model_id=info.model_id,
            model=info.model,
            architecture=info.architecture,
            protocol=info.protocol,
            dtype=info.dtype,
            device=info.device,
            vision_backend=info.vision_backend,
            vision_backend_version=info.vision_backend_version,
            package_version=version(),
            image_width=info.image_size[0],
            image_height=info.image_size[1],
            tokens_per_frame=info.tokens_per_frame,
            context_capacity=info.context_capacity,
            sampling_rate=rate,
            parameters=parameters,
        )

    def _header_of(self, frame: Frame) -> Any:
        return self.header(frame.stamp, frame.frame_id)


class StepMessages:
    """The messages of steps; each is made once, however many sinks ask for it.

    Args:
        messages: makes them.
        model_id: gives the identity that is written into every answer.
    """

    def __init__(self, messages: Messages, model_id: Callable[[], str]) -> None:
        self._messages = messages
        self._model_id = model_id
        self._waited: dict[int, float] = {}
        self._events: tuple[Event, ...] = ()
        self._made: list[Any] = []

    def of(self, step: Step) -> Sequence[Any]:
        """FrameState, ResponseDelta, Response or None (held back), one for each event."""
        # The events, not the step: that one would keep an image in memory.
        if step.events is not self._events:
            self._made = [self._message(event, step) for event in step.events]
            self._events = step.events
        return self._made

    def _message(self, event: Event, step: Step) -> Any:
        match event:
            case Decided():
                return self._frame_state(event, step)
            case Answered():
                waited = self._waited.pop(event.response_id, 0.0)
                return self._messages.response(event, self._model_id(), waited)
            case Spoke():
                return self._messages.response_delta(event)
            case HeldBack():
                return None

    def _frame_state(self, event: Decided, step: Step) -> Any:
        latency = step.latency(event.frame)
        if event.response_id:
            self._waited[event.response_id] = latency
            while len(self._waited) > _PENDING:
                self._waited.pop(next(iter(self._waited)))
        return self._messages.frame_state(event, step.received, step.dropped, latency)
