# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lifecycle transitions as coroutines, so that no other callback waits for them.

rclpy runs a transition inside the service call: `get_state` waits for the whole configure, an
illegal or second request raises out of `spin()`, and what a transition raises vanishes unlogged.
Here a transition is a coroutine of the executor, an illegal request is refused, and a failure is
logged.
"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable
from collections.abc import Callable
from typing import Any

from lifecycle_msgs.msg import State
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy
from rclpy.lifecycle import LifecycleNodeMixin
from rclpy.lifecycle import LifecycleState
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.node import Node

SUCCESS = TransitionCallbackReturn.SUCCESS
FAILURE = TransitionCallbackReturn.FAILURE
ERROR = TransitionCallbackReturn.ERROR

_SHUTDOWN = {
    State.PRIMARY_STATE_UNCONFIGURED: Transition.TRANSITION_UNCONFIGURED_SHUTDOWN,
    State.PRIMARY_STATE_INACTIVE: Transition.TRANSITION_INACTIVE_SHUTDOWN,
    State.PRIMARY_STATE_ACTIVE: Transition.TRANSITION_ACTIVE_SHUTDOWN,
}

Step = Callable[[], Awaitable[TransitionCallbackReturn]]


class AwaitableLifecycleNode(LifecycleNodeMixin, Node):
    """A managed node whose steps `configure`, `activate`, ... are coroutines.

    A subclass overrides the steps; they run in the executor's thread and may await futures. Use
    `change_state`, never rclpy's `trigger_...`, which skip the steps.
    """

    def __init__(self, name: str, **options: Any) -> None:
        Node.__init__(self, name, **options)
        LifecycleNodeMixin.__init__(self, callback_group=ReentrantCallbackGroup())
        self._changing = False
        self._steps: dict[int, Step] = {
            State.TRANSITION_STATE_CONFIGURING: self.configure,
            State.TRANSITION_STATE_ACTIVATING: self.activate,
            State.TRANSITION_STATE_DEACTIVATING: self.deactivate,
            State.TRANSITION_STATE_CLEANINGUP: self.cleanup,
            State.TRANSITION_STATE_SHUTTINGDOWN: self.shut_down,
            State.TRANSITION_STATE_ERRORPROCESSING: self.recover,
        }
        # Found by type, because rclpy's name for it is private.
        service = next(service for service in self.services if service.srv_type is ChangeState)
        service.callback = self._on_change_state

    @property
    def state(self) -> LifecycleState:
        """The current state: id and label."""
        number, label = self._state_machine.current_state
        return LifecycleState(label=label, state_id=number)

    def destroy_node(self) -> None:
        """Destroy the node and the state machine, which rclpy forgets and which keeps it alive."""
        Node.destroy_node(self)
        self._state_machine.destroy_when_not_in_use()

    async def configure(self) -> TransitionCallbackReturn:
        """From unconfigured to inactive."""
        return SUCCESS

    async def activate(self) -> TransitionCallbackReturn:
        """From inactive to active."""
        return SUCCESS

    async def deactivate(self) -> TransitionCallbackReturn:
        """From active to inactive."""
        return SUCCESS

    async def cleanup(self) -> TransitionCallbackReturn:
        """From inactive to unconfigured."""
        return SUCCESS

    async def shut_down(self) -> TransitionCallbackReturn:
        """From any state to finalized."""
        return SUCCESS

    async def recover(self) -> TransitionCallbackReturn:
        """After an error: SUCCESS = unconfigured again, otherwise finalized."""
        return SUCCESS

    async def change_state(self, transition: int) -> bool:
        """Make a transition.

        Args:
            transition: one of `lifecycle_msgs/Transition`; shutdown from any primary state.

        Returns:
            Whether it succeeded; False also when it is illegal in this state, or while another
            transition is in progress.
        """
        if transition in _SHUTDOWN.values():
            transition = _SHUTDOWN.get(self.state.state_id, transition)
        if self._changing:
            self.get_logger().warning('another transition is in progress: wait for its end')
            return False
        self._changing = True
        try:
            return await self._change(transition)
        finally:
            self._changing = False

    async def _change(self, transition: int) -> bool:
        try:
            self._state_machine.trigger_transition_by_id(transition, True)
        except _rclpy.RCLError:
            possible = ', '.join(
                label for _, label, *_ in self._state_machine.available_transitions
            )
            self.get_logger().warning(
                f'transition {transition} is not possible in state {self.state.label}; possible: '
                f'{possible or "none"}'
            )
            return False
        outcome = await self._step()
        self._state_machine.trigger_transition_by_label(outcome.to_label(), True)
        if outcome == ERROR:
            recovered = await self._step()
            self._state_machine.trigger_transition_by_label(recovered.to_label(), True)
        return bool(outcome == SUCCESS)

    async def _step(self) -> TransitionCallbackReturn:
        try:
            return await self._steps[self.state.state_id]()
        except Exception:  # noqa: BLE001 - the lifecycle has a transition for any error
            self.get_logger().error(f'{self.state.label} failed:\n{traceback.format_exc()}')
            return ERROR

    async def _on_change_state(
        self, request: ChangeState.Request, response: ChangeState.Response
    ) -> ChangeState.Response:
        transition = request.transition.id
        if request.transition.label:
            try:
                transition = self._state_machine.get_transition_by_label(request.transition.label)
            except _rclpy.RCLError:
                self.get_logger().warning(
                    f'{request.transition.label!r} is not possible in state {self.state.label}'
                )
                response.success = False
                return response
        response.success = await self.change_state(transition)
        return response
