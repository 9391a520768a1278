# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a blocking call in its own thread while the executor goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rclpy.executors import Executor
from rclpy.task import Future


class BackgroundTask:
    """A blocking call in a thread of its own, awaited through the executor.

    Args:
        work: the call.
        executor: woken when it is done.
        name: what it does, for diagnostics.

    Attributes:
        done: its result, or what it raised.
    """

    def __init__(self, work: Callable[[], object], executor: Executor, name: str) -> None:
        self.name = name
        self.done: Future = Future(executor=executor)
        self._began = time.perf_counter()
        self._executor = executor
        self._work = work
        threading.Thread(target=self._run, name=name, daemon=True).start()

    @property
    def seconds(self) -> float:
        """How long it has been running, steady clock."""
        return time.perf_counter() - self._began

    def _run(self) -> None:
        try:
            result = self._work()
        except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
            self.done.set_exception(error)
        else:
            self.done.set_result(result)
        self._executor.wake()
