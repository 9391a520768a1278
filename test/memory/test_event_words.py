# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Questions that name an event in other words than the notes, and notes that follow closely."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from streamo_ros.core.frame import SECOND
from streamo_ros.core.interface import Sighting
from streamo_ros.core.protocol import State
from streamo_ros.memory.ask import Asker
from streamo_ros.memory.ask import AskOutcome
from streamo_ros.memory.event_words import event_kind
from streamo_ros.memory.event_words import EventKind
from streamo_ros.memory.reader import StoreReader
from test.memory.conftest import START
from test.memory.conftest import Teller
from test.memory.conftest import Vision

NOTES = {
    10: 'A red ball has arrived.',
    14: 'The box is now red.',
    17: 'The green box was moved.',
    21: 'The green box was moved.',
    25: 'The red ball has left.',
    40: 'A red ball has arrived.',
    44: 'The ball is now blue.',
    50: 'He took the key.',
    60: 'The cup stands at the left of the plate.',
}
BEGAN_BEFORE = 2
DOG = range(80, 90)


@pytest.fixture(scope='module')
def asker(tmp_path_factory) -> Asker:
    teller = Teller(tmp_path_factory.mktemp('stores') / 'store')
    for second in range(100):
        text = NOTES.get(second, '')
        waits = any(second + ahead in NOTES for ahead in range(1, BEGAN_BEFORE + 1))
        teller.see(
            second,
            State.RESPONSE if text else State.STANDBY if waits else State.SILENCE,
            text,
            'Describe what happens.',
            event_start=second - BEGAN_BEFORE if text else None,
            vision=Vision(None, (Sighting('dog', 0.9, (0.1, 0.1, 0.4, 0.4)),))
            if second in DOG
            else None,
        )
    teller.writer.close()
    return Asker(StoreReader(teller.folder), ZoneInfo('UTC'))


@pytest.mark.parametrize(
    ('question', 'seconds'),
    [
        ('When did a red ball arrive?', [10, 40]),
        ('How often did a red ball come in?', [10, 40]),
        ('When did the red ball last show up?', [40]),
        ('When did the red ball leave?', [25]),
        ('When did the red ball go away?', [25]),
        ('Was the red ball gone?', [25]),
        ('When did the box turn red?', [14]),
        ('When did the ball become blue?', [44]),
        ('When was the green box moved?', [17, 21]),
        ('How many times did somebody push the green box?', [17, 21]),
        ('When was the key taken?', [50]),
        ('What happened before the box turned red?', [10]),
        ('What happened before the red ball left?', [10, 14, 17, 21]),
        ('Was there a cup?', [60]),
        # The detector saw it go.
        ('When did the dog leave?', [89]),
    ],
)
def test_an_event_is_found_in_other_words(asker, question, seconds) -> None:
    answer = asker.from_record(asker.recall(question))
    assert answer.outcome is AskOutcome.ANSWERED, answer
    assert [(stamp - START) // SECOND for stamp in answer.evidence] == seconds


@pytest.mark.parametrize(
    'question',
    [
        'When did the green box leave?',
        'When did the green box come in?',
        'When did the green box arrive and fall over?',
        'When did the cup leave?',
        'When was the red ball moved?',
        'When did the box turn white?',
        'How often did a cat come in?',
        'Was somebody at the plate?',
        'Was there a person at the plate?',
    ],
)
def test_another_event_of_the_same_thing_is_no_answer(asker, question) -> None:
    answer = asker.from_record(asker.recall(question))
    assert answer.outcome is AskOutcome.NOT_FOUND, answer


@pytest.mark.parametrize(
    ('text', 'kind'),
    [
        ('A blue cone has arrived.', EventKind.ARRIVE),
        ('did somebody walk back in', EventKind.ARRIVE),
        ('The cat has left.', EventKind.LEAVE),
        ('the bus is driving off', None),
        ('when did the bus drive off?', EventKind.LEAVE),
        ('It lies on the left.', None),
        ('the cup at the left side', None),
        ('The car turned left.', None),
        ('The light turned green.', EventKind.BECOME),
        ('They carried the box.', EventKind.MOVE),
        ('The kettle boils.', None),
    ],
)
def test_the_kind_of_an_event(text, kind) -> None:
    assert event_kind(text) is kind


def test_the_same_answer_given_again_is_one_event(teller) -> None:
    one = teller()
    for second in range(30):
        says = 'The kettle boils.' if second in (10, 12) else ''
        one.see(second, State.RESPONSE if says else State.SILENCE, says)
    asker = Asker(one.done(), ZoneInfo('UTC'))
    assert 'once' in asker.from_record(asker.recall('How often did the kettle boil?')).text
