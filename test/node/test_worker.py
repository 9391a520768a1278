# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The worker's thread against models that are slow, raise, return NaN, hang or never stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.events import Event
from streamo_ros.core.frame import Reason
from streamo_ros.core.frame import SamplerCounts
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.past_frame import PastFrame
from streamo_ros.core.probe import Probe
from streamo_ros.core.protocol import State
from streamo_ros.core.sink import Step
from streamo_ros.core.sink import StepMaker
from streamo_ros.core.speech import Finish
from streamo_ros.node.frame_queue import FrameQueue
from streamo_ros.node.frame_queue import PendingFrame
from streamo_ros.node.frame_queue import Reset
from streamo_ros.node.isolated_sinks import IsolatedSinks
from streamo_ros.node.statistics import Statistics
from streamo_ros.node.worker import Worker

ENDLESS = 100_000
"""Tokens of an answer that goes on for longer than a test looks at it."""


class Bench:
    """A worker with a scripted model, and everything it reported."""

    def __init__(self, frame: Callable, capacity: int = 4, queue: int = 4, **memory: int) -> None:
        room = 8192 + memory.get('max_new_tokens', 0)
        self.backbone = ScriptedBackbone(self.script, lanes=capacity, capacity=room)
        self.book = InstructionBook(capacity)
        self.events: list[Event] = []
        self.errors: list[str] = []
        self.statistics = Statistics(self.backbone.memory)
        self.sinks = IsolatedSinks([self.statistics, self], self.errors.append)
        self.steps = StepMaker(self.book, SamplerCounts())
        self._frame = frame
        self.settings = settings = AssistantSettings(limits=ContextLimits(**memory))
        self.worker = Worker(
            Assistant(self.backbone, self.book, settings),
            self.book,
            FrameQueue(queue),
            lambda: settings,
            lambda: 4,
            self.steps,
            self.sinks,
            self.errors.append,
        )

    def script(self, instruction: str, second: float) -> tuple[State, str]:
        if 'talk' in instruction:
            return State.RESPONSE, 'la ' * ENDLESS
        return (State.RESPONSE, 'Yes.') if second % 10 == 5 else (State.SILENCE, '')

    def take(self, step: Step) -> None:
        self.events += step.events

    def show(self, *seconds: float, stream_id: int = 1) -> None:
        for second in seconds:
            frame = self._frame(second, stream_id=stream_id)
            self.worker.queue.put(
                PendingFrame(frame.tick, time.perf_counter(), lambda one=frame: one)
            )

    def decided(self, count: int, patience: float = 10.0) -> list[Decided]:
        self.wait(lambda: len(self.decisions()) >= count, patience)
        assert len(self.decisions()) == count
        return self.decisions()

    def decisions(self) -> list[Decided]:
        return [event for event in list(self.events) if isinstance(event, Decided)]

    def answers(self) -> list[Answered]:
        return [event for event in list(self.events) if isinstance(event, Answered)]

    @staticmethod
    def wait(condition: Callable[[], object], patience: float = 10.0) -> None:
        end = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < end, 'not in time'
            time.sleep(0.002)


@pytest.fixture
def bench(frame: Callable) -> Iterator[Bench]:
    bench = Bench(frame)
    yield bench
    bench.worker.stop()
    assert bench.worker.join(5)


def test_frames_are_decided_in_order_and_answered(bench: Bench) -> None:
    bench.book.add('kettle')
    for second in range(7):
        bench.show(second)
        bench.decided(second + 1)
    assert [decision.frame.tick.index for decision in bench.decisions()] == list(range(7))
    bench.wait(bench.answers)
    assert bench.answers()[0].text == 'Yes.'


def test_a_frame_pushed_out_is_reported_for_every_instruction(bench: Bench) -> None:
    bench.book.add('a')
    bench.book.add('b')
    go = threading.Event()
    see = bench.backbone.encode
    bench.backbone.encode = lambda image: (go.wait(10), see(image))[1]
    bench.show(0)
    bench.wait(lambda: bench.worker.busy_for)
    bench.show(*range(1, 7))
    go.set()
    states = bench.decided(14)
    overflowed = [state.frame.tick.index for state in states if state.reason is Reason.OVERFLOW]
    assert overflowed == [1, 1, 2, 2]
    assert [state.frame.tick.index for state in states] == [n for n in range(7) for _ in 'ab']
    assert sum(bench.steps.dropped.values()) == 2


def test_a_model_that_refuses_a_frame_costs_that_frame_only(bench: Bench) -> None:
    bench.book.add('a')
    see = bench.backbone.encode
    broken = iter([False, True, False])

    def encode(image: object) -> object:
        if next(broken, False):
            raise BackboneError('out of memory')
        return see(image)

    bench.backbone.encode = encode
    for second in range(3):
        bench.show(second)
        bench.decided(second + 1)
    assert [decision.reason for decision in bench.decisions()] == [0, Reason.MODEL_FAILED, 0]
    assert bench.decisions()[1].frame.flaw == 'out of memory'
    assert bench.steps.dropped[Reason.MODEL_FAILED] == 1


def test_a_model_that_raises_anything_is_survived_with_every_instruction(bench: Bench) -> None:
    bench.book.add('a')
    bench.book.add('b')
    extend = bench.backbone.extend
    failures = iter([False, True])

    def failing(requests: object) -> object:
        if next(failures, False):
            raise RuntimeError('shape mismatch in a kernel')
        return extend(requests)

    bench.backbone.extend = failing
    for second in range(4):
        bench.show(second)
        bench.decided(2 * second + 2)
    reasons = [decision.reason for decision in bench.decisions()]
    assert reasons == [0, 0, Reason.MODEL_FAILED, Reason.MODEL_FAILED, 0, 0, 0, 0]
    assert 'shape mismatch' in bench.errors[0]
    assert not bench.worker.broken
    assert len(bench.book.active()) == 2


def test_a_model_that_cannot_be_brought_back_is_said(bench: Bench) -> None:
    bench.book.add('a')
    bench.show(0)
    bench.decided(1)

    def broken(*_: object) -> None:
        raise RuntimeError('the device is gone')

    bench.backbone.extend = bench.backbone.close = broken
    bench.show(1)
    bench.wait(lambda: bench.worker.broken)
    assert bench.worker.broken == 'RuntimeError: the device is gone'


def test_a_lost_cuda_context_is_not_tried_again(bench: Bench) -> None:
    bench.book.add('a')
    calls = []

    def lost(*_: object) -> None:
        calls.append(1)
        raise RuntimeError('CUDA error: an illegal memory access was encountered')

    bench.backbone.extend = lost
    bench.show(0, 1, 2)
    bench.wait(lambda: bench.worker.broken)
    assert bench.worker.broken.startswith('the CUDA context is lost: CUDA error: an illegal')
    bench.wait(lambda: not bench.worker.alive)
    assert len(calls) == 1
    # The frame is accounted for all the same.
    assert [decision.reason for decision in bench.decisions()] == [Reason.MODEL_FAILED]


def test_memory_that_runs_out_is_no_lost_context(bench: Bench) -> None:
    bench.book.add('a')
    see = bench.backbone.encode
    failures = iter([True])

    def encode(image: object) -> object:
        if next(failures, False):
            raise RuntimeError('CUDA error: out of memory')
        return see(image)

    bench.backbone.encode = encode
    for second in range(2):
        bench.show(second)
        bench.decided(second + 1)
    assert [decision.reason for decision in bench.decisions()] == [Reason.MODEL_FAILED, 0]
    assert not bench.worker.broken


def test_a_sink_that_fails_costs_neither_the_others_nor_the_worker_anything(bench: Bench) -> None:
    def full(_: object) -> None:
        raise OSError('no space left')

    bench.statistics.take = full
    bench.book.add('a')
    for second in range(5):
        bench.show(second)
        bench.decided(second + 1)
    assert [decision.reason for decision in bench.decisions()] == [0] * 5
    assert not bench.worker.broken
    assert bench.sinks.failures['Statistics'] >= 5
    assert bench.sinks.last_failure == 'Statistics: OSError: no space left'
    # Once, not once a frame.
    (logged,) = bench.errors
    assert 'the sink Statistics failed' in logged
    assert 'no space left' in logged


def test_a_step_has_its_frame_with_the_image_and_what_stands(frame: Callable) -> None:
    bench = Bench(frame)
    steps: list[Step] = []
    bench.take = steps.append
    bench.book.add('kettle', max_responses=1)
    bench.show(0)
    bench.wait(lambda: steps)
    bench.show(5)
    bench.wait(lambda: any(isinstance(one, Answered) for step in steps for one in step.events))
    (before, responded), spoken = (
        [step for step in steps if step.frame],
        [step for step in steps if step.events and not step.frame],
    )
    assert before.frame.image is not None
    assert [instruction.text for instruction in before.instructions] == ['kettle']
    assert responded.seconds(responded.frame) == 5
    # An answer without words would not count, so its only response is given with the first ones:
    # the instruction is over while the answer goes on.
    assert len(responded.instructions) == 1
    assert len(spoken) > 1
    assert [step.instructions for step in spoken[:-1]] == [()] * (len(spoken) - 1)
    bench.worker.stop()
    assert bench.worker.join(5)


def test_nan_costs_the_frame_only(bench: Bench) -> None:
    bench.book.add('a')
    script = bench.backbone.script
    bench.backbone.script = lambda text, second: (
        (State.UNKNOWN, '') if second == 1 else script(text, second)
    )
    for second in range(3):
        bench.show(second)
        bench.decided(second + 1)
    assert [decision.reason for decision in bench.decisions()] == [0, Reason.MODEL_FAILED, 0]


def test_a_hanging_pass_is_seen_from_outside(bench: Bench) -> None:
    bench.book.add('a')
    go = threading.Event()
    bench.backbone.encode = lambda _: go.wait(10)
    bench.show(0)
    bench.wait(lambda: bench.worker.busy_for > 0.05)
    bench.worker.stop()
    assert not bench.worker.join(0.05)
    go.set()
    bench.wait(lambda: not bench.worker.alive)


def test_an_answer_that_never_ends_is_cut_and_hides_no_frame(frame: Callable) -> None:
    bench = Bench(frame, max_new_tokens=50)
    bench.book.add('talk', max_responses=1)
    bench.book.add('kettle')
    bench.show(0)
    for second in range(1, 4):
        bench.show(second)
        bench.wait(
            lambda due=second + 1: (
                len([row for row in bench.decisions() if row.instruction_id == 2]) == due
            )
        )
    bench.wait(bench.answers)
    assert bench.answers()[0].finish is Finish.LENGTH
    assert bench.answers()[0].token_count == 50
    bench.worker.stop()
    assert bench.worker.join(5)


def test_a_cancel_storm_cuts_answers_and_frees_every_lane(bench: Bench) -> None:
    bench.show(0)
    bench.decided(1)
    for _ in range(50):
        for _ in range(4):
            bench.book.add('talk')
        bench.worker.queue.wake()
        bench.show(1)
        bench.book.cancel(0)
        bench.worker.queue.wake()
    bench.wait(lambda: not bench.backbone.rows and not len(bench.worker.queue))
    assert not bench.errors
    assert {answer.finish for answer in bench.answers()} <= {Finish.CANCELED}


def test_a_cancel_ends_an_answer_at_once(bench: Bench) -> None:
    decode = bench.backbone.decode
    bench.backbone.decode = lambda *asked: (time.sleep(0.01), decode(*asked))[1]
    bench.book.add('talk')
    bench.show(0)
    bench.decided(1)
    bench.book.cancel(0)
    bench.worker.queue.wake()
    bench.wait(bench.answers, 1)
    assert bench.answers()[0].finish is Finish.CANCELED


def test_a_reset_forgets_the_stream_and_keeps_the_instructions(bench: Bench) -> None:
    bench.book.add('kettle')
    bench.show(0, 1)
    bench.decided(2)
    bench.worker.queue.put(Reset())
    bench.show(7, stream_id=2)
    bench.decided(3)
    assert bench.decisions()[-1].time_origin == bench.decisions()[-1].frame.stamp
    assert len(bench.book.active()) == 1


def test_the_mailbox_is_bounded_whatever_comes(frame: Callable) -> None:
    box = FrameQueue(4, limit=100)
    pending = PendingFrame(frame(0).tick, 0.0, lambda: frame(0))
    for _ in range(1000):
        box.put(pending)
    assert (len(box), box.lost) == (104, 896)
    kept = [box.take(wait=False).open() for _ in range(104)]
    assert [one.image is None for one in kept] == [True] * 100 + [False] * 4
    assert box.take(wait=False) is None


def probe(bench: Bench, text: str, frames: int, **options: bool) -> Probe:
    """A question to the model of a bench about so many frames."""
    images = [bench._frame(second).image for second in range(frames)]
    past = [PastFrame(second * 10**9, lambda: images[0]) for second in range(frames)]
    return Probe(bench.backbone, text, past, 1.0, bench.settings, **options)


def test_a_summary_waits_for_frames_answers_and_questions(frame: Callable) -> None:
    bench = Bench(frame, capacity=2, max_new_tokens=ENDLESS)
    bench.book.add('talk')
    summary = probe(bench, 'Say what happened.', 6, must_answer=True)
    bench.show(0)
    bench.wait(lambda: bench.worker.assistant.busy)
    bench.worker.summarize(summary)
    question = probe(bench, 'talk', 3)
    bench.worker.ask(question)
    bench.wait(lambda: len(question.shown) == 3)
    # An answer is in progress all the time: a question is looked at between, a summary is not.
    assert not summary.shown
    bench.book.cancel(1)
    question.canceled = True
    bench.worker.queue.wake()
    bench.wait(lambda: summary.done)
    assert (summary.text, summary.failure, len(summary.shown)) == ('Yes.', '', 6)
    assert question.done
    bench.worker.stop()
    assert bench.worker.join(5)


def test_a_question_takes_the_slot_of_a_summary_which_begins_anew(frame: Callable) -> None:
    bench = Bench(frame, capacity=1, max_new_tokens=ENDLESS)
    summary = probe(bench, 'talk', 2)
    bench.worker.summarize(summary)
    bench.wait(lambda: summary.text)
    question = probe(bench, 'What was it?', 6)
    bench.worker.ask(question)
    bench.wait(lambda: question.done)
    assert (question.text, question.failure) == ('Yes.', '')
    bench.wait(lambda: summary.text)
    assert not summary.done
    bench.worker.stop()
    assert bench.worker.join(5)
    assert summary.done
    assert summary.canceled
    assert not bench.errors
