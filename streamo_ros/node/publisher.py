# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes events on the node's topics, in the thread in which they happen."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.qos import QoSDurabilityPolicy
from rclpy.qos import QoSProfile

from streamo_ros.config.settings import sampling_rate
from streamo_ros.config.settings import Values
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.events import Spoke
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.messages import StepMessages
from streamo_ros.msg import FrameState
from streamo_ros.msg import InstructionArray
from streamo_ros.msg import ModelInfo
from streamo_ros.msg import Response
from streamo_ros.msg import ResponseDelta
from streamo_ros.node.lifecycle import AwaitableLifecycleNode
from streamo_ros.node.message_types import MESSAGES

LATCHED = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)


class EventPublisher(Sink):
    """Publishes what the assistant reports, and who it is.

    The first three publishers are managed, so they are silent unless the node is active. Latched
    topics are published in every state and so have plain publishers.

    Args:
        node: where the publishers are created.
        messages: converts events.
        info: gives the identity of the model.
        values: the parameters, also as they change.
    """

    def __init__(
        self,
        node: AwaitableLifecycleNode,
        messages: StepMessages,
        info: Callable[[], BackboneInfo],
        values: Values,
    ) -> None:
        self._node = node
        self._messages = messages
        self._info = info
        self._values = values
        self._published: BackboneInfo | None = None
        managed = node.create_lifecycle_publisher
        self._states = managed(FrameState, '~/frame_state', 10)
        self._responses = managed(Response, '~/response', 10)
        self._deltas = managed(ResponseDelta, '~/response_delta', 50)
        self._instructions = node.create_publisher(InstructionArray, '~/instructions', LATCHED)
        self._model_info = node.create_publisher(ModelInfo, '~/model_info', LATCHED)

    def destroy(self) -> None:
        """Destroy the publishers."""
        for managed in (self._states, self._responses, self._deltas):
            self._node.destroy_lifecycle_publisher(managed)
        for plain in (self._instructions, self._model_info):
            self._node.destroy_publisher(plain)

    def take(self, step: Step) -> None:
        """Publish a step; in the worker's thread."""
        if not self._node.context.ok():
            return
        for event, message in zip(step.events, self._messages.of(step), strict=True):
            if isinstance(event, Decided):
                self._states.publish(message)
            elif isinstance(event, Answered):
                self._responses.publish(message)
            elif isinstance(event, Spoke) and self._wants_deltas():
                self._deltas.publish(message)
        # The first frame sets the image size; a vision engine may take over between two frames.
        if self._info() != self._published:
            self.model_info()

    def instructions(self, book: InstructionBook) -> None:
        """Publish the active instructions."""
        if self._node.context.ok():
            active = sorted(book.active(), key=lambda instruction: instruction.id)
            self._instructions.publish(MESSAGES.instructions(active, self._now()))

    def model_info(self) -> None:
        """Publish the identity of the model and the parameters in effect."""
        info = self._published = self._info()
        rate = sampling_rate(self._values, info)
        self._model_info.publish(MESSAGES.model_info(info, self._now(), rate, self._values.yaml()))

    def _wants_deltas(self) -> bool:
        if not self._values.flag('publish.response_delta'):
            return False
        return bool(self._deltas.get_subscription_count())

    def _now(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)
