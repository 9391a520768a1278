# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Questions to a record: what is found, what is said, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from streamo_ros.core.frame import SECOND
from streamo_ros.core.interface import Sighting
from streamo_ros.core.protocol import State
from streamo_ros.memory.ask import Asker
from streamo_ros.memory.ask import AskError
from streamo_ros.memory.ask import AskOutcome
from streamo_ros.memory.clock_times import TimeError
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.store import Store
from test.memory.conftest import START
from test.memory.conftest import Teller
from test.memory.conftest import Vision

UTC = ZoneInfo('UTC')
# The stream begins at 22:13:20.


def cup(box: tuple[float, ...] = (0.0, 0.0, 0.2, 0.2)) -> Vision:
    return Vision(None, (Sighting('cup', 0.8, box),))


@pytest.fixture(scope='module')
def asker(tmp_path_factory) -> Callable[..., Asker]:
    def make() -> Path:
        one = Teller(tmp_path_factory.mktemp('stores') / 'store')
        states = {98: State.STANDBY, 99: State.STANDBY, 100: State.RESPONSE, 250: State.RESPONSE}
        for second in range(400):
            boils = second in (100, 250)
            one.see(
                second,
                states.get(second, State.SILENCE),
                'The kettle boils.' if boils else '',
                event_start=98 if second == 100 else None,
                vision=cup((0.7, 0.7, 0.9, 0.9)) if 150 <= second < 170 else None,
            )
        for second, text in ((200, 'Does the phone beep?'), (300, 'Does the fan squeak?')):
            for number in range(1 if second == 200 else 3):
                one.see(second + number, State.STANDBY, '', text, key=second)
            one.see(second + 4, State.SILENCE, '', text, key=second)
        one.see(399, State.RESPONSE, 'No, the door is shut.', 'Is the door open?', key=2)
        one.writer.close()
        return one.folder

    folder = make()
    return lambda: Asker(StoreReader(folder), UTC)


def ask(asker: Asker, text: str, **options):
    return asker.from_record(asker.recall(text, **options))


@pytest.mark.parametrize(
    ('question', 'says', 'evidence'),
    [
        (
            'When did the kettle boil?',
            'twice: from 22:14:58 to 22:15:00, at 22:17:30.',
            [100, 250],
        ),
        (
            'When did the kettle boil first?',
            'from 22:14:58 to 22:15:00, “The kettle boils.”',
            None,
        ),
        ('When did the kettle last boil?', 'at 22:17:30, “The kettle boils.”', None),
        ('How often did the kettle boil?', 'twice, from 22:14:58', [100, 250]),
        ('Did the kettle boil after 22:16:00?', 'yes, at 22:17:30', [250]),
        ('Was there a cup?', 'yes, from 22:15:50 to 22:16:09, cup.', [169]),
        ('Were there any mugs?', 'yes, from 22:15:50 to 22:16:09, cup.', [169]),
        ('Where was the cup last?', 'in the lower right of the picture, at 22:16:09.', [169]),
        ('How long was the cup there?', '19 s in all', [169]),
        ('What happened between 22:15:40 and 22:17:00?', '22:16:09, cup.', [169]),
        ('What happened after the kettle boiled?', '“No, the door is shut.”', [399]),
        ('What happened before the cup was there?', '22:15:00, “The kettle boils.”', [100]),
        ('What happened at 22:19:00?', 'nothing was said or recognized', None),
        # It never came to an answer, but stood by for as long as nothing else does.
        ('Did the fan squeak?', "from 22:18:20 to 22:18:22, as far as 'Does the fan", [302]),
    ],
)
def test_the_record_answers_and_says_so(asker, question, says, evidence) -> None:
    answer = ask(asker(), question)
    assert answer.outcome is AskOutcome.ANSWERED
    assert answer.text.startswith('From the record: ')
    assert says in answer.text
    if evidence is not None:
        assert [(one - START) // SECOND for one in answer.evidence] == evidence
    assert 0 < answer.probability <= 1


@pytest.mark.parametrize(
    ('question', 'says'),
    [
        ('When did the phone ring?', "says nothing of 'phone ring'"),
        # It stood by for a frame: a doubt that passed.
        ('Did the phone beep?', "says nothing of 'phone beep'"),
        ('Was there a dog?', "says nothing of 'dog'"),
        # Cups were recognized, and nobody knows of what color.
        (
            'Was there a red cup?',
            "'red' from 22:13:20 to 22:19:59; closest: 22:16:09",
        ),
        ('Where was the red cup last?', "says nothing of 'red'"),
        ('How often was the cup full?', "says nothing of 'full'"),
        ('Was the door open?', "says nothing of 'door open'"),
        ('When did the green kettle boil?', 'closest: 22:17:30 “The kettle boils.”'),
        ('Did the kettle boil before 22:14:00?', "'kettle boil'"),
        ('What happened since the bell rang?', "nothing of 'the bell rang'"),
        ('What happened at 3 am?', 'nothing was watched'),
    ],
)
def test_what_is_not_in_the_record_is_not_found(asker, question, says) -> None:
    answer = ask(asker(), question)
    assert answer.outcome is AskOutcome.NOT_FOUND
    assert not answer.text
    assert says in answer.message


def test_a_follow_up_is_about_what_the_question_before_was_about(asker) -> None:
    one = asker()
    assert '22:17:30' in ask(one, 'When did the kettle boil?', at=1.0).text
    assert 'twice' in ask(one, 'And how often?', at=2.0).text
    assert '22:17:30' not in ask(one, 'And before 22:16:00?', at=3.0).text
    late = ask(one, 'How often?', at=10_000.0)
    assert late.outcome is AskOutcome.NOT_FOUND


def test_pictures_of_what_was_found_come_first_and_are_spread_in_time(asker) -> None:
    one = asker()
    frames = one.recall('When did the kettle boil?', limit=6).frames
    seconds = [(frame.stamp - START) // SECOND for frame in frames]
    assert {100, 250} <= set(seconds)
    assert len(seconds) == 6
    assert seconds == sorted(seconds)
    assert min(np.diff(seconds)) >= 399 / 24 - 1


def test_pictures_that_look_like_now_are_found_by_their_vectors(teller) -> None:
    one = teller()
    random = np.random.default_rng(1)
    places = random.normal(size=(4, 32)) + 5
    for second in range(120):
        vector = places[(second // 10) % 4] + random.normal(size=32) * 0.1
        one.see(second, vision=Vision(vector.astype(np.float16)))
    asker = Asker(one.done(), UTC)
    recall = asker.recall('When did it look like now?', limit=4)
    seconds = [(frame.stamp - START) // SECOND for frame in recall.frames]
    assert all((second // 10) % 4 == 3 for second in seconds)
    assert 'look most like now' in asker.from_record(recall).text


def test_a_store_can_be_empty(tmp_path) -> None:
    Store(tmp_path).close()
    answer = ask(Asker(StoreReader(tmp_path), UTC), 'What happened?')
    assert answer.outcome is AskOutcome.NOT_FOUND
    assert 'empty' in answer.message


def test_bad_questions_are_refused_in_a_sentence(asker) -> None:
    one = asker()
    for text in ('', ' \n', 'a' * 5000):
        with pytest.raises(AskError, match='characters'):
            one.recall(text)
    with pytest.raises(AskError, match='ends before it begins'):
        one.recall('What happened?', (START + SECOND, START))
    with pytest.raises(TimeError, match='future'):
        one.recall('What happened?', (START + 10**15, START + 10**16))


@pytest.mark.parametrize('text', ['"', 'a "b" OR c*', "'; DROP TABLE frames", 'NEAR(a b)', '☃ 😀'])
def test_no_question_is_a_query_of_the_database(asker, text) -> None:
    assert ask(asker(), text).outcome is AskOutcome.NOT_FOUND


def test_a_range_without_pictures_says_so(teller) -> None:
    one = teller()
    one.see(0, State.RESPONSE, 'The kettle boils.')
    reader = one.done()
    for frame in list(reader.pictures.all()):
        reader.pictures.delete([frame])
    import sqlite3

    with sqlite3.connect(one.folder / 'memory.sqlite') as database:
        database.execute('UPDATE frames SET picture = 0')
    answer = ask(Asker(reader, UTC), 'When did the kettle boil?')
    assert answer.outcome is AskOutcome.ANSWERED
    assert answer.message == 'no picture of that time is left'
