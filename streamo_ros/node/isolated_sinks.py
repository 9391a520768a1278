# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several sinks as one, of which each fails for itself."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence

from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.core.sink import Totals

LOG_PERIOD = 60.0
"""Seconds between two reports of failures of the same sink."""


class IsolatedSinks(Sink):
    """Hands every step to every sink.

    A sink that raises misses that step; the worker and the other sinks go on. Its first failure
    is logged with a traceback, later ones once per `LOG_PERIOD`.

    Args:
        sinks: called in this order.
        log_error: logs a text.

    Attributes:
        failures: failures by the name of the sink's class.
        last_failure: the last one, in one sentence; '' when there was none.
        failed_at: steady-clock seconds of it.
    """

    def __init__(self, sinks: Sequence[Sink], log_error: Callable[[str], None]) -> None:
        self.failures: Counter[str] = Counter()
        self.last_failure = ''
        self.failed_at = 0.0
        self._sinks = tuple(sinks)
        self._log_error = log_error
        self._logged_at: dict[str, float] = {}

    def take(self, step: Step) -> None:
        """Hand a step to every sink."""
        for sink in self._sinks:
            try:
                sink.take(step)
            except Exception as error:  # noqa: BLE001 - a sink must not take the others down
                self._fail(sink, error)

    def close(self, totals: Totals) -> None:
        """Close every sink."""
        for sink in self._sinks:
            try:
                sink.close(totals)
            except Exception as error:  # noqa: BLE001 - a sink must not take the others down
                self._fail(sink, error)

    def _fail(self, sink: Sink, error: Exception) -> None:
        name, now = type(sink).__name__, time.perf_counter()
        self.failures[name] += 1
        self.last_failure, self.failed_at = f'{name}: {type(error).__name__}: {error}', now
        if name not in self._logged_at or now - self._logged_at[name] >= LOG_PERIOD:
            self._logged_at[name] = now
            self._log_error(
                f'the sink {name} failed, {self.failures[name]} times so far; the others go on:\n'
                f'{traceback.format_exc()}'
            )
