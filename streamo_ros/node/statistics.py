# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What happened since activation, in numbers: decisions, drops, times of every stage.

A sink of events that keeps figures only, all of them bounded; knows no ROS.
"""

from __future__ import annotations

import time
from collections import Counter
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.events import Event
from streamo_ros.core.frame import Reason

_LAST = 300
_DROPS = (Reason.BAD_FRAME, Reason.MODEL_FAILED, Reason.OVERFLOW)


@dataclass
class Times:
    """The last times of one stage, seconds."""

    last: deque[float] = field(default_factory=lambda: deque(maxlen=_LAST))

    def percentile(self, percent: float) -> float:
        """The time that `percent` of the last ones do not exceed; 0 when there is none."""
        ordered = sorted(self.last.copy())
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0


@dataclass
class Statistics:
    """Counts events; written by the worker's thread, read by any.

    Attributes:
        decided: decisions by state's name.
        dropped: sampled frames that nobody could decide about, by reason.
        flaw: the last thing that was wrong with a frame, in one sentence.
        last_flaw_at: steady-clock seconds of it.
        failed_at: steady-clock seconds of the model's last failure; 0 = none.
    """

    decided: Counter[str] = field(default_factory=Counter)
    dropped: Counter[Reason] = field(default_factory=Counter)
    answers: int = 0
    context_tokens: int = 0
    flaw: str = ''
    last_flaw_at: float = 0.0
    failed_at: float = 0.0
    encode: Times = field(default_factory=Times)
    extend: Times = field(default_factory=Times)
    latency: Times = field(default_factory=Times)
    first_token: Times = field(default_factory=Times)
    _counted: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=64))

    @property
    def frames_dropped(self) -> int:
        """Sampled frames that nobody could decide about."""
        return sum(self.dropped.values())

    def recently_late(self, limit: float, count: int = 10) -> bool:
        """Whether one of the last decisions came later than `limit` seconds."""
        return any(late > limit for late in list(self.latency.last)[-count:])

    def count(self, events: Sequence[Event]) -> None:
        """Take events in."""
        for event in events:
            if isinstance(event, Answered):
                self.answers += 1
                self.first_token.last.append(event.first_token_time)
            elif isinstance(event, Decided):
                self._decision(event)

    def _decision(self, event: Decided) -> None:
        self.decided[event.state.name.lower()] += 1
        self.latency.last.append(time.perf_counter() - event.frame.received)
        if event.reason in _DROPS:
            self._drop(event)
        if event.reason:
            return
        if event.encode_time:
            self.encode.last.append(event.encode_time)
        if event.extend_time:
            self.extend.last.append(event.extend_time)
        self.context_tokens = event.context_tokens

    def _drop(self, event: Decided) -> None:
        """A frame counts once, however many instructions missed it."""
        frame = event.frame
        key = frame.tick.stream_id, frame.tick.index
        if key in self._counted:
            return
        self._counted.append(key)
        self.dropped[event.reason] += 1
        self.flaw, self.last_flaw_at = frame.flaw, time.perf_counter()
        if event.reason is Reason.MODEL_FAILED:
            self.failed_at = self.last_flaw_at
