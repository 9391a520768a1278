# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The assistant as its sinks see it: frames in, events out, with a scripted model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.decision import Thresholds
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.events import Event
from streamo_ros.core.events import Spoke
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.frame import SECOND
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Sighting
from streamo_ros.core.protocol import State
from streamo_ros.core.speech import Finish

SILENCE, STANDBY, RESPONSE = State.SILENCE, State.STANDBY, State.RESPONSE


def kettle(instruction: str, second: float) -> tuple[State, str]:
    """Standby at 3 and 4, an answer at 5, again every 10 seconds."""
    at = second % 10
    if 'never' in instruction:
        return SILENCE, ''
    if at in (3, 4):
        return STANDBY, ''
    return (RESPONSE, 'It boils.') if at == 5 else (SILENCE, '')


class Setup:
    """An assistant, its parts, and everything it reported."""

    def __init__(self, script: Callable = kettle, capacity: int = 8192, **settings: object):
        self.backbone = ScriptedBackbone(script, lanes=3, capacity=capacity)
        self.book = InstructionBook(3)
        self.assistant = Assistant(self.backbone, self.book, AssistantSettings(**settings))
        self.events: list[Event] = []

    def see(self, *frames: Frame, speak: int = 1000) -> list[Event]:
        fresh: list[Event] = []
        for frame in frames:
            fresh += self.assistant.observe(frame)
            fresh += self.assistant.speak(speak) if speak else []
        self.events += fresh
        return fresh

    def states(self, instruction_id: int = 1) -> list[State]:
        return [
            event.state
            for event in self.events
            if isinstance(event, Decided) and event.instruction_id == instruction_id
        ]

    def answers(self) -> list[Answered]:
        return [event for event in self.events if isinstance(event, Answered)]

    def reasons(self) -> list[Reason]:
        return [
            event.reason for event in self.events if isinstance(event, Decided) and event.reason
        ]


@pytest.fixture
def setup() -> Setup:
    return Setup()


def test_every_frame_gets_a_state_and_the_event_an_answer(setup: Setup, frame: Callable) -> None:
    setup.book.add('tell me when the kettle boils')
    setup.see(*map(frame, range(7)))
    assert setup.states() == [SILENCE] * 3 + [STANDBY] * 2 + [RESPONSE, SILENCE]
    (answer,) = setup.answers()
    assert (answer.text, answer.finish) == ('It boils.', Finish.STOP)
    assert answer.event_start == frame(3).stamp
    assert answer.event_end == answer.frame.stamp == frame(5).stamp
    assert answer.time_origin == frame(0).stamp


def test_the_pieces_of_an_answer_make_its_text(setup: Setup, frame: Callable) -> None:
    setup.book.add('kettle')
    pieces = [one for one in setup.see(*map(frame, range(7))) if isinstance(one, Spoke)]
    assert ''.join(piece.text for piece in pieces) == 'It boils.'
    assert [piece.index for piece in pieces] == list(range(len(pieces)))
    assert [piece.is_final for piece in pieces] == [False] * (len(pieces) - 1) + [True]


def test_a_silent_frame_is_one_vision_pass_and_one_extend(setup: Setup, frame: Callable) -> None:
    setup.book.add('never')
    setup.book.add('never again')
    setup.see(*map(frame, range(20)))
    passes = setup.backbone.passes
    assert (passes.encode, passes.extend, passes.decode, passes.prefill) == (20, 20, 0, 0)


def test_the_dialogue_is_streamos(setup: Setup, frame: Callable) -> None:
    setup.book.add('kettle')
    setup.see(*map(frame, range(2)), *map(frame, range(5, 7)))
    turn = (
        '<|im_start|>user\n{}<|vision_start|>' + '\ufffc' * 12 + '<|vision_end|><|im_end|>\n'
        '<|im_start|>assistant\n'
    )
    end = '<|im_end|>\n'
    assert setup.backbone.transcript(0) == (
        '<|im_start|>system\nYou watch.<|im_end|>\n'
        + turn.format('kettle\n<0s-1s>\n')
        + '</Silence>'
        + end
        + turn.format('<1s-2s>\n')
        + '</Silence>'
        + end
        + turn.format('<5s-6s>\n')
        + '</Response>It boils.'
        + end
        + turn.format('<6s-7s>\n')
    )


def test_with_no_instruction_each_frame_says_so(setup: Setup, frame: Callable) -> None:
    setup.see(frame(0), frame(1))
    assert setup.reasons() == [Reason.NO_INSTRUCTION] * 2
    assert setup.backbone.passes.encode == 0


def test_an_instruction_begins_at_its_capture_time(setup: Setup, frame: Callable) -> None:
    setup.book.add('kettle', since=frame(4).stamp)
    setup.see(*map(frame, range(6)))
    assert len(setup.states()) == 2
    assert setup.book.active()[0].stamp == frame(4).stamp


def test_tags_count_from_the_first_frame_of_the_lane(setup: Setup, frame: Callable) -> None:
    setup.book.add('kettle')
    (event,) = setup.see(frame(40))
    assert isinstance(event, Decided)
    assert (event.tag, event.time_origin) == ('<0s-1s>', frame(40).stamp)


def test_looking_never_waits_for_speaking(setup: Setup, frame: Callable) -> None:
    setup.book.add('kettle')
    setup.book.add('never', since=frame(5).stamp)
    setup.see(*map(frame, range(5)))
    setup.see(frame(5), frame(6), frame(7), speak=1)
    assert setup.states(1)[-1] is RESPONSE
    assert len(setup.states(2)) == 3
    setup.see(frame(8))
    assert setup.states(1)[-4:] == [RESPONSE, SILENCE, SILENCE, SILENCE]
    stamps = [
        event.frame.stamp
        for event in setup.events
        if isinstance(event, Decided) and event.instruction_id == 1
    ]
    assert stamps == [frame(at).stamp for at in range(9)]


def test_late_and_prompt_speech_end_in_the_same_dialogue(frame: Callable) -> None:
    prompt, late = Setup(), Setup()
    for setup, budget in ((prompt, 1000), (late, 1)):
        setup.book.add('kettle')
        setup.see(*map(frame, range(9)), speak=budget)
        setup.see(frame(9))
    assert prompt.backbone.transcript(0) == late.backbone.transcript(0)
    assert prompt.states() == late.states()


def test_frames_beyond_the_backlog_are_unknown_and_counted(frame: Callable) -> None:
    setup = Setup(backlog=2)
    setup.book.add('kettle')
    setup.see(*map(frame, range(9)), speak=0)
    assert setup.reasons() == [Reason.OVERFLOW]
    setup.see(frame(9))
    assert len(setup.states()) == 10


def test_a_cancelled_answer_stops_within_one_token(setup: Setup, frame: Callable) -> None:
    one = setup.book.add('kettle')
    setup.see(*map(frame, range(5)))
    setup.see(frame(5), speak=3)
    decoded = setup.backbone.passes.decode
    setup.book.cancel(one.id)
    setup.events += setup.assistant.speak(100)
    assert setup.backbone.passes.decode == decoded
    (answer,) = setup.answers()
    assert (answer.text, answer.finish) == ('It', Finish.CANCELED)
    assert setup.backbone.rows == {}


def test_lanes_that_speak_share_their_decode_steps(setup: Setup, frame: Callable) -> None:
    setup.book.add('kettle')
    setup.book.add('the other kettle')
    setup.see(*map(frame, range(6)))
    assert len(setup.answers()) == 2
    assert setup.backbone.passes.decode == len('It boils.') + 1


def test_an_instruction_ends_after_its_responses(setup: Setup, frame: Callable) -> None:
    setup.book.add('kettle', max_responses=1)
    setup.see(*map(frame, range(20)))
    assert [answer.text for answer in setup.answers()] == ['It boils.']
    assert setup.book.active() == ()
    assert len(setup.states()) == 6
    assert setup.states(0) == [State.UNKNOWN] * 14


def test_no_response_during_the_cooldown(setup: Setup, frame: Callable) -> None:
    setup.book.add('kettle', cooldown=15 * SECOND)
    setup.see(*map(frame, range(30)))
    assert [answer.frame.stamp for answer in setup.answers()] == [frame(5).stamp, frame(25).stamp]
    quiet = [event for event in setup.events if isinstance(event, Decided)][15]
    assert quiet.state is SILENCE
    assert quiet.probabilities[2] > 0.9


def test_an_instruction_ends_with_its_lifetime(setup: Setup, frame: Callable) -> None:
    setup.book.add('never', lifetime=3 * SECOND)
    setup.see(*map(frame, range(6)))
    assert len(setup.states()) == 3


def test_replacing_an_instruction_opens_a_new_lane(setup: Setup, frame: Callable) -> None:
    old = setup.book.add('kettle')
    setup.see(*map(frame, range(3)))
    new = setup.book.add('never', replace_id=old.id)
    setup.see(frame(3))
    assert 'never' in setup.backbone.transcript(0)
    assert setup.states(new.id) == [SILENCE]


def test_a_new_stream_clears_the_lanes_and_keeps_the_instructions(
    setup: Setup, frame: Callable
) -> None:
    setup.book.add('kettle')
    setup.see(*map(frame, range(6)), speak=1)
    setup.see(frame(0, stream_id=2))
    assert setup.answers()[0].finish is Finish.CANCELED
    last = setup.events[-1]
    assert isinstance(last, Decided)
    assert (last.tag, last.frame.tick.stream_id, last.instruction_id) == ('<0s-1s>', 2, 1)


def test_a_bad_frame_is_unknown_and_nothing_else_is_lost(setup: Setup, frame: Callable) -> None:
    setup.book.add('kettle')
    bad = frame(4).missed(Reason.BAD_FRAME, 'corrupt')
    setup.see(*map(frame, range(4)), bad, frame(5))
    assert setup.states()[3:] == [STANDBY, State.UNKNOWN, RESPONSE]
    assert setup.answers()[0].event_start == frame(3).stamp


def test_a_frame_the_model_fails_on_never_happened(frame: Callable) -> None:
    def script(instruction: str, second: float) -> tuple[State, str]:
        return (State.UNKNOWN, '') if second == 2 else kettle(instruction, second)

    setup = Setup(script)
    setup.book.add('kettle')
    setup.see(*map(frame, range(4)))
    assert setup.reasons() == [Reason.MODEL_FAILED]
    assert '<2s-3s>' not in setup.backbone.transcript(0)
    assert setup.assistant.passes.failures == 1


def test_a_vision_pass_that_fails_is_reported_for_every_instruction(
    setup: Setup, frame: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(image: object) -> None:
        raise BackboneError('the encoder is out of memory')

    setup.book.add('kettle')
    setup.book.add('never')
    with monkeypatch.context() as patched:
        patched.setattr(setup.backbone, 'encode', fail)
        setup.see(frame(0))
    assert setup.reasons() == [Reason.MODEL_FAILED] * 2
    setup.see(frame(1))
    assert setup.states(2)[-1] is SILENCE


def test_a_decode_that_fails_ends_the_answer_and_the_stream_goes_on(
    setup: Setup, frame: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.book.add('kettle')
    setup.see(*map(frame, range(5)))
    setup.see(frame(5), speak=3)
    with monkeypatch.context() as patched:
        patched.setattr(setup.backbone, 'decode', lambda requests, sampling: [None])
        setup.events += setup.assistant.speak(5)
    assert setup.answers()[0].finish is Finish.ERROR
    setup.see(frame(6))
    assert setup.states()[-1] is SILENCE
    assert '</Response>It<|im_end|>\n' in setup.backbone.transcript(0)


def test_an_answer_that_never_ends_is_cut(frame: Callable) -> None:
    setup = Setup(lambda *_: (RESPONSE, 'ha' * 500), limits=ContextLimits(max_new_tokens=10))
    setup.book.add('laugh')
    setup.see(frame(0), frame(1))
    assert [answer.finish for answer in setup.answers()] == [Finish.LENGTH] * 2
    assert setup.answers()[0].text == 'hahahahaha'
    assert '</Response>hahahahaha<|im_end|>\n' in setup.backbone.transcript(0)


def test_another_image_size_begins_the_lane_from_its_answers(
    setup: Setup, frame: Callable
) -> None:
    setup.book.add('kettle')
    setup.see(*map(frame, range(7)))
    setup.see(frame(7, size=(64, 64)))
    said = setup.backbone.transcript(0)
    assert said.count('<|vision_start|>') == 1
    assert said.count('\ufffc') == 9
    assert '</Response>It boils.' in said
    assert setup.states()[-1] is SILENCE


def test_an_instruction_can_look_back(setup: Setup, frame: Callable) -> None:
    setup.see(*map(frame, range(6)))
    setup.book.add('kettle', backfill=3 * SECOND)
    setup.see(frame(6))
    decided = [
        event for event in setup.events if isinstance(event, Decided) and event.instruction_id
    ]
    assert [one.frame.stamp for one in decided] == [frame(at).stamp for at in (3, 4, 5, 6)]
    assert decided[0].tag == '<0s-1s>'
    assert setup.book.active()[0].stamp == frame(3).stamp


def test_the_window_forgets_in_blocks_and_stays_a_dialogue(frame: Callable) -> None:
    setup = Setup(limits=ContextLimits(max_frames=8, max_answers=1))
    setup.book.add('kettle')
    longest = 0
    for second in range(60):
        setup.see(frame(second))
        said = setup.backbone.transcript(0)
        longest = max(longest, said.count('<|vision_start|>'))
        assert said.startswith(
            '<|im_start|>system\nYou watch.<|im_end|>\n<|im_start|>user\nkettle\n<'
        )
        assert said.count('<|im_start|>user') == said.count('<|im_start|>assistant')
    assert longest == 8
    assert 1 <= said.count('It boils.') <= 2
    assert setup.states()[50:60] == setup.states()[:10]


def test_capacity_is_never_exceeded_by_long_answers(frame: Callable) -> None:
    setup = Setup(
        lambda *_: (RESPONSE, 'x' * 90),
        capacity=1000,
        limits=ContextLimits(max_frames=50, max_answers=50, max_new_tokens=90),
    )
    setup.book.add('kettle')
    setup.see(*map(frame, range(40)))
    assert setup.reasons() == []
    assert len(setup.answers()) == 40
    assert all(answer.finish in (Finish.STOP, Finish.LENGTH) for answer in setup.answers())


def test_tags_begin_again_after_max_time(frame: Callable) -> None:
    setup = Setup(limits=ContextLimits(max_frames=8, max_time=20.0))
    setup.book.add('kettle')
    setup.see(*map(frame, range(100)))
    tags = [
        float(event.tag[1:].split('s-')[0]) for event in setup.events if isinstance(event, Decided)
    ]
    assert max(tags) == 19
    origins = {event.time_origin for event in setup.events if isinstance(event, Decided)}
    assert len(origins) > 4
    assert setup.backbone.transcript(0).count('<|vision_start|>') <= 8


def test_what_was_said_outlives_the_tags(frame: Callable) -> None:
    """A lane that is to speak of changes must know what it said last."""
    said = []

    def once(*_: object) -> tuple[State, str]:
        state = SILENCE if said else RESPONSE
        said.append(state)
        return state, 'It boils.'

    setup = Setup(once, limits=ContextLimits(max_frames=4, max_time=20.0))
    setup.book.add('kettle')
    setup.see(*map(frame, range(100)))
    origins = [event.time_origin for event in setup.events if isinstance(event, Decided)]
    assert len(set(origins)) > 4
    transcript = setup.backbone.transcript(0)
    assert transcript.count('It boils.') == 1
    seconds = [float(part.split('s-')[0]) for part in transcript.split('<')[1:] if 's-' in part]
    assert seconds == sorted(set(seconds))
    assert seconds[-1] < 20
    last = setup.events[-1]
    assert isinstance(last, Decided)
    assert last.frame.stamp - last.time_origin == seconds[-1] * SECOND


def test_many_answers_leave_room_for_the_tags(frame: Callable) -> None:
    limits = ContextLimits(max_frames=2, max_answers=50, max_time=12.0)
    setup = Setup(lambda *_: (RESPONSE, 'Yes.'), limits=limits)
    setup.book.add('kettle')
    setup.see(*map(frame, range(60)))
    origins = [event.time_origin for event in setup.events if isinstance(event, Decided)]
    # A quarter of the time at most is theirs, so the tags have another before they restart again.
    assert len(set(origins)) <= 60 / 3 + 1


def test_thresholds_change_while_it_runs(setup: Setup, frame: Callable) -> None:
    setup.book.add('kettle')
    setup.assistant.settings = AssistantSettings(thresholds=Thresholds(response=0.999))
    setup.see(*map(frame, range(7)))
    assert RESPONSE not in setup.states()


def test_reset_forgets_the_stream_and_keeps_the_instructions(
    setup: Setup, frame: Callable
) -> None:
    setup.book.add('kettle')
    setup.see(*map(frame, range(3)))
    setup.assistant.reset()
    assert setup.backbone.rows == {}
    (event,) = setup.see(frame(3))
    assert isinstance(event, Decided)
    assert event.tag == '<0s-1s>'


def test_more_lanes_than_slots_wait_for_an_answer_to_end(frame: Callable) -> None:
    setup = Setup()
    for text in ('kettle a', 'kettle b', 'kettle c'):
        setup.book.add(text, max_responses=1)
    setup.see(*map(frame, range(5)))
    setup.see(frame(5), speak=1)
    setup.book.add('never')
    setup.see(frame(6), speak=0)
    assert setup.reasons() == [Reason.OVERFLOW]
    setup.events += setup.assistant.speak(1000)
    setup.see(frame(7))
    assert setup.states(4)[-1] is SILENCE


def test_random_life_keeps_every_promise(frame: Callable) -> None:
    chance = np.random.default_rng(7)
    setup = Setup(
        capacity=1500,
        limits=ContextLimits(max_frames=9, max_answers=2, max_time=30.0, max_new_tokens=20),
        backlog=3,
    )
    owed: dict[int, int] = {}
    for second in range(400):
        standing = setup.book.active()
        if standing and chance.random() < 0.05:
            setup.book.cancel(standing[0].id)
        elif len(standing) < 3 and chance.random() < 0.2:
            setup.book.add(
                f'kettle {second}', max_responses=int(chance.integers(0, 3)), backfill=0
            )
        setup.events += setup.assistant.observe(frame(second))
        for one in setup.book.active():
            owed[one.id] = owed.get(one.id, 0) + 1
        setup.events += setup.assistant.speak(int(chance.integers(0, 6)))
    setup.events += setup.assistant.speak(10_000)
    assert not setup.assistant.busy
    for one in setup.book.active():
        assert len(setup.states(one.id)) == owed[one.id]
    assert all(len(row) <= 1500 for row in setup.backbone.rows.values())
    begun = {event.response_id for event in setup.events if isinstance(event, Decided)} - {0}
    assert begun == {answer.response_id for answer in setup.answers()}


def test_what_is_recognized_in_a_frame_is_known_until_the_next(frame) -> None:
    cup = Sighting('cup', 0.8, (0, 0, 1, 1))
    setup = Setup()
    encode = setup.backbone.encode
    setup.backbone.encode = lambda image: replace(encode(image), sightings=(cup,))
    setup.book.add('a cup')
    setup.see(frame(0))
    assert setup.assistant.vision.sightings == (cup,)
    setup.backbone.encode = encode
    setup.see(frame(1))
    assert setup.assistant.vision.sightings == ()
