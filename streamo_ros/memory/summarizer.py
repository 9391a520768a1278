# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lets the model write the past in words: a sentence for each chunk, and for each block of them.

A chunk is begun a little before it ends, so that its words are there when they are told first; the
template tells what happens meanwhile. A block is begun when it is over, and is told a block later.
Both are made of rows and kept pictures, never of other summaries. The model writes in the lane in
which it answers questions, in small pieces and when it has nothing else to do.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections import deque
from collections.abc import Callable
from functools import partial

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.frame import SECOND
from streamo_ros.core.probe import Probe
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.core.sink import Totals
from streamo_ros.memory.record import SummaryRecord
from streamo_ros.memory.record import SummaryStatus
from streamo_ros.memory.summary_task import SummaryTask
from streamo_ros.memory.summary_task import SummaryTasks
from streamo_ros.memory.writer import StoreWriter

ProbeMaker = Callable[[SummaryTask, Callable[[], None]], Probe]
"""Makes the question to the model; what it is given is called after every piece."""

_GIVEN_UP = 'it was not written within a chunk'
_NO_PICTURE = 'no picture of that time is left'
_NOTHING = 'the model wrote nothing'
_INSTEAD = "the template's line stands in its place"


class Summarizer(Sink):
    """Has summaries written while frames come.

    Args:
        tasks: finds what is to be written; closed with this.
        writer: takes what was written; not closed with this.
        make_probe: see `ProbeMaker`.
        clean: gives a text as it may be told to a model, or raises why it may not.
        model_id: gives the identity of the model.
        lead: seconds of capture time before the end of a chunk; at most half of one counts.
        submit: has a probe advanced by the thread that owns the model.
        waits: `take` waits until all is written: a replay is the same each time.

    Attributes:
        counts: what became of the summaries so far.
        problem: what is wrong with the last one, in one sentence; ''.
    """

    def __init__(
        self,
        tasks: SummaryTasks,
        writer: StoreWriter,
        make_probe: ProbeMaker,
        clean: Callable[[str], str],
        model_id: Callable[[], str],
        lead: float,
        submit: Callable[[Probe], None],
        *,
        waits: bool = False,
    ) -> None:
        self.counts: Counter[SummaryStatus] = Counter()
        self.problem = ''
        self._tasks = tasks
        self._writer = writer
        self._make_probe = make_probe
        self._clean = clean
        self._model_id = model_id
        self._length = tasks.counts.length
        self._lead = min(int(lead * SECOND), self._length // 2)
        self._submit = submit
        self._waits = waits
        self._next: int | None = None
        self._stamp = 0
        self._waiting: deque[SummaryTask] = deque()
        self._thread: threading.Thread | None = None
        self._probe: Probe | None = None
        self._given_up = self._closed = False

    def take(self, step: Step) -> None:
        """Begin what is due; in the thread that owns the model."""
        if step.frame is None:
            return
        self._stamp = step.frame.stamp
        number = self._due(self._stamp)
        if number is None:
            return
        if self._working:
            # It comes before the next one, which begins with one of the next frames.
            self._give_up()
            return
        self._next = max(number + 1, self._stamp // self._length)
        if self._waits:
            self._begin(number)
            return
        self._thread = threading.Thread(
            target=self._begin, args=(number,), name='streamo summaries', daemon=True
        )
        self._thread.start()

    def close(self, totals: Totals) -> None:  # noqa: ARG002 (part of the interface)
        """Begin nothing more; what is in progress is left out."""
        self._closed = True
        if self._thread is not None:
            self._thread.join(5.0)
        self._tasks.close()

    @property
    def _working(self) -> bool:
        reading = self._thread is not None and self._thread.is_alive()
        return reading or self._probe is not None

    def _due(self, stamp: int) -> int | None:
        """The chunk that is to be written now."""
        here = stamp // self._length
        if self._next is None or here + 1 < self._next:
            # The first frame, or a clock that jumped back.
            self._next = here
        begins = (self._next + 1) * self._length - self._lead
        return self._next if stamp >= begins else None

    def _give_up(self) -> None:
        self._waiting.clear()
        if self._probe is not None:
            self._given_up = self._probe.canceled = True

    def _begin(self, number: int) -> None:
        """Find what is to be written, and have the first of it written."""
        try:
            self._writer.flush()
            self._waiting.extend(self._tasks.find(number))
        except StreamoError as error:
            self.problem = f'no summary could be begun: {error}; {_INSTEAD}'
            return
        self._go_on()

    def _go_on(self) -> None:
        """Have the next one written."""
        self._probe, self._given_up = None, False
        while self._waiting and not self._closed:
            task = self._waiting.popleft()
            if not task.frames:
                self._keep(task, problem=_NO_PICTURE)
                continue
            try:
                self._probe = self._make_probe(task, partial(self._on_change, task))
            except StreamoError as error:
                self._keep(task, problem=str(error))
                continue
            self._submit(self._probe)
            return

    def _on_change(self, task: SummaryTask) -> None:
        """In the thread that owns the model, after every piece."""
        probe = self._probe
        if probe is None or not probe.done or self._closed:
            return
        if probe.canceled and not self._given_up:
            # The node was deactivated.
            self._waiting.clear()
        else:
            self._keep_what_was_written(task, probe)
        self._go_on()

    def _keep_what_was_written(self, task: SummaryTask, probe: Probe) -> None:
        text, problem = ' '.join(probe.text.split()), probe.failure
        problem = problem or (_GIVEN_UP if probe.canceled else '' if text else _NOTHING)
        try:
            text = '' if problem else self._clean(text)
        except StreamoError as error:
            text, problem = '', str(error)
        ending = ' …' if probe.cut else ''
        self._keep(task, text and text + ending, problem, len(probe.shown))

    def _keep(
        self, task: SummaryTask, text: str = '', problem: str = '', pictures: int = 0
    ) -> None:
        late = self._stamp >= task.due
        status = SummaryStatus.LATE if late else SummaryStatus.WRITTEN
        if problem:
            status, text = SummaryStatus.FAILED, ''
        self.counts[status] += 1
        self.problem = {
            SummaryStatus.FAILED: f'the model wrote no summary ({problem}): {_INSTEAD}',
            SummaryStatus.LATE: f'the last summary came late: until then {_INSTEAD}',
        }.get(status, '')
        self._writer.put(
            SummaryRecord(
                task.start,
                task.stop,
                status,
                text,
                problem,
                task.covered,
                task.answer,
                pictures,
                self._model_id(),
            )
        )
