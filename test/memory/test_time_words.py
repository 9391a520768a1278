# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Time words: which capture times a question means."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from streamo_ros.core.frame import SECOND
from streamo_ros.memory.clock_times import CaptureClock
from streamo_ros.memory.clock_times import find_zone
from streamo_ros.memory.clock_times import TimeError
from streamo_ros.memory.time_words import read_times

BERLIN = ZoneInfo('Europe/Berlin')


def stamp(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=BERLIN).timestamp()) * SECOND


CLOCK = CaptureClock(stamp(2026, 11, 27, 16, 30), BERLIN)
"""A Friday afternoon."""


@pytest.mark.parametrize(
    ('words', 'start', 'end'),
    [
        ('at ten past two', (27, 14, 8), (27, 14, 12)),
        ('at 18:00', (26, 17, 58), (26, 18, 2)),
        ('yesterday at 2:10 pm', (26, 14, 8), (26, 14, 12)),
        ('around noon', (27, 11, 45), (27, 12, 15)),
        ('at half past nine today', (27, 9, 28), (27, 9, 32)),
        ('at quarter to three', (27, 14, 43), (27, 14, 47)),
        ('half an hour ago', (27, 15, 55), (27, 16, 5)),
        ('an hour ago', (27, 15, 20), (27, 15, 40)),
        ('in the last ten minutes', (27, 16, 20), (27, 16, 30)),
        ('before lunch', (27, 0, 0), (27, 12, 0)),
        ('since 9 am', (27, 9, 0), (27, 16, 30)),
        ('between 14:00 and 15:00', (27, 14, 0), (27, 15, 0)),
        ('between two and three yesterday', (26, 14, 0), (26, 15, 0)),
        ('between 22:00 and 2:00', (26, 14, 0), (27, 14, 0)),
        ('from 11 pm to 1 am', (26, 23, 0), (27, 1, 0)),
        ('this morning', (27, 5, 0), (27, 11, 59, 59)),
        ('on monday', (23, 0, 0), (23, 23, 59, 59)),
        ('on 2026-11-20', (20, 0, 0), (20, 23, 59, 59)),
        ('before 14:10 yesterday', (26, 0, 0), (26, 14, 10)),
    ],
)
def test_time_words_mean_the_last_such_time(words: str, start: tuple, end: tuple) -> None:
    if words == 'between 22:00 and 2:00':
        start, end = (26, 22, 0), (27, 14, 0)
    for question in (f'Was there a cat {words}?', f'{words}, was there a cat?'):
        times = read_times(question, CLOCK)
        assert times.start // SECOND == stamp(2026, 11, *start) // SECOND, question
        assert times.end // SECOND == stamp(2026, 11, *end) // SECOND, question
        assert times.rest.strip(' ,') == 'was there a cat'


@pytest.mark.parametrize(
    ('words', 'says'),
    [
        ('tomorrow', 'in the future'),
        ('today at 18:00', 'in the future'),
        ('at 25:10', 'no time of day'),
        ('at 13 pm', 'no time of day'),
        ('from 13:00 to 12:00 today', 'ends before it begins'),
        ('on 2026-02-30', 'no date'),
    ],
)
def test_times_that_cannot_be_are_refused_in_a_sentence(words: str, says: str) -> None:
    with pytest.raises(TimeError, match=says):
        read_times(f'What happened {words}?', CLOCK)


def test_an_event_can_be_a_time() -> None:
    times = read_times('What happened after the kettle boiled?', CLOCK)
    assert (times.rest, times.relation, times.anchor) == (
        'what happened',
        'after',
        'the kettle boiled',
    )
    assert read_times('What happened since I left?', CLOCK).relation == 'after'
    assert read_times('What happened when the bell rang?', CLOCK).relation == 'while'


def test_a_question_without_a_time_is_about_everything() -> None:
    times = read_times('When did the kettle boil?', CLOCK)
    assert not times.given
    assert times.start == 0


def test_a_clock_that_starts_at_zero_has_times_since_then() -> None:
    clock = CaptureClock(2000 * SECOND, BERLIN, 1000 * SECOND)
    times = read_times('what happened between 1:00 and 0:02:30', clock)
    assert (times.start, times.end) == (1060 * SECOND, 1150 * SECOND)
    assert clock.say(times.end) == '0:02:30'
    with pytest.raises(TimeError, match='no wall time'):
        read_times('what happened yesterday', clock)


def test_stamps_are_said_with_their_day() -> None:
    assert CLOCK.say(stamp(2026, 11, 27, 9, 5, 1)) == '09:05:01'
    assert CLOCK.say(stamp(2026, 11, 26, 9, 5, 1)) == 'yesterday 09:05:01'
    assert CLOCK.say(stamp(2026, 11, 2, 9, 5, 1)) == '2026-11-02 09:05:01'


def test_a_time_zone_that_is_not_there_is_refused() -> None:
    assert find_zone('Asia/Tokyo') == ZoneInfo('Asia/Tokyo')
    for name in ('Mars/Olympus', '../etc', 'Europe'):
        with pytest.raises(TimeError, match='no time zone'):
            find_zone(name)
