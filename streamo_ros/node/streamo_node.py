# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node: lifecycle transitions and event routing.

Everything here runs in the executor's thread. What the worker's thread reports goes straight to
the sinks of the active stream.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from lifecycle_msgs.msg import State
from lifecycle_msgs.msg import Transition
from rcl_interfaces.msg import SetParametersResult
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter

from streamo_ros.config.parameter import ParameterError
from streamo_ros.config.parameters import unknown
from streamo_ros.config.settings import check_settings
from streamo_ros.config.settings import context_policy
from streamo_ros.config.settings import remarks
from streamo_ros.config.settings import sampling_rate
from streamo_ros.config.settings import Values
from streamo_ros.core.errors import ExitCode
from streamo_ros.core.errors import StreamoError
from streamo_ros.core.instruction import InstructionError
from streamo_ros.node.active_stream import ActiveStream
from streamo_ros.node.ask_action import AskAction
from streamo_ros.node.background_task import BackgroundTask
from streamo_ros.node.declaration import declare
from streamo_ros.node.diagnostics import Diagnostics
from streamo_ros.node.diagnostics import Health
from streamo_ros.node.lifecycle import AwaitableLifecycleNode
from streamo_ros.node.lifecycle import FAILURE
from streamo_ros.node.lifecycle import SUCCESS
from streamo_ros.node.namesakes import Namesakes
from streamo_ros.node.resources import load
from streamo_ros.node.resources import NodeResources
from streamo_ros.node.services import create_services
from streamo_ros.node.services import ServiceCallbacks
from streamo_ros.node.watch_action import WatchAction


class StreamoNode(AwaitableLifecycleNode):
    """Watches a camera for what the instructions say; see docs/interfaces.md.

    Attributes:
        exit_code: set when the process should end; None while it should go on.
        values: the parameters.
        resources: what a configured node has; None while it is unconfigured.
        stream: what an active node has; None while it is not active.

    Raises:
        ParameterError: a parameter given at startup is not allowed.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__('streamo', **options)
        self.exit_code: int | None = None
        self.resources: NodeResources | None = None
        self.stream: ActiveStream | None = None
        self._task: BackgroundTask | None = None
        self._actions: list[WatchAction | AskAction] = []
        self._error = ''
        try:
            self._set_up()
        except Exception:
            # Nobody else has the node, and the rest of the graph sees it already.
            self.leave_graph()
            raise

    def _set_up(self) -> None:
        """Create everything that is there from the start, as others see it."""
        self.values = Values(declare(self))
        self.add_on_set_parameters_callback(self._on_parameters)
        self._watch = WatchAction(
            self, lambda: self.resources if self.stream else None, self._on_instructions_changed
        )
        self._actions.append(self._watch)
        self._ask = AskAction(self, self.values, lambda: self.resources, lambda: self.stream)
        self._actions.append(self._ask)
        create_services(
            self,
            ServiceCallbacks(
                lambda: self.resources.book if self.resources else None,
                self._on_instructions_changed,
                self._on_canceled,
                self._forget,
                lambda: self.state.state_id == State.PRIMARY_STATE_FINALIZED,
            ),
        )
        self._diagnostics = Diagnostics(self)
        self._namesakes = Namesakes(self)
        # Steady, so that diagnostics go on while a simulated clock is paused.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0, self._each_second, clock=steady)
        if self.values.flag('autostart'):
            # A group of its own, because a callback that awaits blocks the others of its group.
            alone = ReentrantCallbackGroup()
            self._start = self.create_timer(0.0, self._autostart, alone, clock=steady)

    def leave_graph(self) -> None:
        """Destroy everything that others can see of the node; it cannot be used afterwards."""
        for action in self._actions:
            action.destroy()
        self.destroy_node()

    # ---- lifecycle transitions ----------------------------------------------------------------

    async def configure(self) -> TransitionCallbackReturn:
        """Load the model; refuse what cannot work with one sentence."""
        self._error = ''
        try:
            self._refuse_unknown()
            values = self.values.all()
            loaded = await self._run(lambda: load(values), 'loading the model')
            context_policy(self.values.text('context.policy'), loaded.backbone.info)
            check_settings(self.values, loaded.backbone.info)
            self.resources = NodeResources(self, loaded, self.values)
            self._watch_for_parameters()
        except StreamoError as error:
            await self.cleanup()
            self._report_error(str(error))
            return FAILURE
        info = self.resources.info
        for remark in filter(
            None, [self.resources.remark, *remarks(self.values, info), info.note]
        ):
            self.get_logger().warning(remark)
        self.resources.publisher.model_info()
        self.resources.instructions.sync()
        self.get_logger().info(f'{info.model} is ready')
        return SUCCESS

    async def activate(self) -> TransitionCallbackReturn:
        """Subscribe to the camera."""
        assert self.resources is not None
        super().on_activate(self.state)
        self.stream = ActiveStream(self, self.resources, self.values, self._watch)
        self.get_logger().info(f'watching {self.stream.camera.topic}')
        return SUCCESS

    async def deactivate(self) -> TransitionCallbackReturn:
        """Unsubscribe; instructions stay active, except those of goals."""
        if self.stream is not None:
            self.stream.stop()
            await self._run(self.stream.worker.join, 'waiting for the current pass')
            self.stream.close()
        self.stream = None
        super().on_deactivate(self.state)
        return SUCCESS

    async def cleanup(self) -> TransitionCallbackReturn:
        """Release model and instructions."""
        if self.resources is not None:
            self.resources.close()
        self.resources = None
        return SUCCESS

    async def shut_down(self) -> TransitionCallbackReturn:
        """Release all resources."""
        await self.deactivate()
        return await self.cleanup()

    async def recover(self) -> TransitionCallbackReturn:
        """After an error: release all resources, ready to be configured again."""
        return await self.shut_down()

    async def _autostart(self) -> None:
        self._start.cancel()
        for transition in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
            if not await self.change_state(transition):
                # Why has been said; the last complaint of the log is to be the cause.
                self.get_logger().info('autostart failed: the process ends')
                self.exit_code = ExitCode.BAD_INPUT
                return

    async def _run(self, work: Callable[[], Any], name: str) -> Any:
        """Run a blocking call in a thread; the executor goes on meanwhile."""
        assert self.executor is not None
        self._task = BackgroundTask(work, self.executor, name)
        try:
            return await self._task.done
        finally:
            self._task = None

    # ---- events from services and goals -------------------------------------------------------

    def _on_instructions_changed(self) -> None:
        if self.resources is not None:
            self.resources.instructions.sync()
        if self.stream is not None:
            self.stream.queue.wake()

    def _watch_for_parameters(self) -> None:
        assert self.resources is not None
        for remark in self.resources.watch_for(self.values.texts('instructions')):
            self.get_logger().warning(remark)

    def _on_canceled(self, ids: Sequence[int]) -> None:
        self._watch.cancel(ids, 'the instruction was canceled by a service call')

    def _forget(self) -> None:
        if self.stream is not None:
            self.stream.forget()

    def _report_error(self, error: str) -> None:
        self._error = error
        self.get_logger().error(error)

    # ---- once a second ------------------------------------------------------------------------

    def _each_second(self) -> None:
        stream, resources = self.stream, self.resources
        if resources is not None and resources.instructions.problem:
            resources.instructions.sync()
        if stream is not None:
            stream.check()
            self._check_worker(stream)
        self._diagnostics.publish(self._health(), stream)

    def _check_worker(self, stream: ActiveStream) -> None:
        """End the process when the model hangs or is broken, so that a supervisor restarts it.

        Python cannot stop a running kernel, and a lost CUDA context lasts as long as the process.
        """
        limit, most = self.values.number('model.timeout'), self.values.whole('model.max_failures')
        passes = stream.assistant.passes
        if stream.worker.broken:
            self._report_error(f'the model cannot go on, the process ends: {stream.worker.broken}')
        elif 0 < most <= passes.failures_in_a_row:
            self._report_error(
                f'{passes.failures_in_a_row} passes of the model failed in a row '
                f'(model.max_failures is {most}): the process ends, so that it can be restarted; '
                f'the last failure: {passes.last_failure}'
            )
        elif 0 < limit < stream.worker.busy_for:
            self._report_error(
                f'a pass of the model has taken more than model.timeout = {limit:g} s: the '
                'process ends; raise model.timeout if the model is just slow'
            )
        else:
            return
        self.exit_code = ExitCode.HUNG

    def _health(self) -> Health:
        task, resources = self._task, self.resources
        return Health(
            state=self.state.label,
            doing=f'{task.name}, {task.seconds:.0f} s' if task else '',
            error=self._error,
            info=resources.info if resources else None,
            model_timeout=self.values.number('model.timeout'),
            rate=sampling_rate(self.values, resources.info) if resources else 0.0,
            instructions=len(resources.book.active()) if resources else 0,
            capacity=resources.book.capacity if resources else 0,
            journal=resources.instructions.problem if resources else '',
            memory=resources.memory if resources else None,
            namesakes=self._namesakes.check(),
            history=resources.history if resources else None,
        )

    # ---- parameters ---------------------------------------------------------------------------

    def _refuse_unknown(self) -> None:
        sentence = unknown(self._parameter_overrides)
        if sentence:
            raise ParameterError(sentence)

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        unconfigured = self.state.state_id == State.PRIMARY_STATE_UNCONFIGURED
        before = self.values.all()
        try:
            changed = self.values.change(
                {parameter.name: parameter.value for parameter in parameters}, unconfigured
            )
            if changed and self.resources is not None:
                check_settings(self.values, self.resources.info)
            if 'instructions' in changed and self.resources is not None:
                self._watch_for_parameters()
        except (ParameterError, InstructionError) as error:
            self.values.put_back(before)
            return SetParametersResult(successful=False, reason=str(error))
        if 'sampling.rate' in changed and self.stream is not None and self.resources is not None:
            rate = sampling_rate(self.values, self.resources.info)
            self.stream.sampler.change_rate(rate)
        if changed and self.resources is not None:
            self.resources.publisher.model_info()
        self._on_instructions_changed()
        return SetParametersResult(successful=True)
