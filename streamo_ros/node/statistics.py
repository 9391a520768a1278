# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Figures since activation: decisions, drops, the times of every stage, memory. All bounded."""

from __future__ import annotations

import time
from collections import Counter
from collections import deque
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Reason
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step

_LAST = 300


@dataclass
class StageTimes:
    """The last times of one stage, seconds."""

    last: deque[float] = field(default_factory=lambda: deque(maxlen=_LAST))

    def percentile(self, percent: float) -> float:
        """The time that `percent` of the last ones do not exceed; 0 when there is none."""
        ordered = sorted(self.last.copy())
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0


class Statistics(Sink):
    """Counts events; written by the worker's thread, read by any.

    Args:
        memory: gives the model's memory by part, bytes; called in the worker's thread, because
            only that one may ask the model.

    Attributes:
        decided: decisions by the state's name.
        flaw: the last thing that was wrong with a frame, in one sentence.
        flaw_at: steady-clock seconds of it.
        failed_at: steady-clock seconds of the model's last failure; 0 = none.
        memory: the model's memory by part, bytes; at most a second older than the last step.
    """

    def __init__(self, memory: Callable[[], Mapping[str, int]] = dict) -> None:
        self.decided: Counter[str] = Counter()
        self.answers = 0
        self.context_tokens = 0
        self.flaw = ''
        self.flaw_at = 0.0
        self.failed_at = 0.0
        self.encode, self.extend, self.latency, self.first_token = (StageTimes() for _ in range(4))
        self.memory: Mapping[str, int] = {}
        self._measure_memory = memory
        self._measured_at = 0.0

    def recently_late(self, limit: float, count: int = 10) -> bool:
        """Whether one of the last decisions came later than `limit` seconds."""
        return any(latency > limit for latency in list(self.latency.last)[-count:])

    def take(self, step: Step) -> None:
        """Count a step."""
        for event in step.events:
            if isinstance(event, Answered):
                self.answers += 1
                self.first_token.last.append(event.first_token_time)
            elif isinstance(event, Decided):
                self._count_decision(event, step)
        if time.perf_counter() - self._measured_at > 1.0:
            self.memory, self._measured_at = self._measure_memory(), time.perf_counter()

    def _count_decision(self, event: Decided, step: Step) -> None:
        self.decided[event.state.name.lower()] += 1
        self.latency.last.append(step.latency(event.frame))
        if event.reason is Reason.NONE:
            if event.encode_time:
                self.encode.last.append(event.encode_time)
            if event.extend_time:
                self.extend.last.append(event.extend_time)
            self.context_tokens = event.context_tokens
        elif event.reason.is_fault:
            self.flaw, self.flaw_at = event.frame.flaw, time.perf_counter()
            if event.reason is Reason.MODEL_FAILED:
                self.failed_at = self.flaw_at
