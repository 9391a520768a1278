# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The services `~/set_instruction`, `~/cancel_instruction` and `~/reset`; all reply at once."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile
from std_srvs.srv import Trigger

from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.instruction import InstructionError
from streamo_ros.core.instruction import InstructionSource
from streamo_ros.messages import nanoseconds
from streamo_ros.srv import CancelInstruction
from streamo_ros.srv import SetInstruction


@dataclass(frozen=True)
class ServiceCallbacks:
    """What the services act on.

    Attributes:
        book: gives the instructions; None while the node is unconfigured.
        changed: called after a change of the book, before the reply.
        canceled: called with the ids of instructions that were canceled or replaced.
        forget: forgets the stream.
        is_shut_down: whether the node is finalized, and can never be configured again.
    """

    book: Callable[[], InstructionBook | None]
    changed: Callable[[], None]
    canceled: Callable[[Sequence[int]], None]
    forget: Callable[[], None]
    is_shut_down: Callable[[], bool]

    def set(self, book: InstructionBook, request: Any, reply: Any) -> None:
        """Add or replace an instruction."""
        instruction = book.add(
            request.text,
            source=InstructionSource.SERVICE,
            max_responses=request.max_responses,
            cooldown=nanoseconds(request.cooldown),
            lifetime=nanoseconds(request.lifetime),
            backfill=nanoseconds(request.backfill),
            replace_id=request.replace_id,
        )
        reply.instruction_id = instruction.id
        reply.message = book.remark(instruction.text)
        self.canceled([request.replace_id])
        self.changed()

    def cancel(self, book: InstructionBook, request: Any, reply: Any) -> None:
        """Cancel one instruction, or all."""
        reply.canceled_ids = book.cancel(request.instruction_id)
        self.canceled(list(reply.canceled_ids))
        self.changed()

    def reset(self, _book: InstructionBook, _request: Any, _reply: Any) -> None:
        """Forget the stream."""
        self.forget()


def create_services(node: Node, callbacks: ServiceCallbacks) -> None:
    """Create the services on a node."""
    # The default depth of ten loses the other requests of a burst unnoticed.
    deep = QoSProfile(depth=100)
    for kind, name, act in (
        (SetInstruction, '~/set_instruction', callbacks.set),
        (CancelInstruction, '~/cancel_instruction', callbacks.cancel),
        (Trigger, '~/reset', callbacks.reset),
    ):
        node.create_service(kind, name, _replying(callbacks, act), qos_profile=deep)


def _replying(
    callbacks: ServiceCallbacks,
    act: Callable[[InstructionBook, Any, Any], None],
) -> Callable[[Any, Any], Any]:
    """A service callback: success, or the reason why not."""

    def callback(request: Any, reply: Any) -> Any:
        current = callbacks.book()
        if current is None:
            reply.message = 'the node is not configured: configure it first'
            if callbacks.is_shut_down():
                reply.message = 'the node is shut down for good: start it again'
            return reply
        try:
            act(current, request, reply)
            reply.success = True
        except InstructionError as error:
            reply.message = str(error)
        return reply

    return callback
