# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one thread that owns the model: frames first, then speech, in small budgets.

Knows when the assistant looks and when it speaks, and that a model may raise or hang; not where
frames come from or where events go. Knows no ROS and no tensor.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from collections.abc import Sequence

from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant import AssistantSettings
from streamo_ros.core.events import Decided
from streamo_ros.core.events import Event
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.node.frame_queue import FrameQueue
from streamo_ros.node.frame_queue import PendingFrame
from streamo_ros.node.frame_queue import Reset

Report = Callable[[Sequence[Event]], None]


class Worker:
    """Runs an assistant in a thread of its own.

    Args:
        assistant: used by no other thread while this runs.
        book: what is being watched for.
        mailbox: where frames come from.
        settings: called before every frame.
        budget: decode steps between two looks at the mailbox; called before each.
        report: takes what happened, in the worker's thread.
        complain: takes a sentence about an error that is not the model's own.

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
        report: Report,
        complain: Callable[[str], None],
    ) -> None:
        self.assistant = assistant
        self.queue = queue
        self._book = book
        self._settings = settings
        self._budget = budget
        self._report = report
        self._complain = complain
        self.broken = ''
        self._stopping = False
        self._busy_since: float | None = None
        self._thread = threading.Thread(target=self._run, name='streamo worker', daemon=True)
        self._thread.start()

    @property
    def busy_for(self) -> float:
        """Seconds that the pass under way has taken, steady clock; 0 when there is none."""
        since = self._busy_since
        return 0.0 if since is None else time.perf_counter() - since

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ask it to end after the pass under way; answers under way are cut."""
        self._stopping = True
        self.queue.wake()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for its end; whether it came."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 - a thread must not die without a word
            self.broken = f'{type(error).__name__}: {error}'
            self._complain(f'the worker ends: {traceback.format_exc()}')

    def _work(self) -> None:
        while not self._stopping and not self.broken:
            pending = self.queue.take(wait=not self.assistant.busy)
            if self._stopping:
                break
            if isinstance(pending, Reset):
                self._do(self.assistant.reset)
            elif pending is not None:
                self._look(pending)
            # Also when nothing is under way: lanes of cancelled instructions are closed here.
            self._do(lambda: self.assistant.speak(self._budget()))
        if not self.broken:
            self._do(self.assistant.reset)

    def _look(self, pending: PendingFrame) -> None:
        frame = pending.open()
        self.assistant.settings = self._settings()
        if not self._do(lambda: self.assistant.observe(frame)):
            self._report(self._missed(frame))

    def _missed(self, frame: Frame) -> list[Event]:
        missed = frame.missed(Reason.MODEL_FAILED, self.assistant.passes.last_failure)
        due = [one.id for one in self._book.standing() if one.since <= frame.stamp] or [0]
        return [Decided(missed, key, reason=missed.reason) for key in due]

    def _do(self, verb: Callable[[], list[Event]]) -> bool:
        """Run a verb of the assistant; False when it raised, after which it has begun anew."""
        self._busy_since = time.perf_counter()
        try:
            events = verb()
        except Exception as error:  # noqa: BLE001 - the stream must survive any error of a model
            self._recover(error)
            return False
        finally:
            self._busy_since = None
        self._report(events)
        return True

    def _recover(self, error: Exception) -> None:
        """Forget the stream, keep the instructions: what the lanes hold cannot be trusted."""
        self.assistant.passes.count_failure(f'{type(error).__name__}: {error}')
        self._complain(f'the model failed, every lane begins anew: {traceback.format_exc()}')
        try:
            events = self.assistant.reset()
        except Exception as second:  # noqa: BLE001 - nothing is left to try: the node must know
            self.broken = f'{type(second).__name__}: {second}'
            return
        self._report(events)
