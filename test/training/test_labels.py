# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is due when: adjacent, overlapping and late events, several questions, any rate."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from streamo_ros.core.protocol import State
from streamo_ros.training.labeled_dialogue import LabeledDialogue
from streamo_ros.training.labels import label
from streamo_ros.training.labels import LabelTimeline
from streamo_ros.training.labels import timeline
from streamo_ros.training.record import AnnotatedAnswer
from streamo_ros.training.record import AnnotatedQuestion
from streamo_ros.training.record import Annotation

LETTERS = {State.SILENCE: '.', State.STANDBY: '-', State.RESPONSE: '!'}


def record(answers, questions=(('what happens?', 0),)):
    return Annotation(
        'clip',
        'clip.mp4',
        'QA',
        'test',
        tuple(AnnotatedQuestion(text, Fraction(time)) for text, time in questions),
        tuple(
            AnnotatedAnswer(text, None if start is None else Fraction(start), Fraction(end))
            for text, start, end in answers
        ),
    )


def labelled(answers, seconds=12, rate='1', questions=(('what happens?', 0),), rule='paper'):
    line = timeline(Fraction(seconds), Fraction(rate), rule=rule)
    dialogue, findings = label(record(answers, questions), line)
    assert dialogue is not None
    return dialogue, findings


def states(dialogue: LabeledDialogue) -> str:
    return ''.join(LETTERS[turn.state] for turn in dialogue.turns)


def texts(dialogue: LabeledDialogue) -> dict[int, str]:
    return {k: turn.text for k, turn in enumerate(dialogue.turns) if turn.text}


def test_the_example_of_the_authors():
    dialogue, findings = labelled([('red carpet', 5, 6)], questions=[('which event?', 5)])
    assert states(dialogue) == '....--!.....'
    assert dialogue.turns[6].reply == '</Response> red carpet'
    assert dialogue.turns[4].request == 'which event?\n<4s-5s>\n<stream>'
    assert [bool(turn.instruction) for turn in dialogue.turns].count(True) == 1
    assert not findings


def test_instant_answer_has_no_standby():
    dialogue, _ = labelled([('now', None, 3)])
    assert states(dialogue) == '..!.........'


@pytest.mark.parametrize(
    ('second', 'drawn'),
    [
        ((5, 9), '-----!---!..'),
        ((6, 9), '-----!---!..'),
        ((7, 9), '-----!---!..'),
        ((8, 9), '-----!.--!..'),
    ],
)
def test_adjacent_events_keep_both_answers(second, drawn):
    dialogue, findings = labelled([('one', 0, 5), ('two', *second)])
    assert states(dialogue) == drawn
    assert texts(dialogue) == {5: 'one', 9: 'two'}
    assert not findings


@pytest.mark.parametrize('order', [(0, 1), (1, 0)])
def test_overlapping_events_keep_both_answers_in_any_order(order):
    events = [('long', 1, 9), ('inner', 3, 5)]
    dialogue, _ = labelled([events[k] for k in order])
    assert states(dialogue) == '-----!---!..'
    assert texts(dialogue) == {5: 'inner', 9: 'long'}


def test_an_instant_answer_inside_an_event():
    dialogue, _ = labelled([('instant', None, 4), ('event', 2, 6)])
    assert states(dialogue) == '.--!--!.....'


def test_two_answers_of_one_turn_are_joined():
    dialogue, _ = labelled([('First.', 1, 3), ('Second.', 2, 3)])
    assert texts(dialogue) == {3: 'First. Second.'}


def test_an_event_that_ends_with_the_video_is_answered_in_its_last_turn():
    dialogue, findings = labelled([('end', 9, 12)])
    assert states(dialogue) == '........---!'
    assert [finding.kind for finding in findings] == ['changed']
    assert 'after the last frame' in findings[0].why


def test_a_time_past_the_end_is_left_out_and_reported():
    dialogue, findings = labelled([('kept', 1, 2), ('lost', 10, 30)])
    assert texts(dialogue) == {2: 'kept'}
    assert findings[0].kind == 'answer'
    assert findings[0].why == 'answer 2 at 30 s is past the end of the video (12 s)'


def test_two_questions_of_one_second_both_stand():
    dialogue, _ = labelled([('yes', None, 6)], questions=[('one?', 3), ('two?', 3), ('three?', 5)])
    assert dialogue.turns[2].instruction == 'one?\ntwo?'
    assert dialogue.turns[4].instruction == 'three?'


def test_an_answer_older_than_the_question_is_given_with_it():
    dialogue, findings = labelled([('it was red', 1, 3)], questions=[('what colour was it?', 8)])
    assert states(dialogue) == '.......!....'
    assert [finding.kind for finding in findings] == ['changed']


def test_no_question_in_the_video_leaves_the_record_out():
    line = timeline(Fraction(12), Fraction(1))
    dialogue, findings = label(record([('a', 1, 2)], [('late?', 40)]), line)
    assert dialogue is None
    assert [finding.kind for finding in findings] == ['question', 'record']


@pytest.mark.parametrize(('rate', 'turns'), [('1', 240), ('2', 480), ('0.5', 120)])
@pytest.mark.parametrize(
    ('frames', 'frame_rate'),
    [
        (7193, Fraction(30000, 1001)),
        (5755, Fraction(24000, 1001)),
        (14386, Fraction(60000, 1001)),
        (6000, Fraction(25)),
    ],
)
def test_turns_follow_time_whatever_the_frame_rate(rate, turns, frames, frame_rate):
    line = timeline(frames / frame_rate, Fraction(rate), frame_rate)
    assert line.turns == turns


@pytest.mark.parametrize(
    ('rate', 'standby', 'due'),
    [('2', 9, 12), ('23.976', 119, 144), ('29.97', 149, 180), ('0.5', 2, 3)],
)
def test_an_event_lies_at_its_time_at_any_rate(rate, standby, due):
    dialogue, _ = labelled([('x', 5, 6)], rate=rate)
    drawn = states(dialogue)
    assert (drawn.index('-'), drawn.index('!')) == (standby, due)
    turn = dialogue.turns[due]
    assert turn.start >= 6 - 1 / Fraction(rate)
    assert turn.time == turn.start == due / Fraction(rate)


EVENTS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 20), st.booleans()), min_size=1, max_size=6
)


@pytest.mark.parametrize(
    ('answer', 'drawn'),
    [
        (('x', 5, 8), '.....---!...'),
        (('x', 4.5, 7.5), '.....---!...'),
        (('x', None, 5), '.....!......'),
        (('x', None, 4.5), '.....!......'),
        (('x', 9, 12), '.........---!'),
        (('x', None, 12), '............!'),
        (('x', 4.2, 4.8), '.....!......'),
    ],
)
def test_by_the_causal_rule_nothing_is_due_before_a_frame_can_show_it(answer, drawn):
    dialogue, findings = labelled([answer], rule='causal')
    assert states(dialogue) == drawn
    assert not findings


def test_an_event_that_ends_with_the_video_is_answered_on_the_last_frame_again():
    times = {k: Fraction(k) for k in range(12)}
    line = LabelTimeline(Fraction(12), Fraction(1), Fraction('11.97'), times, 'causal')
    dialogue, _ = label(record([('x', 9, 12)]), line)
    assert states(dialogue) == '.........---!'
    assert dialogue.turns[12].time == Fraction('11.97')
    assert dialogue.turns[12].request == '<12s-13s>\n<stream>'


def test_a_late_frame_shows_what_happened_before_it():
    times = {0: Fraction(0), 1: Fraction('1.6'), 2: Fraction(2), 4: Fraction(4)}
    line = LabelTimeline(Fraction(5), Fraction(1), Fraction(4), times, 'causal')
    dialogue, _ = label(record([('x', 1.5, 3)]), line)
    assert [turn.start for turn in dialogue.turns] == [0, 1, 2, 4]
    assert states(dialogue) == '.--!'


@pytest.mark.parametrize('rule', ['paper', 'causal'])
@settings(deadline=None)
@given(events=EVENTS, rate=st.sampled_from(['0.5', '1', '2', '23.976']))
def test_no_answer_is_ever_lost(rule, events, rate):
    answers = [
        (f'[{k}]', start if spans else None, start + length)
        for k, (start, length, spans) in enumerate(events)
    ]
    dialogue, findings = labelled(answers, seconds=60, rate=rate, rule=rule)
    said = ' '.join(turn.text for turn in dialogue.turns)
    assert all(said.count(text) == 1 for text, _, _ in answers)
    assert all(bool(turn.text) == (turn.state is State.RESPONSE) for turn in dialogue.turns)
    assert not [finding for finding in findings if finding.kind != 'changed']
