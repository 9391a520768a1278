# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Questions of the page about the past, as goals of the watching node's action `~/ask`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from rclpy.executors import Executor

from streamo_ros.action import Ask
from streamo_ros.live.past import kept_picture
from streamo_ros.live.past import ShownPast
from streamo_ros.memory.ask import Answer
from streamo_ros.memory.ask import AskOutcome
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.schema import StoreError
from streamo_ros.messages import nanoseconds
from streamo_ros.node.live_commands import PATIENCE
from streamo_ros.node.live_commands import wait_for_ros
from streamo_ros.node.live_node import LiveNode

LONGEST = 90.0
"""Seconds that an answer may take; then the goal is canceled."""
ENDED = (GoalStatus.STATUS_SUCCEEDED, GoalStatus.STATUS_ABORTED, GoalStatus.STATUS_CANCELED)


class NodePast(ShownPast):
    """Asks the node, and reads kept pictures from its store where the page may.

    Args:
        node: has the client.
        executor: spins the node, in another thread than that of the event loop.
        store: folder of the node's memory; '' = the page reads no pictures from it.
    """

    def __init__(self, node: LiveNode, executor: Executor, store: str) -> None:
        self._executor = executor
        self._target = node.target
        self._client = ActionClient(node, Ask, f'{node.target}/ask')
        self._store = store
        self._reader: StoreReader | None = None

    async def ask(self, question: str) -> Answer:
        """What the node answers; see `ShownPast`."""
        if not self._client.server_is_ready():
            return _failed(f'{self._target}/ask is not there: is {self._target} running?')
        goal = Ask.Goal(question=question)
        try:
            handle = await self._do(lambda: self._client.send_goal_async(goal), PATIENCE)
            if not handle.accepted:
                return _failed('the node did not accept the question')
            try:
                reply = await self._do(handle.get_result_async, LONGEST)
            except asyncio.TimeoutError:
                self._executor.create_task(handle.cancel_goal_async)
                return _failed(f'no answer within {LONGEST:g} s: the question was canceled')
        except asyncio.TimeoutError:
            return _failed(f'{self._target}/ask did not reply within {PATIENCE:g} s')
        if reply.status not in ENDED:
            return _failed('the node ended before it answered')
        return _answer(reply.result)

    async def picture(self, stamp: int) -> bytes:
        """A kept picture of the store; see `ShownPast`."""
        return await asyncio.to_thread(self._picture, stamp) if self._store else b''

    def _picture(self, stamp: int) -> bytes:
        if self._reader is None:
            try:
                self._reader = StoreReader(Path(self._store))
            except StoreError:
                # The node makes it when it is configured; until then there is nothing to show.
                return b''
        return kept_picture(self._reader, stamp)

    async def _do(self, start: Callable[[], Any], patience: float) -> Any:
        return await wait_for_ros(self._executor, start, patience)


def _answer(result: Any) -> Answer:
    return Answer(
        AskOutcome(result.outcome),
        str(result.text),
        str(result.message),
        tuple(map(nanoseconds, result.evidence_stamps)),
        float(result.probability),
    )


def _failed(message: str) -> Answer:
    return Answer(AskOutcome.ERROR, message=message)
