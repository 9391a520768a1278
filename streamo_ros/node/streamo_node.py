# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node: its life cycle, and who is told what.

Connects parameters, model, session, services and publishers; each of them knows its own business,
this module only when they begin and end. Everything here runs in the executor's thread except
`_report`, which is the worker's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lifecycle_msgs.msg import State
from lifecycle_msgs.msg import Transition
from rcl_interfaces.msg import FloatingPointRange
from rcl_interfaces.msg import IntegerRange
from rcl_interfaces.msg import ParameterDescriptor
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock
from rclpy.clock import ClockType
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter

from streamo_ros.backbone.face import Backbone
from streamo_ros.backbone.face import BackboneError
from streamo_ros.events import Event
from streamo_ros.instruction import InstructionBook
from streamo_ros.instruction import InstructionError
from streamo_ros.instruction import Source
from streamo_ros.node.diagnostics import Diagnostics
from streamo_ros.node.diagnostics import Health
from streamo_ros.node.lifecycle import AwaitableLifecycleNode
from streamo_ros.node.lifecycle import FAILURE
from streamo_ros.node.lifecycle import SUCCESS
from streamo_ros.node.model import Errand
from streamo_ros.node.model import load_model
from streamo_ros.node.parameters import ParameterError
from streamo_ros.node.parameters import TABLE
from streamo_ros.node.parameters import unknown
from streamo_ros.node.parameters import When
from streamo_ros.node.publisher import EventPublisher
from streamo_ros.node.services import InstructionServices
from streamo_ros.node.session import Session
from streamo_ros.node.settings import assistant_settings
from streamo_ros.node.settings import context_policy
from streamo_ros.node.settings import Values
from streamo_ros.node.watch_action import WatchAction

HUNG = 3
"""Exit code when the model hangs or cannot be brought back."""


class StreamoNode(AwaitableLifecycleNode):
    """Watches a camera for standing instructions; see docs/interfaces.md.

    Attributes:
        exit_code: set when the process should end; None while it should go on.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__('streamo', **options)
        self.exit_code: int | None = None
        self.values = Values()
        self.book: InstructionBook | None = None
        self.session: Session | None = None
        self.last_error = ''
        self._backbone: Backbone | None = None
        self._publisher: EventPublisher | None = None
        self._errand: Errand | None = None
        self._declare()
        self.add_on_set_parameters_callback(self._on_parameters)
        self._watch = WatchAction(
            self, lambda: self.book if self.session else None, self._book_changed
        )
        InstructionServices(
            self, lambda: self.book, self._book_changed,
            lambda ids: self._watch.canceled(ids, 'the instruction was canceled'), self._forget,
        )
        self._diagnostics = Diagnostics(self)
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0, self._each_second, clock=self._steady)
        self._book_version = 0
        if self.values.flag('autostart'):
            self._start = self.create_timer(0.0, self._autostart, clock=self._steady)

    # ---- life cycle ---------------------------------------------------------------------------

    async def configure(self) -> TransitionCallbackReturn:
        """Load the model; refuse what cannot work with one sentence."""
        self.last_error = ''
        try:
            self._refuse_unknown()
            context_policy(self.values.text('context.policy'))
            values = self.values.all()
            assert self.executor is not None
            self._errand = Errand(lambda: load_model(values), self.executor, 'loading the model')
            self._backbone = await self._errand.done
        except (BackboneError, ParameterError) as error:
            self._say(str(error))
            return FAILURE
        finally:
            self._errand = None
        assert self._backbone is not None
        self.book = InstructionBook(self.values.whole('instructions.capacity'))
        self._publisher = EventPublisher(self, self._backbone.info.model_id)
        self._watch_for(self.values.texts('instructions'))
        self._publish_model()
        self._book_changed()
        self.get_logger().info(f'{self._backbone.info.model} is ready')
        return SUCCESS

    async def activate(self) -> TransitionCallbackReturn:
        """Listen to the camera."""
        assert self._backbone is not None
        assert self.book is not None
        assert self._publisher is not None
        super().on_activate(self.state)
        backbone = self._backbone
        self.session = Session(
            self, backbone, self.book, self.values,
            context_policy(self.values.text('context.policy')),
            lambda: assistant_settings(self.values, backbone.info), self._report,
        )
        self._publisher.counts = lambda: self.session.counts if self.session else (0, 0)
        self.get_logger().info(f'looking at {self.session.camera.topic}')
        return SUCCESS

    async def deactivate(self) -> TransitionCallbackReturn:
        """Listen no longer; the instructions stand."""
        session = self.session
        if session is not None:
            assert self.executor is not None
            session.stop()
            await Errand(session.worker.join, self.executor, 'ending the worker').done
        self._watch.deactivated()
        self.session = None
        super().on_deactivate(self.state)
        return SUCCESS

    async def cleanup(self) -> TransitionCallbackReturn:
        """Let the model and the instructions go."""
        if self._publisher is not None:
            self._publisher.close()
        self._publisher = self._backbone = self.book = None
        return SUCCESS

    async def shut_down(self) -> TransitionCallbackReturn:
        """Let everything go."""
        await self.deactivate()
        await self.cleanup()
        return SUCCESS

    async def recover(self) -> TransitionCallbackReturn:
        """After an error: let everything go, ready to be configured again."""
        return await self.shut_down()

    async def _autostart(self) -> None:
        self._start.cancel()
        for transition in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
            if not await self.change_state(transition):
                self._say(f'autostart failed: {self.last_error}')
                self.exit_code = 1
                return

    # ---- events -------------------------------------------------------------------------------

    def _report(self, events: Sequence[Event]) -> None:
        """Publish what happened; in the worker's thread."""
        publisher = self._publisher
        if publisher is None or not self.context.ok():
            return
        publisher.deltas = self.values.flag('publish.response_delta')
        self._watch.hear(publisher.report(events))
        if self.book is not None and self.book.version != self._book_version:
            self._publish_book()

    def _publish_book(self) -> None:
        if self.book is not None and self._publisher is not None:
            self._book_version = self.book.version
            self._publisher.instructions(self.book)

    def _publish_model(self) -> None:
        if self._backbone is not None and self._publisher is not None:
            self._publisher.model_info(
                self._backbone.info, self.values.number('sampling.rate'), self.values.yaml()
            )

    def _book_changed(self) -> None:
        self._publish_book()
        if self.session is not None:
            self.session.mailbox.knock()

    def _forget(self) -> None:
        if self.session is not None:
            self.session.forget()

    def _each_second(self) -> None:
        session = self.session
        if session is not None:
            session.camera.watch()
        self._diagnostics.publish(self._health(), session)
        if session is not None:
            self._watch_worker(session)

    def _watch_worker(self, session: Session) -> None:
        """End the process when the model hangs: Python cannot stop a kernel under way."""
        limit = self.values.number('model.timeout')
        if session.worker.broken:
            self._say(f'the model cannot go on: {session.worker.broken}')
        elif 0 < limit < session.worker.busy_for:
            self._say(
                f'a pass of the model has taken more than model.timeout = {limit:g} s: the '
                'process ends; raise model.timeout if the model is just slow'
            )
        else:
            return
        self.exit_code = HUNG

    def _health(self) -> Health:
        errand, book = self._errand, self.book
        return Health(
            state=self.state.label,
            doing=f'{errand.name}, {errand.seconds:.0f} s' if errand else '',
            error=self.last_error,
            info=self._backbone.info if self._backbone else None,
            model_timeout=self.values.number('model.timeout'),
            rate=self.values.number('sampling.rate'),
            standing=len(book.standing()) if book else 0,
            capacity=book.capacity if book else 0,
        )

    def _say(self, error: str) -> None:
        self.last_error = error
        self.get_logger().error(error)

    # ---- parameters ---------------------------------------------------------------------------

    def _declare(self) -> None:
        for row in TABLE:
            descriptor = ParameterDescriptor(
                description=row.text,
                additional_constraints=f'{row.allowed}; may change {row.when.value}'.lstrip('; '),
                read_only=row.when is When.START,
                dynamic_typing=True,
            )
            if row.low is not None and isinstance(row.default, int):
                descriptor.integer_range = [
                    IntegerRange(from_value=int(row.low), to_value=int(row.high or 0))
                ]
            elif row.low is not None:
                descriptor.floating_point_range = [
                    FloatingPointRange(from_value=row.low, to_value=row.high or 0.0)
                ]
            default = list(row.default) if isinstance(row.default, tuple) else row.default
            value = self.declare_parameter(row.name, default, descriptor).value
            self.values.start(row.name, value, row.check)

    def _refuse_unknown(self) -> None:
        sentence = unknown(self._parameter_overrides)
        if sentence:
            raise ParameterError(sentence)

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        idle = self.state.state_id == State.PRIMARY_STATE_UNCONFIGURED
        try:
            changed = self.values.change({one.name: one.value for one in parameters}, idle)
            if 'instructions' in changed:
                self._watch_for(self.values.texts('instructions'))
        except (ParameterError, InstructionError) as error:
            return SetParametersResult(successful=False, reason=str(error))
        if 'sampling.rate' in changed and self.session is not None:
            self.session.sampler.change_rate(self.values.number('sampling.rate'))
        if changed:
            self._publish_model()
        return SetParametersResult(successful=True)

    def _watch_for(self, texts: tuple[str, ...]) -> None:
        """Let exactly these stand among the instructions that are parameters.

        Raises:
            InstructionError: they do not fit into the book.
        """
        book = self.book
        if book is None:
            return
        ours = {one.text: one.id for one in book.standing() if one.source is Source.PARAMETER}
        for text, key in ours.items():
            if text not in texts:
                book.cancel(key)
        for text in texts:
            if text not in ours:
                book.add(text, source=Source.PARAMETER)
        self._book_changed()
