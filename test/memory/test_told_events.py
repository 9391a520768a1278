# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Events that two instructions tell of are counted once; what differs stays apart."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from streamo_ros.core.frame import SECOND
from streamo_ros.core.protocol import State
from streamo_ros.memory.ask import Asker
from test.memory.conftest import START

NARRATE = 'Describe what happens.'
WHITE = 'Tell me when the star turns white.'
RED = 'Tell me when a red ball comes in.'
BLUE = 'Tell me when a blue ball comes in.'
KETTLE = 'Tell me when the kettle boils.'


def _watched(teller, told, seconds=range(60), start=None) -> Asker:
    """A store of instructions and their answers: {instruction: {second: text}}."""
    one = teller()
    for second in seconds:
        for key, (text, answers) in enumerate(told.items(), 1):
            says = answers.get(second, '')
            state = State.RESPONSE if says else State.SILENCE
            began = None if start is None or not says else second - start
            one.see(second, state, says, text, key=key, event_start=began)
    return Asker(one.done(), ZoneInfo('UTC'))


def _answer(asker: Asker, question: str) -> str:
    return asker.from_record(asker.recall(question)).text


@pytest.mark.parametrize('late', [0, 1])
def test_what_two_instructions_tell_of_is_counted_once(teller, late) -> None:
    asker = _watched(
        teller,
        {
            NARRATE: {10: 'The star is now white.', 30: 'The star is now white.'},
            WHITE: {10 + late: 'The star turned white.', 30 + late: 'The star turned white.'},
        },
    )
    assert 'twice' in _answer(asker, 'How often was the star white?')
    assert 'twice' in _answer(asker, 'How often did the star turn white?')
    happened = _answer(asker, 'What happened?')
    assert happened.count('star') == 2
    stamps = asker.from_record(asker.recall('When was the star white?')).evidence
    assert [round((stamp - START) / SECOND) for stamp in stamps] == [10 + late, 30 + late]


def test_the_answer_that_says_more_is_the_one_that_is_quoted(teller) -> None:
    asker = _watched(teller, {KETTLE: {10: 'Yes.'}, NARRATE: {10: 'The old kettle boils.'}})
    assert '“The old kettle boils.”' in _answer(asker, 'When did the kettle boil?')


def test_two_frames_between_them_are_two_events(teller) -> None:
    asker = _watched(
        teller, {NARRATE: {10: 'The star is now white.'}, WHITE: {12: 'The star turned white.'}}
    )
    assert 'twice' in _answer(asker, 'How often was the star white?')


def test_a_pause_of_the_camera_is_not_one_frame(teller) -> None:
    told = {NARRATE: {10: 'The star is now white.'}, WHITE: {40: 'The star turned white.'}}
    asker = _watched(teller, told, seconds=(8, 9, 10, 40, 41))
    assert 'twice' in _answer(asker, 'How often was the star white?')


@pytest.mark.parametrize('come', ['A {} ball has arrived.', 'It has arrived.'])
def test_two_things_on_one_frame_are_two_events(teller, come) -> None:
    told = {RED: {10: come.format('red')}, BLUE: {10: come.format('blue')}}
    assert 'twice' in _answer(_watched(teller, told), 'How often did a ball come in?')


def test_coming_and_going_on_one_frame_are_two_events(teller) -> None:
    asker = _watched(
        teller, {RED: {10: 'The red ball has arrived.'}, NARRATE: {10: 'The red ball has left.'}}
    )
    assert _answer(asker, 'What happened?').count('red ball') == 2


def test_an_answer_that_denies_is_not_taken_for_one_that_affirms(teller) -> None:
    asker = _watched(teller, {KETTLE: {10: 'No.'}, NARRATE: {10: 'The kettle boils.'}})
    happened = _answer(asker, 'What happened?')
    assert '“No.”' in happened
    assert '“The kettle boils.”' in happened


def test_one_instruction_that_stands_by_again_tells_of_another_event(teller) -> None:
    moved = {10: 'The box was moved.', 11: 'The box was moved.'}
    asker = _watched(teller, {NARRATE: moved, 'Watch the box.': moved}, start=0.5)
    assert 'twice' in _answer(asker, 'How often was the box moved?')


def test_what_both_repeat_is_still_one_event(teller) -> None:
    boils = dict.fromkeys((10, 11, 12, 14), 'The kettle boils.')
    asker = _watched(teller, {KETTLE: boils, NARRATE: boils})
    assert 'once' in _answer(asker, 'How often did the kettle boil?')


def test_the_same_instruction_given_twice_counts_once(teller) -> None:
    one = teller()
    for second in range(30):
        says = 'The kettle boils.' if second == 10 else ''
        for key in (1, 2):
            one.see(second, State.RESPONSE if says else State.SILENCE, says, KETTLE, key=key)
    asker = Asker(one.done(), ZoneInfo('UTC'))
    assert 'once' in _answer(asker, 'How often did the kettle boil?')
