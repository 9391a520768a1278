# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The action `~/ask`: a question about the past, answered from the memory between frames."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.action import ActionServer
from rclpy.action import CancelResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.task import Future

from streamo_ros.action import Ask
from streamo_ros.config.settings import assistant_settings
from streamo_ros.config.settings import sampling_rate
from streamo_ros.config.settings import Values
from streamo_ros.core.errors import StreamoError
from streamo_ros.core.probe import Probe
from streamo_ros.memory.ask import Answer
from streamo_ros.memory.ask import Asker
from streamo_ros.memory.ask import AskOutcome
from streamo_ros.memory.prompt import Recall
from streamo_ros.memory.reader import EVER
from streamo_ros.messages import nanoseconds
from streamo_ros.node.active_stream import ActiveStream
from streamo_ros.node.background_task import BackgroundTask
from streamo_ros.node.message_types import MESSAGES
from streamo_ros.node.resources import NodeResources

_NO_MEMORY = 'the node has no memory: set memory.path to a folder and configure it again'


@dataclass
class AskGoal:
    """A goal in progress."""

    handle: Any
    feedback: Ask.Feedback
    probe: Probe | None = None
    canceled: bool = False


class AskAction:
    """Serves the action.

    The search runs in a thread of its own; where the model answers, the worker's thread gives it
    small pieces between frames. The executor waits for neither.

    Args:
        node: where the server is created.
        values: the parameters.
        resources: gives what a configured node has, else None.
        stream: gives what an active node has, else None.
    """

    def __init__(
        self,
        node: Node,
        values: Values,
        resources: Callable[[], NodeResources | None],
        stream: Callable[[], ActiveStream | None],
    ) -> None:
        self._node = node
        self._values = values
        self._resources = resources
        self._stream = stream
        self._questions: dict[bytes, AskGoal] = {}
        self._server = ActionServer(
            node,
            Ask,
            '~/ask',
            self._execute,
            callback_group=ReentrantCallbackGroup(),
            cancel_callback=self._on_cancel,
        )

    def destroy(self) -> None:
        """Destroy the action server."""
        self._server.destroy()

    def _on_cancel(self, handle: Any) -> CancelResponse:
        question = self._questions.get(bytes(handle.goal_id.uuid))
        if question is not None:
            question.canceled = True
            if question.probe is not None:
                question.probe.canceled = True
                stream = self._stream()
                if stream is not None:
                    stream.queue.wake()
        return CancelResponse.ACCEPT

    async def _execute(self, handle: Any) -> Ask.Result:
        question = AskGoal(handle, Ask.Feedback())
        key = bytes(handle.goal_id.uuid)
        self._questions[key] = question
        try:
            answer = await self._answer(question)
        except StreamoError as error:
            answer = Answer(AskOutcome.ERROR, message=str(error))
        finally:
            del self._questions[key]
        return self._result(question, answer)

    async def _answer(self, question: AskGoal) -> Answer:
        resources = self._resources()
        if resources is None or resources.asker is None:
            return Answer(AskOutcome.ERROR, message=_NO_MEMORY)
        asker, memory = resources.asker, resources.memory
        self._tell(question, 'searching')

        def search() -> Recall:
            request = question.handle.request
            if memory is not None:
                # So that the last frames are there.
                memory.flush(1.0)
            span = nanoseconds(request.from_time), nanoseconds(request.to_time) or EVER[1]
            limit = request.max_frames or self._values.whole('memory.frames')
            return asker.recall(request.question, span, limit, at=time.monotonic())

        recall = await self._run(search)
        question.feedback.evidence_stamps = [MESSAGES.time(frame.stamp) for frame in recall.frames]
        self._tell(question, 'looking')
        if not question.canceled and self._model_answers(resources) and recall.frames:
            return await self._look(question, recall, asker, resources)
        return await self._run(lambda: asker.from_record(recall))

    def _model_answers(self, resources: NodeResources) -> bool:
        chosen = self._values.text('memory.answers')
        return chosen == 'model' or (chosen == 'auto' and resources.info.answers_past)

    async def _look(
        self, question: AskGoal, recall: Recall, asker: Asker, resources: NodeResources
    ) -> Answer:
        stream = self._stream()
        if stream is None:
            return Answer(
                AskOutcome.ERROR,
                message='the node is not active: activate it, so that it can look',
            )
        done: Future = Future(executor=self._node.executor)

        def on_change() -> None:
            """In the worker's thread."""
            assert question.probe is not None
            if question.probe.text != question.feedback.partial_text:
                question.feedback.partial_text = question.probe.text
                self._tell(question, 'answering')
            if question.probe.done and not done.done():
                done.set_result(None)
                if self._node.executor is not None:
                    self._node.executor.wake()

        text = resources.book.check(asker.prompt(recall))
        probe = question.probe = Probe(
            resources.backbone,
            text,
            asker.past_frames(recall),
            1 / sampling_rate(self._values, resources.info),
            assistant_settings(self._values, resources.info),
            on_change,
        )
        stream.worker.ask(probe)
        await done
        if probe.failure:
            return Answer(AskOutcome.ERROR, message=probe.failure)
        if probe.canceled:
            return Answer(AskOutcome.CANCELED, message='the node was deactivated')
        if not probe.text:
            seen = len(probe.shown)
            return Answer(
                AskOutcome.NOT_FOUND,
                message=f'the model does not see it in the {seen} kept pictures that it was shown',
                probability=probe.probability,
            )
        asker.remember(recall, probe.text)
        return Answer(AskOutcome.ANSWERED, probe.text, '', tuple(probe.shown), probe.probability)

    async def _run(self, work: Callable[[], Any]) -> Any:
        assert self._node.executor is not None
        return await BackgroundTask(work, self._node.executor, 'answering a question').done

    def _tell(self, question: AskGoal, stage: str) -> None:
        question.feedback.stage = stage
        if self._node.context.ok():
            question.handle.publish_feedback(question.feedback)

    def _result(self, question: AskGoal, answer: Answer) -> Ask.Result:
        handle = question.handle
        if question.canceled:
            answer = Answer(AskOutcome.CANCELED, message='the client canceled the goal')
        if handle.is_cancel_requested:
            handle.canceled()
        elif answer.outcome in (AskOutcome.ANSWERED, AskOutcome.NOT_FOUND):
            handle.succeed()
        else:
            handle.abort()
        return Ask.Result(
            outcome=int(answer.outcome),
            text=answer.text,
            message=answer.message,
            evidence_stamps=[MESSAGES.time(stamp) for stamp in sorted(answer.evidence)],
            probability=float(answer.probability),
        )
