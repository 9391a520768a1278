# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The action `~/watch`: an instruction that belongs to a goal, and ends with it.

A goal waits for a future that the worker's thread resolves, so any number of goals costs the
executor nothing.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from rclpy.action import ActionServer
from rclpy.action import CancelResponse
from rclpy.action import GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.task import Future

from streamo_ros.action import Watch
from streamo_ros.core.instruction import InstructionError
from streamo_ros.core.instruction import InstructionSource
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.core.sink import Totals
from streamo_ros.messages import nanoseconds
from streamo_ros.msg import FrameState
from streamo_ros.msg import Response
from streamo_ros.msg import ResponseDelta
from streamo_ros.node.resources import NodeResources

Result = Watch.Result
_CANCELED_BY_CLIENT = 'the client canceled the goal'


@dataclass
class WatchGoal:
    """A goal in progress. Outcome and message are set once, before `done`."""

    handle: Any
    needed: int
    done: Future = field(default_factory=Future)
    responses: list[Response] = field(default_factory=list)
    feedback: Watch.Feedback = field(default_factory=Watch.Feedback)
    outcome: int = Result.OUTCOME_UNKNOWN
    message: str = ''
    remark: str = ''

    def update(self, message: FrameState | Response | ResponseDelta) -> None:
        """Take in a message about its instruction."""
        if isinstance(message, FrameState):
            self.feedback.frame_state = message
        elif isinstance(message, ResponseDelta):
            before = '' if message.index == 0 else self.feedback.partial_text
            self.feedback.partial_text = before + message.text
        else:
            self.responses.append(message)
            self.feedback.partial_text = ''


class WatchAction(Sink):
    """Serves the action; the sink of its goals.

    Args:
        node: where the server is created.
        active: gives the node's resources while it is active, else None.
        changed: called after a change of the instructions.
    """

    def __init__(
        self,
        node: Node,
        active: Callable[[], NodeResources | None],
        changed: Callable[[], None],
    ) -> None:
        self._node = node
        self._active = active
        self._changed = changed
        self._goals: dict[int, WatchGoal] = {}
        self._lock = threading.Lock()
        self._server = ActionServer(
            node,
            Watch,
            '~/watch',
            self._execute,
            callback_group=ReentrantCallbackGroup(),
            goal_callback=self._on_goal,
            cancel_callback=self._on_cancel,
        )

    def take(self, step: Step) -> None:
        """Give goals their feedback, and end those that are reached; in the worker's thread."""
        # A goal is entered under the lock together with its instruction: none is missed here.
        with self._lock:
            goals = dict(self._goals)
        resources = self._active()
        if not goals or resources is None or not self._node.context.ok():
            return
        updated = {}
        for message in resources.messages.of(step):
            goal = goals.get(message.instruction_id) if message is not None else None
            if goal is not None:
                goal.update(message)
                updated[message.instruction_id] = goal
        for key, goal in updated.items():
            goal.handle.publish_feedback(goal.feedback)
            if len(goal.responses) >= goal.needed:
                self._complete(key, goal)

    def destroy(self) -> None:
        """Destroy the action server."""
        self._server.destroy()

    def close(self, totals: Totals) -> None:  # noqa: ARG002
        """End every goal: the node is being deactivated."""
        for key in list(self._goals):
            self._end(key, Result.OUTCOME_DEACTIVATED, 'the node was deactivated')

    def cancel(self, instruction_ids: Iterable[int], reason: str) -> None:
        """End the goals of instructions that somebody else than the goal's client canceled."""
        for key in instruction_ids:
            self._end(key, Result.OUTCOME_CANCELED, reason)

    def _on_goal(self, _: Watch.Goal) -> GoalResponse:
        if self._active() is None:
            self._node.get_logger().warning('a goal of ~/watch is rejected: the node is inactive')
            return GoalResponse.REJECT
        return GoalResponse.ACCEPT

    def _on_cancel(self, handle: Any) -> CancelResponse:
        for key, goal in list(self._goals.items()):
            if goal.handle.goal_id == handle.goal_id:
                self._end(key, Result.OUTCOME_CANCELED, _CANCELED_BY_CLIENT)
        return CancelResponse.ACCEPT

    async def _execute(self, handle: Any) -> Watch.Result:
        request, resources = handle.request, self._active()
        goal = WatchGoal(handle, request.max_responses or 1)
        if resources is None:
            return self._refuse(goal, 'the node was deactivated')
        try:
            with self._lock:
                instruction = resources.book.add(
                    request.text,
                    source=InstructionSource.ACTION,
                    max_responses=goal.needed,
                    cooldown=nanoseconds(request.cooldown),
                    backfill=nanoseconds(request.backfill),
                )
                goal.remark = resources.book.remark(instruction.text)
                self._goals[instruction.id] = goal
        except InstructionError as error:
            return self._refuse(goal, str(error))
        self._changed()
        timer = self._timer(instruction.id, nanoseconds(request.timeout))
        try:
            if handle.is_cancel_requested:
                self._end(instruction.id, Result.OUTCOME_CANCELED, _CANCELED_BY_CLIENT)
            await goal.done
        finally:
            if timer is not None:
                self._node.destroy_timer(timer)
        return self._result(goal)

    def _timer(self, key: int, timeout: int) -> Any:
        """A timer of the node's clock that ends the goal; None without a timeout."""
        if timeout <= 0:
            return None
        return self._node.create_timer(
            timeout / 1e9,
            lambda: self._end(key, Result.OUTCOME_TIMEOUT, f'not seen within {timeout / 1e9:g} s'),
        )

    def _complete(self, key: int, goal: WatchGoal) -> None:
        reasons = {response.finish_reason for response in goal.responses}
        if Response.FINISH_ERROR in reasons:
            self._end(key, Result.OUTCOME_ERROR, 'the model failed while it answered')
        else:
            self._end(key, Result.OUTCOME_COMPLETED, goal.remark)

    def _end(self, key: int, outcome: int, message: str) -> None:
        """End a goal once, in whichever thread comes first, and its instruction with it."""
        with self._lock:
            goal = self._goals.pop(key, None)
        if goal is None:
            return
        goal.outcome, goal.message = outcome, message
        resources = self._active()
        if resources is not None and resources.book.get(key) is not None:
            # It may end by itself in the meantime.
            with contextlib.suppress(InstructionError):
                resources.book.cancel(key)
            self._changed()
        goal.done.set_result(None)
        if self._node.executor is not None:
            self._node.executor.wake()

    def _refuse(self, goal: WatchGoal, reason: str) -> Watch.Result:
        goal.outcome, goal.message = Result.OUTCOME_ERROR, reason
        return self._result(goal)

    def _result(self, goal: WatchGoal) -> Watch.Result:
        if goal.outcome == Result.OUTCOME_COMPLETED:
            goal.handle.succeed()
        elif goal.handle.is_cancel_requested:
            goal.handle.canceled()
        else:
            goal.handle.abort()
        return Watch.Result(outcome=goal.outcome, message=goal.message, responses=goal.responses)
