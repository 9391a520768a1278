# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one thread that owns the model: frames first, then speech in small budgets.

A model may raise or hang: the first costs a frame, the second is seen from outside by `busy_for`.
Needs no ROS.
"""

from __future__ import annotations

import re
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable

from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.events import Decided
from streamo_ros.core.events import Event
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.probe import Probe
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import StepMaker
from streamo_ros.node.frame_queue import FrameQueue
from streamo_ros.node.frame_queue import Reset

LOST = re.compile(r'CUDA error: (?!out of memory)|device-side assert')
"""What torch says once and then of every call: only a new process helps."""


class Worker:
    """Runs an assistant in a thread of its own.

    Args:
        assistant: used by no other thread while this runs.
        book: the instructions.
        queue: where frames come from.
        settings: called before every frame.
        budget: decode steps between two looks at the queue; called before each.
        steps: makes steps of what happened.
        sink: takes them, in the worker's thread.
        log_error: logs an error that is not the model's own.

    Attributes:
        broken: why it cannot go on; '' while it can.
    """

    def __init__(
        self,
        assistant: Assistant,
        book: InstructionBook,
        queue: FrameQueue,
        settings: Callable[[], AssistantSettings],
        budget: Callable[[], int],
        steps: StepMaker,
        sink: Sink,
        log_error: Callable[[str], None],
    ) -> None:
        self.assistant = assistant
        self.queue = queue
        self.broken = ''
        self._book = book
        self._settings = settings
        self._budget = budget
        self._steps = steps
        self._sink = sink
        self._log_error = log_error
        self._questions: deque[Probe] = deque()
        self._summaries: deque[Probe] = deque()
        self._stopping = False
        self._busy_since: float | None = None
        self._thread = threading.Thread(target=self._run, name='streamo worker', daemon=True)
        self._thread.start()

    @property
    def busy_for(self) -> float:
        """Seconds that the current pass has taken, steady clock; 0 when there is none."""
        since = self._busy_since
        return 0.0 if since is None else time.perf_counter() - since

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def ask(self, probe: Probe) -> None:
        """Let a question about the past be answered between frames; one after another."""
        self._questions.append(probe)
        self.queue.wake()

    def summarize(self, probe: Probe) -> None:
        """Let a summary be written while there is nothing else to do; one after another."""
        self._summaries.append(probe)
        self.queue.wake()

    def stop(self) -> None:
        """Ask it to end after the current pass; answers in progress are cut."""
        self._stopping = True
        self.queue.wake()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for its end; returns whether it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 - a thread must not die unnoticed
            self.broken = f'{type(error).__name__}: {error}'
            self._log_error(f'the worker ends: {traceback.format_exc()}')

    def _work(self) -> None:
        while not self._stopping and not self.broken:
            idle = not (self.assistant.busy or self._questions or self._summaries)
            pending = self.queue.take(wait=idle)
            if self._stopping:
                break
            if isinstance(pending, Reset):
                self._do(self.assistant.reset)
            elif pending is not None:
                self._observe(pending.open())
            # Also when no answer is in progress: lanes of canceled instructions are closed here.
            self._do(lambda: self.assistant.speak(self._budget()))
            self._advance_probe()
        for probe in (*self._questions, *self._summaries):
            probe.end()
        if not self.broken:
            self._do(self.assistant.reset)

    def _advance_probe(self) -> None:
        """One piece of the oldest question; of a summary when the model is idle otherwise."""
        if len(self.queue):
            return
        if self._questions:
            if self._summaries:
                # There is one slot for both, and somebody waits for an answer.
                self._summaries[0].start_over()
            self._advance(self._questions)
        elif self._summaries and (not self.assistant.busy or self._summaries[0].canceled):
            self._advance(self._summaries)

    def _advance(self, probes: deque[Probe]) -> None:
        """One piece of the oldest one; one that raises fails alone."""
        probe = probes[0]
        self._busy_since = time.perf_counter()
        try:
            if not probe.done:
                probe.advance(self._budget())
        except Exception as error:  # noqa: BLE001 - the stream must survive any error of a model
            self._log_error(f'a question about the past failed: {traceback.format_exc()}')
            probe.end(f'{type(error).__name__}: {error}')
        finally:
            self._busy_since = None
        if probe.done:
            probes.popleft()

    def _observe(self, frame: Frame) -> None:
        self.assistant.settings = self._settings()
        if not self._do(lambda: self.assistant.observe(frame), frame):
            self._sink.take(self._steps.step(self._missed(frame), frame))

    def _missed(self, frame: Frame) -> list[Event]:
        missed = frame.missed(Reason.MODEL_FAILED, self.assistant.passes.last_failure)
        due = [
            instruction.id
            for instruction in self._book.active()
            if instruction.since <= frame.stamp
        ]
        return [Decided(missed, key, reason=missed.reason) for key in due or [0]]

    def _do(self, verb: Callable[[], list[Event]], frame: Frame | None = None) -> bool:
        """Run a verb of the assistant; False when it raised, after which every lane is new."""
        self._busy_since = time.perf_counter()
        try:
            events = verb()
        except Exception as error:  # noqa: BLE001 - the stream must survive any error of a model
            self._recover(error)
            return False
        finally:
            self._busy_since = None
        self._sink.take(self._steps.step(events, frame, vision=self.assistant.vision))
        return True

    def _recover(self, error: Exception) -> None:
        """Forget the stream, keep the instructions: what the lanes hold cannot be trusted."""
        self.assistant.passes.count_failure(f'{type(error).__name__}: {error}')
        if LOST.search(str(error)):
            self.broken = f'the CUDA context is lost: {error}'
            return
        self._log_error(f'the model failed, every lane starts over: {traceback.format_exc()}')
        try:
            events = self.assistant.reset()
        except Exception as second:  # noqa: BLE001 - nothing is left to try: the node must know
            self.broken = f'{type(second).__name__}: {second}'
            return
        self._sink.take(self._steps.step(events))
