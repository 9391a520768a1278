# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is delivered and what is held back, through the assistant."""

from __future__ import annotations

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.decision import redecide
from streamo_ros.core.decision import Sample
from streamo_ros.core.decision import Thresholds
from streamo_ros.core.delivery import Held
from streamo_ros.core.delivery import NotifyLimits
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.events import HeldBack
from streamo_ros.core.events import Spoke
from streamo_ros.core.frame import SECOND
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.protocol import State

SILENCE, STANDBY, RESPONSE = State.SILENCE, State.STANDBY, State.RESPONSE
QUIET = NotifyLimits(repeats=False)
THRESHOLDS = Thresholds()


def run(frame, script, limits, seconds, thresholds=THRESHOLDS, **instruction):
    """All events of an instruction that is answered by a script of states and texts."""

    def line(_, second):
        return script.get(int(second), (SILENCE, ''))

    book = InstructionBook(1)
    added = book.add('watch', **instruction)
    settings = AssistantSettings(thresholds, notify=limits)
    assistant = Assistant(ScriptedBackbone(line, lanes=1, capacity=8192), book, settings)
    events = []
    for second in seconds:
        events += assistant.observe(frame(second)) + assistant.speak(1000)
    return events, book.get(added.id)


def told(events, kind=Answered):
    return [(event.frame.tick.index, event.text) for event in events if isinstance(event, kind)]


def test_the_same_answer_is_not_repeated_while_its_event_lasts(frame):
    script = {
        2: (RESPONSE, 'It boils.'),
        3: (RESPONSE, 'It boils.'),
        4: (STANDBY, ''),
        5: (RESPONSE, 'It boils.'),
        6: (RESPONSE, 'It boils over.'),
        # 7 is silent: the event is over.
        8: (RESPONSE, 'It boils.'),
    }
    events, left = run(frame, script, QUIET, range(10))
    assert told(events) == [(2, 'It boils.'), (6, 'It boils over.'), (8, 'It boils.')]
    assert told(events, HeldBack) == [(3, 'It boils.'), (5, 'It boils.')]
    assert [one.episode_id for one in events if isinstance(one, Answered)] == [1, 1, 2]
    assert left.response_count == 3
    # A repetition ends with one empty piece, and what is told makes up the whole answers.
    pieces = {}
    for one in events:
        if isinstance(one, Spoke):
            pieces.setdefault(one.frame.tick.index, []).append(one)
    spoken = {at: ''.join(piece.text for piece in part) for at, part in pieces.items()}
    assert spoken == {**dict(told(events)), 3: '', 5: ''}
    for part in pieces.values():
        assert [one.index for one in part] == list(range(len(part)))
        assert [one.is_final for one in part] == [False] * (len(part) - 1) + [True]


def test_an_empty_answer_is_none(frame):
    script = {2: (RESPONSE, ''), 3: (RESPONSE, 'a'), 4: (RESPONSE, 'a')}
    events, left = run(frame, script, QUIET, range(6), max_responses=1, cooldown=9 * SECOND)
    # It begins no cooldown, and is not the one answer that was asked for.
    assert told(events) == [(3, 'a')]
    assert [(one.frame.tick.index, one.held) for one in events if isinstance(one, HeldBack)] == [
        (2, Held.EMPTY)
    ]
    assert left is None or left.finished
    pieces = [one for one in events if isinstance(one, Spoke) and one.frame.tick.index == 2]
    assert [(one.text, one.is_final) for one in pieces] == [('', True)]


def test_repetitions_are_delivered_where_they_are_wanted(frame):
    script = {2: (RESPONSE, 'It boils.'), 3: (RESPONSE, 'It boils.')}
    events, _ = run(frame, script, NotifyLimits(), range(5))
    assert len(told(events)) == 2
    assert not told(events, HeldBack)


def test_a_repetition_is_none_of_the_responses_that_were_asked_for(frame):
    script = {2: (RESPONSE, 'a'), 3: (RESPONSE, 'a'), 5: (RESPONSE, 'a'), 6: (RESPONSE, 'b')}
    events, left = run(frame, script, QUIET, range(8), max_responses=2)
    assert told(events) == [(2, 'a'), (5, 'a')]
    # It has given both of its answers, and has ended.
    assert left is None or left.finished


def test_a_cooldown_counts_from_what_was_delivered(frame):
    script = {second: (RESPONSE, 'a' if second < 5 else 'b') for second in (2, 3, 4, 5, 6)}
    script[9] = (RESPONSE, 'b')
    events, _ = run(frame, script, QUIET, range(12), cooldown=3 * SECOND)
    # 3 and 4 are in the cooldown of 2; 5 is not, and begins one that 6 is in, and 9 is not.
    assert told(events) == [(2, 'a'), (5, 'b'), (9, 'b')]
    held = [(one.frame.tick.index, one.held) for one in events if isinstance(one, HeldBack)]
    assert held == [(3, Held.COOLDOWN), (6, Held.COOLDOWN)]


def test_an_instruction_without_a_cooldown_has_that_of_the_parameters(frame):
    script = {second: (RESPONSE, str(second)) for second in range(2, 9)}
    limits = NotifyLimits(cooldown=4 * SECOND)
    assert [at for at, _ in told(run(frame, script, limits, range(9))[0])] == [2, 6]
    own = run(frame, script, limits, range(9), cooldown=2 * SECOND)[0]
    assert [at for at, _ in told(own)] == [2, 4, 6, 8]


def test_with_hysteresis_an_event_is_answered_once(frame):
    script = {second: (RESPONSE, str(second)) for second in (2, 3, 4, 6, 8)}
    # At 5 the probability falls by half at least; at 7 as well.
    thresholds = Thresholds(response=0.9, hysteresis=0.4)
    events, _ = run(frame, script, NotifyLimits(), range(10), thresholds)
    assert [at for at, _ in told(events)] == [2, 6, 8]
    held = [(one.frame.tick.index, one.held) for one in events if isinstance(one, HeldBack)]
    # A run of frames is one answer that was held back.
    assert held == [(3, Held.HYSTERESIS)]
    decided = [one for one in events if isinstance(one, Decided)]
    samples = [Sample(one.frame.stamp, one.probabilities) for one in decided]
    assert [one.state for one in decided] == redecide(samples, thresholds)
    assert decided[3].state is not RESPONSE
    assert decided[3].probabilities[2] > 0.9


def test_hysteresis_counts_what_was_decided_and_a_cooldown_what_was_delivered(frame):
    script = dict.fromkeys((2, 4, 6, 8), (RESPONSE, 'a'))
    thresholds = Thresholds(response=0.9, hysteresis=0.4)
    limits = NotifyLimits(cooldown=5 * SECOND)
    events, _ = run(frame, script, limits, range(10), thresholds)
    assert [at for at, _ in told(events)] == [2, 8]
    assert [one.held for one in events if isinstance(one, HeldBack)] == [Held.COOLDOWN] * 2


def test_at_most_so_many_answers_in_an_hour(frame):
    script = {second: (RESPONSE, str(second)) for second in (10, 20, 30, 3620, 3640)}
    seconds = sorted({*script, *(second + 1 for second in script), 0})
    events, _ = run(frame, script, NotifyLimits(max_per_hour=2), seconds)
    # At 3620 s the answer of 20 s is an hour old; at 3640 s two are younger.
    assert [at for at, _ in told(events)] == [10, 20, 3620, 3640]
    assert [one.held for one in events if isinstance(one, HeldBack)] == [Held.HOURLY]
