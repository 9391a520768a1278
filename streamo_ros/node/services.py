# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The services: set and cancel an instruction, forget the stream. All answer at once.

Knows requests and replies; the book decides what is refused and why.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

from rclpy.node import Node
from rclpy.qos import QoSProfile
from std_srvs.srv import Trigger

from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.instruction import InstructionError
from streamo_ros.core.instruction import InstructionSource
from streamo_ros.messages import nanoseconds
from streamo_ros.srv import CancelInstruction
from streamo_ros.srv import SetInstruction

_NOBODY = 'the node is not configured: configure it first'


class InstructionServices:
    """`~/set_instruction`, `~/cancel_instruction` and `~/reset`.

    Args:
        node: where they are made.
        book: gives the book, None while the node is unconfigured.
        changed: called after a change of the book, before the reply.
        canceled: told which instructions were cancelled or replaced.
        forget: forgets the stream; called by `~/reset`.
    """

    def __init__(
        self,
        node: Node,
        book: Callable[[], InstructionBook | None],
        changed: Callable[[], None],
        canceled: Callable[[Sequence[int]], None],
        forget: Callable[[], None],
    ) -> None:
        self._book = book
        self._changed = changed
        self._canceled = canceled
        self._forget = forget
        # The default keeps ten requests and loses the others of a burst without a word.
        patient = QoSProfile(depth=100)
        for kind, name, callback in (
            (SetInstruction, '~/set_instruction', self._set),
            (CancelInstruction, '~/cancel_instruction', self._cancel),
            (Trigger, '~/reset', self._reset),
        ):
            node.create_service(kind, name, callback, qos_profile=patient)

    def _set(
        self, request: SetInstruction.Request, reply: SetInstruction.Response
    ) -> SetInstruction.Response:
        book = self._book()
        if book is None:
            reply.message = _NOBODY
            return reply
        try:
            instruction = book.add(
                request.text,
                source=InstructionSource.SERVICE,
                max_responses=request.max_responses,
                cooldown=nanoseconds(request.cooldown),
                lifetime=nanoseconds(request.lifetime),
                backfill=nanoseconds(request.backfill),
                replace_id=request.replace_id,
            )
        except InstructionError as error:
            reply.message = str(error)
            return reply
        reply.success, reply.instruction_id = True, instruction.id
        self._canceled([request.replace_id])
        self._changed()
        return reply

    def _cancel(
        self, request: CancelInstruction.Request, reply: CancelInstruction.Response
    ) -> CancelInstruction.Response:
        book = self._book()
        if book is None:
            reply.message = _NOBODY
            return reply
        try:
            reply.canceled_ids = book.cancel(request.instruction_id)
        except InstructionError as error:
            reply.message = str(error)
            return reply
        reply.success = True
        self._canceled(list(reply.canceled_ids))
        self._changed()
        return reply

    def _reset(self, _: Trigger.Request, reply: Trigger.Response) -> Trigger.Response:
        if self._book() is None:
            reply.message = _NOBODY
            return reply
        self._forget()
        reply.success = True
        return reply
