# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What pages ask for, as calls of the watching node's services."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from builtin_interfaces.msg import Duration
from rcl_interfaces.srv import SetParameters
from rclpy.executors import Executor
from rclpy.parameter import Parameter

from streamo_ros.live.commands import CommandReply
from streamo_ros.live.commands import Commands
from streamo_ros.live.commands import Wish
from streamo_ros.node.live_node import LiveNode
from streamo_ros.srv import CancelInstruction
from streamo_ros.srv import SetInstruction

PATIENCE = 5.0
"""Seconds that a reply may take."""


class ServiceCommands(Commands):
    """Calls services.

    Args:
        node: has the clients.
        executor: spins the node, in another thread than that of the event loop.
    """

    def __init__(self, node: LiveNode, executor: Executor) -> None:
        self._executor = executor
        self._target = target = node.target
        self._setter = node.create_client(SetInstruction, f'{target}/set_instruction')
        self._canceler = node.create_client(CancelInstruction, f'{target}/cancel_instruction')
        self._parameters = node.create_client(SetParameters, f'{target}/set_parameters')

    async def instruct(self, wish: Wish) -> CommandReply:
        """Watch for something; see `Commands`."""
        request = SetInstruction.Request(
            text=wish.text,
            max_responses=wish.max_responses,
            cooldown=_duration(wish.cooldown),
            lifetime=_duration(wish.lifetime),
            backfill=_duration(wish.backfill),
        )
        return await self._call(self._setter, request, _said)

    async def cancel(self, key: int) -> CommandReply:
        """Stop watching; see `Commands`."""
        request = CancelInstruction.Request(instruction_id=key)
        return await self._call(self._canceler, request, _said)

    async def set_thresholds(self, thresholds: Mapping[str, float]) -> CommandReply:
        """Set thresholds, which a new ModelInfo then tells; see `Commands`."""
        parameters = [
            Parameter(f'thresholds.{name}', value=value).to_parameter_msg()
            for name, value in thresholds.items()
        ]
        request = SetParameters.Request(parameters=parameters)
        return await self._call(self._parameters, request, _all_set)

    async def _call(
        self, client: Any, request: Any, said: Callable[[Any], CommandReply]
    ) -> CommandReply:
        if not client.service_is_ready():
            return CommandReply(
                False, f'{client.srv_name} is not there: is {self._target} running?'
            )
        try:
            return said(
                await wait_for_ros(self._executor, lambda: client.call_async(request), PATIENCE)
            )
        except asyncio.TimeoutError:
            return CommandReply(False, f'{client.srv_name} did not reply within {PATIENCE:g} s')


async def wait_for_ros(executor: Executor, start: Callable[[], Any], patience: float) -> Any:
    """The result of something that ROS does, awaited in the event loop.

    Args:
        executor: spins the node, in a thread of its own.
        start: begins it and returns its future; called in that thread.
        patience: seconds.

    Raises:
        asyncio.TimeoutError: it took longer.
    """
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def settle(result: Any) -> None:
        if not future.done():
            future.set_result(result)

    def send() -> None:
        # In the thread that spins, which would miss a reply that comes at once.
        start().add_done_callback(lambda done: loop.call_soon_threadsafe(settle, done.result()))

    executor.create_task(send)
    return await asyncio.wait_for(future, patience)


def _said(reply: Any) -> CommandReply:
    return CommandReply(bool(reply.success), str(reply.message))


def _all_set(reply: Any) -> CommandReply:
    refused = [result.reason for result in reply.results if not result.successful]
    return CommandReply(
        not refused, refused[0] if refused else 'The node uses this threshold now.'
    )


def _duration(seconds: float) -> Duration:
    whole = int(seconds)
    return Duration(sec=whole, nanosec=round((seconds - whole) * 1e9) % 10**9)
