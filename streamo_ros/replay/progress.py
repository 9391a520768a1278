# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A progress bar for a replay, and its orderly end on Ctrl-C."""

from __future__ import annotations

import signal
import time
from ctypes import c_byte
from types import FrameType
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn
from rich.progress import Progress as Bars
from rich.progress import TaskProgressColumn
from rich.progress import TextColumn
from rich.progress import TimeRemainingColumn

from streamo_ros.core.events import Answered
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.core.sink import Totals
from streamo_ros.program import importing
from streamo_ros.program import interrupt


class Progress(Sink):
    """Draws a bar with the speed as a multiple of real time.

    Args:
        name: what is replayed.
        duration: its seconds; None when it does not end by itself.
        console: where to draw.
    """

    def __init__(self, name: str, duration: float | None, console: Console) -> None:
        self._began = time.perf_counter()
        self._first = self._reached = 0
        self._responses = 0
        self._bars = Bars(
            TextColumn('{task.description}'),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn('{task.fields[speed]}'),
            TimeRemainingColumn(),
            console=console,
        )
        self._task = self._bars.add_task(name, total=duration, speed='')
        self._bars.start()

    def take(self, step: Step) -> None:
        """Draw a step."""
        if step.frame is not None:
            self._first = self._first or step.frame.stamp
            # A source that loops jumps back: the bar stays.
            self._reached = max(self._reached, step.frame.stamp)
        done = (self._reached - self._first) / 1e9
        speed = done / max(time.perf_counter() - self._began, 1e-9)
        self._responses += sum(isinstance(event, Answered) for event in step.events)
        self._bars.update(
            self._task,
            completed=done,
            speed=f'{speed:,.1f} × real time, {self._responses} responses',
        )

    def close(self, totals: Totals) -> None:
        """Draw the end."""
        if not (totals.stopped or totals.failure):
            total = self._bars.tasks[0].total or totals.stream_seconds
            self._bars.update(self._task, completed=total, total=total)
        self._bars.stop()


class Interruption:
    """Within `with`, the first Ctrl-C requests an end; the second raises KeyboardInterrupt.

    So does the first one until somebody has asked whether an end was requested: while a model is
    loaded there is nothing to end in good order, and nobody who would look.

    Args:
        shared: set to 1 with the request; for worker processes, which cannot see the rest.
    """

    def __init__(self, shared: c_byte | None = None) -> None:
        self.requested = False
        self._asked = False
        self._shared = shared
        self._before: signal.Handlers | int | None = None

    def __call__(self) -> bool:
        """Whether an end was requested."""
        self._asked = True
        return self.requested

    def __enter__(self) -> Interruption:  # noqa: PYI034 - Self needs Python 3.11
        """Install the handler."""
        self._before = signal.signal(signal.SIGINT, self._on_signal)  # type: ignore[assignment]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Restore the previous handler."""
        signal.signal(signal.SIGINT, self._before)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.requested or not self._asked or importing(frame):
            interrupt(number, frame)
        self.requested = True
        if self._shared is not None:
            self._shared.value = 1
