# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The sink of the graph: events become messages, in the thread in which they happen.

Knows topics and their QoS, and when there is nobody to publish to; decides nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Sequence
from typing import TypeAlias

from rclpy.qos import QoSDurabilityPolicy
from rclpy.qos import QoSProfile

from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.events import Event
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.msg import FrameState
from streamo_ros.msg import InstructionArray
from streamo_ros.msg import ModelInfo
from streamo_ros.msg import Response
from streamo_ros.msg import ResponseDelta
from streamo_ros.node.lifecycle import AwaitableLifecycleNode
from streamo_ros.node.message_types import MESSAGES

LATCHED = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
_MOST_DECISIONS = 64

Message: TypeAlias = 'FrameState | Response | ResponseDelta'


class EventPublisher:
    """Publishes what the assistant reports.

    The first three are managed publishers, silent unless the node is active; what is latched is
    published in every state and so is made with plain ones.

    Args:
        node: where the publishers are made.
        model_id: gives what is written into every answer.

    Attributes:
        counts: gives (received, dropped) since activation.
        deltas: whether pieces of answers are published at all.
    """

    def __init__(self, node: AwaitableLifecycleNode, model_id: Callable[[], str]) -> None:
        self._node = node
        self._model_id = model_id
        self.counts: Callable[[], tuple[int, int]] = lambda: (0, 0)
        self.deltas = True
        managed = node.create_lifecycle_publisher
        self._states = managed(FrameState, '~/frame_state', 10)
        self._responses = managed(Response, '~/response', 10)
        self._deltas = managed(ResponseDelta, '~/response_delta', 50)
        self._instructions = node.create_publisher(InstructionArray, '~/instructions', LATCHED)
        self._model_info = node.create_publisher(ModelInfo, '~/model_info', LATCHED)
        self._decided_at: dict[int, float] = {}

    def close(self) -> None:
        """Let all topics go."""
        for managed in (self._states, self._responses, self._deltas):
            self._node.destroy_lifecycle_publisher(managed)
        for plain in (self._instructions, self._model_info):
            self._node.destroy_publisher(plain)

    def report(self, events: Sequence[Event]) -> list[Message]:
        """Publish events; returns their messages, in order."""
        return [self._publish(event) for event in events]

    def instructions(self, book: InstructionBook) -> None:
        """Publish what is being watched for."""
        standing = sorted(book.standing(), key=lambda one: one.id)
        self._instructions.publish(MESSAGES.instructions(standing, self._now()))

    def model_info(self, info: BackboneInfo, rate: float, parameters: str) -> None:
        """Publish the identity of the model."""
        self._model_info.publish(MESSAGES.model_info(info, self._now(), rate, parameters))

    def _publish(self, event: Event) -> Message:
        message: Message
        if isinstance(event, Decided):
            message = self._state(event)
            self._states.publish(message)
        elif isinstance(event, Answered):
            message = self._response(event)
            self._responses.publish(message)
        else:
            message = MESSAGES.response_delta(event)
            if self.deltas and self._deltas.get_subscription_count():
                self._deltas.publish(message)
        return message

    def _state(self, event: Decided) -> FrameState:
        latency = time.perf_counter() - event.frame.received
        if event.response_id:
            self._decided_at[event.response_id] = latency
            while len(self._decided_at) > _MOST_DECISIONS:
                self._decided_at.pop(next(iter(self._decided_at)))
        return MESSAGES.frame_state(event, *self.counts(), latency)

    def _response(self, event: Answered) -> Response:
        waited = self._decided_at.pop(event.response_id, 0.0)
        return MESSAGES.response(event, self._model_id(), waited)

    def _now(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)
