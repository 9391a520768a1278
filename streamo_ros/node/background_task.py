# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Something slow, done in a thread of its own while the executor goes on.

Knows threads and futures, not what is done.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rclpy.executors import Executor
from rclpy.task import Future


class BackgroundTask:
    """Something slow in a thread of its own, awaited by the executor.

    Args:
        work: what to do.
        executor: woken when it is done.
        name: what it is, for diagnostics.
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
        """How long it has been under way, steady clock."""
        return time.perf_counter() - self._began

    def _run(self) -> None:
        try:
            result = self._work()
        except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
            self.done.set_exception(error)
        else:
            self.done.set_result(result)
        self._executor.wake()
