# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Blocking client with a timeout; reports what it was waiting for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.node import Node

from streamo_ros.core.errors import ExitCode
from streamo_ros.core.errors import StreamoError

AGAIN = 1.0
"""Seconds after which `ask` repeats its request."""


class LockStepError(StreamoError, RuntimeError):
    """The node or the player did not respond; the message says what was waited for."""

    exit_code = ExitCode.FAILED


class BlockingClient(Node):
    """Waits for conditions and service replies.

    Args:
        name: the name of this node.
        patience: seconds, steady clock, that each wait may take.
    """

    def __init__(self, name: str, patience: float) -> None:
        super().__init__(name, parameter_overrides=[])
        self._patience = patience
        self._clients_by_name: dict[str, Any] = {}

    def until(self, condition: Callable[[], bool], what: str, remedy: str = '') -> None:
        """Spin until a condition holds.

        Args:
            condition: checked again and again.
            what: what the condition waits for, for the error message.
            remedy: what to do when it does not come, for the error message.

        Raises:
            LockStepError: it did not come in time.
        """
        end = time.monotonic() + self._patience
        while not condition():
            if time.monotonic() > end:
                advice = f': {remedy}' if remedy else ''
                raise LockStepError(f'{what} did not come within {self._patience:g} s{advice}')
            rclpy.spin_once(self, timeout_sec=0.05)

    def prepare(self, service: str, kind: Any) -> None:
        """Create a service's client before `ask`, so that the reply of the first call arrives.

        A server that has not discovered the client's endpoint yet drops its reply. Endpoints are
        discovered in the order of their creation: those created before an answered `ask` are.
        """
        if service not in self._clients_by_name:
            self._clients_by_name[service] = self.create_client(kind, service)

    def ask(self, service: str, kind: Any, remedy: str = '', **fields: object) -> Any:
        """Call a service that changes nothing, again and again until it replies.

        Args:
            service: its full name.
            kind: its type.
            remedy: what to do when it is not there.
            fields: fields of the request.

        Raises:
            LockStepError: there is no such service, or no reply.
        """
        self.prepare(service, kind)
        client = self._clients_by_name[service]
        self.until(client.service_is_ready, f'the service {service}', remedy)
        futures: list[Any] = []
        due = 0.0

        def replied() -> bool:
            nonlocal due
            if time.monotonic() >= due:
                futures.append(client.call_async(kind.Request(**fields)))
                due = time.monotonic() + AGAIN
            return any(future.done() for future in futures)

        self.until(replied, f'the reply of {service}')
        return next(future.result() for future in futures if future.done())

    def call(self, service: str, kind: Any, remedy: str = '', **fields: object) -> Any:
        """Call a service once and wait for its reply; arguments and errors as `ask`."""
        self.prepare(service, kind)
        client = self._clients_by_name[service]
        self.until(client.service_is_ready, f'the service {service}', remedy)
        future = client.call_async(kind.Request(**fields))
        self.until(future.done, f'the reply of {service}')
        return future.result()

    def demand(self, service: str, kind: Any, remedy: str = '', **fields: object) -> Any:
        """Call a service whose reply says whether it succeeded.

        Raises:
            LockStepError: as `call`, or it did not succeed.
        """
        reply = self.call(service, kind, remedy, **fields)
        if not reply.success:
            # rosbag2's replies have no message.
            reason = getattr(reply, 'message', '') or 'it is not paused, or has played everything'
            raise LockStepError(f'{service} refused: {reason}')
        return reply

    def type_of(self, service: str, remedy: str = '') -> str:
        """The type of a service on the graph, e.g. 'std_srvs/srv/Trigger'.

        Raises:
            LockStepError: it did not appear.
        """

        def types() -> list[str]:
            services = dict(self.get_service_names_and_types())
            return list(services.get(service, []))

        self.until(lambda: bool(types()), f'the service {service}', remedy)
        return str(types()[0])
