# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A client that waits for what it needs, so long and no longer, and says what did not come.

Knows services, conditions and one patience for all of them; not what they are about.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.node import Node

from streamo_ros.core.errors import ExitCode
from streamo_ros.core.errors import StreamoError

AGAIN = 1.0
"""Seconds after which `ask` repeats itself."""


class LockStepError(StreamoError, RuntimeError):
    """The node or the player did not do its part; the message says what was waited for."""

    exit_code = ExitCode.FAILED


class BlockingClient(Node):
    """See the module.

    Args:
        name: of this node.
        patience: seconds, steady clock, that every single wait may take.
    """

    def __init__(self, name: str, patience: float) -> None:
        super().__init__(name, parameter_overrides=[])
        self._patience = patience
        self._callers: dict[str, Any] = {}

    def until(self, condition: Callable[[], bool], what: str, cure: str = '') -> None:
        """Spin until something is so.

        Args:
            condition: whether it is.
            what: what the condition waits for, for the error.
            cure: what to do when it does not come.

        Raises:
            LockStepError: it did not come in time.
        """
        end = time.monotonic() + self._patience
        while not condition():
            if time.monotonic() > end:
                remedy = f': {cure}' if cure else ''
                raise LockStepError(f'{what} did not come within {self._patience:g} s{remedy}')
            rclpy.spin_once(self, timeout_sec=0.05)

    def prepare(self, service: str, kind: Any) -> None:
        """Make a service's client before `ask`, so that its first call finds its way back.

        A server that does not know the client's end yet drops its reply. Ends become known in
        the order in which they were made: what was made before an answered `ask` is known.
        """
        if service not in self._callers:
            self._callers[service] = self.create_client(kind, service)

    def ask(self, service: str, kind: Any, cure: str = '', **fields: object) -> Any:
        """Call a service that changes nothing, again and again until it replies.

        Args:
            service: its full name.
            kind: its type.
            cure: what to do when it is not there.
            fields: of the request.

        Raises:
            LockStepError: there is no such service, or no reply.
        """
        self.prepare(service, kind)
        caller = self._callers[service]
        self.until(caller.service_is_ready, f'the service {service}', cure)
        futures: list[Any] = []
        due = 0.0

        def replied() -> bool:
            nonlocal due
            if time.monotonic() >= due:
                futures.append(caller.call_async(kind.Request(**fields)))
                due = time.monotonic() + AGAIN
            return any(future.done() for future in futures)

        self.until(replied, f'the reply of {service}')
        return next(future.result() for future in futures if future.done())

    def call(self, service: str, kind: Any, cure: str = '', **fields: object) -> Any:
        """Call a service once and wait for its reply; arguments and errors as `ask`."""
        self.prepare(service, kind)
        caller = self._callers[service]
        self.until(caller.service_is_ready, f'the service {service}', cure)
        future = caller.call_async(kind.Request(**fields))
        self.until(future.done, f'the reply of {service}')
        return future.result()

    def demand(self, service: str, kind: Any, cure: str = '', **fields: object) -> Any:
        """Call a service whose reply says whether it succeeded.

        Raises:
            LockStepError: as `call`, or it did not succeed.
        """
        reply = self.call(service, kind, cure, **fields)
        if not reply.success:
            # rosbag2's replies have no message.
            why = getattr(reply, 'message', '') or 'it is not paused, or has played everything'
            raise LockStepError(f'{service} refused: {why}')
        return reply

    def type_of(self, service: str, cure: str = '') -> str:
        """The type of a service that is on the graph, e.g. 'std_srvs/srv/Trigger'.

        Raises:
            LockStepError: it did not appear.
        """

        def found() -> list[str]:
            return next(
                (types for name, types in self.get_service_names_and_types() if name == service),
                [],
            )

        self.until(lambda: bool(found()), f'the service {service}', cure)
        return str(found()[0])
