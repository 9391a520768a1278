# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every sampled frame is accounted for, and one lane never harms another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.admission import instruction_check
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.events import Event
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.instruction import InstructionError
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Request
from streamo_ros.core.protocol import State
from streamo_ros.core.speech import Finish

Key = tuple[int, int, int]
"""Stream, frame index, instruction."""


class Unreliable(ScriptedBackbone):
    """A scripted model whose passes fail when told to."""

    failing = ''

    def encode(self, image):
        if self.failing == 'encode':
            raise BackboneError('the vision pass failed')
        return super().encode(image)

    def extend(self, requests: Sequence[Request]):
        if self.failing == 'extend':
            raise BackboneError('the pass failed')
        return super().extend(requests)

    def decode(self, requests, sampling):
        if self.failing == 'decode':
            raise BackboneError('the decode pass failed')
        return super().decode(requests, sampling)

    def prefill(self, request: Request) -> None:
        if self.failing == 'prefill':
            raise BackboneError('the rebuild failed')
        super().prefill(request)


class Bench:
    """An assistant, and what is expected of it: who was active when each frame came."""

    def __init__(self, capacity: int = 2000, backlog: int = 3) -> None:
        self.backbone = Unreliable(_talkative, lanes=3, capacity=capacity)
        self.book = InstructionBook(3)
        limits = ContextLimits(max_frames=6, max_answers=2, max_time=20.0, max_new_tokens=30)
        self.assistant = Assistant(
            self.backbone, self.book, AssistantSettings(limits=limits, backlog=backlog)
        )
        self.expected: set[Key] = set()
        self.events: list[Event] = []
        self.second, self.stream, self.index = 0, 1, 0
        self.height = 48

    def frame(self, image: bool = True) -> None:
        start = self.second
        pixels = np.full((self.height, 64, 3), 128, np.uint8) if image else None
        reason = Reason.NONE if image else Reason.BAD_FRAME
        tick = Tick((1000 + start) * SECOND, start, start + 1, self.index, self.stream)
        frame = Frame(tick, pixels, reason=reason)
        self.second, self.index = self.second + 1, self.index + 1
        active = [
            one
            for one in self.book.active()
            if one.since <= frame.stamp and not one.expired(frame.stamp)
        ]
        self.expected |= {(self.stream, tick.index, one.id) for one in active}
        if not active:
            self.expected.add((self.stream, tick.index, 0))
        self.events += self.assistant.observe(frame)

    def run(self, operation: str) -> None:  # noqa: C901 - one line per operation
        match operation:
            case 'frame':
                self.frame()
            case 'bad frame':
                self.frame(image=False)
            case 'speak a little':
                self.events += self.assistant.speak(2)
            case 'speak':
                self.events += self.assistant.speak(200)
            case 'reset':
                self.events += self.assistant.reset()
                self.stream, self.index = self.stream + 1, 0
            case 'new stream':
                self.stream, self.index = self.stream + 1, 0
            case 'grid':
                self.height = 64 if self.height == 48 else 48
            case 'heal':
                self.backbone.failing = ''
            case 'cancel' if self.book.active():
                self.book.cancel(self.book.active()[0].id)
            case 'replace' if self.book.active():
                self.book.add('talk again', replace_id=self.book.active()[-1].id)
            case _ if operation.startswith('fail '):
                self.backbone.failing = operation.removeprefix('fail ')
            case _ if operation.startswith('add '):
                self._add(operation.removeprefix('add '))

    def _add(self, kind: str) -> None:
        limits = {
            'once': {'max_responses': 1},
            'twice': {'max_responses': 2},
            'short': {'lifetime': 4 * SECOND},
            'back': {'backfill': 5 * SECOND},
        }
        if len(self.book.active()) < self.book.capacity:
            self.book.add('talk', **limits.get(kind, {}))

    def finish(self) -> None:
        self.backbone.failing = ''
        self.events += self.assistant.speak(10_000)
        self.events += self.assistant.reset()

    def reported(self) -> Counter[Key]:
        return Counter(
            (event.frame.tick.stream_id, event.frame.tick.index, event.instruction_id)
            for event in self.events
            if isinstance(event, Decided)
        )


def _talkative(instruction: str, second: float) -> tuple[State, str]:
    at = second % 3
    if at == 1:
        return State.STANDBY, ''
    return (State.RESPONSE, 'so many words') if at == 2 else (State.SILENCE, '')


OPERATIONS = st.sampled_from(
    [
        *['frame'] * 6,
        *['speak a little'] * 2,
        'speak',
        'bad frame',
        'add once',
        'add twice',
        'add short',
        'add back',
        'add plain',
        'cancel',
        'replace',
        'reset',
        'new stream',
        'grid',
        'heal',
        'fail encode',
        'fail extend',
        'fail decode',
        'fail prefill',
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(OPERATIONS, min_size=5, max_size=60))
# The last answer is counted in the same moment as it ends.
@example(['add once', *['frame'] * 3, 'fail decode', 'speak a little'])
def test_each_frame_is_decided_once_for_each_active_instruction(operations: list[str]) -> None:
    bench = Bench()
    bench.book.add('talk')
    for operation in operations:
        bench.run(operation)
    bench.finish()
    reported = bench.reported()
    missing = bench.expected - set(reported)
    assert not missing
    # Frames that an instruction looks back at come in addition, and none comes twice.
    assert {key for key, count in reported.items() if count > 1} == set()
    answers = Counter(event.response_id for event in bench.events if isinstance(event, Answered))
    started = {
        event.response_id
        for event in bench.events
        if isinstance(event, Decided) and event.response_id
    }
    assert set(answers) == started
    assert set(answers.values()) <= {1}
    assert bench.backbone.rows == {}


def test_an_instruction_that_cannot_fit_is_refused_with_the_figures() -> None:
    backbone = ScriptedBackbone(lambda *_: (State.SILENCE, ''), capacity=400)
    book = InstructionBook(3, instruction_check(backbone, lambda: 30))
    with pytest.raises(InstructionError, match=r'takes 300 tokens.*context holds 400.*shorten it'):
        book.add('x' * 300)
    assert book.add('x' * 50).id == 1


def test_restored_instructions_pass_the_same_check() -> None:
    backbone = ScriptedBackbone(lambda *_: (State.SILENCE, ''), capacity=400)
    before = InstructionBook(3)
    before.add('x' * 300)
    before.add('kettle')
    book = InstructionBook(3, instruction_check(backbone, lambda: 30))
    refused = book.restore(before.active(), 3)
    assert [one.text for one in book.active()] == ['kettle']
    assert len(refused) == 1
    assert 'instruction 1 is not active again' in refused[0]
    assert book.add('cup').id == 3


def test_a_lane_that_does_not_fit_leaves_the_others_alone(frame: Callable) -> None:
    backbone = ScriptedBackbone(_talkative, lanes=3, capacity=400)
    book = InstructionBook(3)
    assistant = Assistant(backbone, book)
    book.add('y' * 390)
    book.add('talk')
    events = [event for at in range(6) for event in assistant.observe(frame(at))]
    decided = [event for event in events if isinstance(event, Decided)]
    assert {one.reason for one in decided if one.instruction_id == 1} == {Reason.MODEL_FAILED}
    assert 'shorten the instruction' in decided[0].frame.flaw
    assert {one.reason for one in decided if one.instruction_id == 2} == {Reason.NONE}


def test_an_answer_that_fills_its_slot_ends_with_its_length(frame: Callable) -> None:
    backbone = ScriptedBackbone(lambda *_: (State.RESPONSE, 'w' * 500), lanes=2, capacity=300)
    book = InstructionBook(2)
    limits = ContextLimits(max_new_tokens=400)
    assistant = Assistant(backbone, book, AssistantSettings(limits=limits))
    book.add('talk', max_responses=1)
    book.add('talk too', cooldown=100 * SECOND)
    events = assistant.observe(frame(0)) + assistant.speak(1000)
    answers = [event for event in events if isinstance(event, Answered)]
    assert [answer.finish for answer in answers] == [Finish.LENGTH] * 2
    assert all(len(answer.text) > 100 for answer in answers)
    after = assistant.observe(frame(1))
    assert [one.state for one in after if isinstance(one, Decided)] == [State.SILENCE]


def test_a_batch_that_fails_is_run_again_lane_by_lane(frame: Callable) -> None:
    class OneBadLane(ScriptedBackbone):
        def extend(self, requests):
            if any(request.slot == 1 for request in requests):
                raise BackboneError('slot 1 is broken')
            return super().extend(requests)

    book = InstructionBook(3)
    assistant = Assistant(OneBadLane(_talkative, lanes=3), book)
    for text in ('a', 'b', 'c'):
        book.add(text)
    decided = assistant.observe(frame(0))
    assert [one.state for one in decided] == [State.SILENCE, State.UNKNOWN, State.SILENCE]
    assert decided[1].frame.flaw == 'slot 1 is broken'
    assert assistant.passes.failures == 1
    assert assistant.passes.failures_in_a_row == 0
