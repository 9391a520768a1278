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


class LockStepError(RuntimeError):
    """The node or the player did not do its part; the message says what was waited for."""


class PatientClient(Node):
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

    def call(self, service: str, kind: Any, cure: str = '', **fields: object) -> Any:
        """Call a service and wait for its reply.

        Args:
            service: its full name.
            kind: its type.
            cure: what to do when it is not there.
            fields: of the request.

        Raises:
            LockStepError: there is no such service, or no reply.
        """
        if service not in self._callers:
            self._callers[service] = self.create_client(kind, service)
            self.until(self._callers[service].service_is_ready, f'the service {service}', cure)
        future = self._callers[service].call_async(kind.Request(**fields))
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
