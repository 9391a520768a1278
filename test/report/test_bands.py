# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Marks as pixel columns: the strongest wins, a response is always seen, a hole stays a hole."""

from __future__ import annotations

import itertools
import re

import pytest

from streamo_ros.core.frame import Reason
from streamo_ros.report.bands import band_rects
from streamo_ros.report.bands import bands
from streamo_ros.report.bands import LEAST
from streamo_ros.report.marks import count_marks
from streamo_ros.report.marks import describe_marks
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.svg import Axis
from streamo_ros.report.svg import COLUMNS
from streamo_ros.report.timeline import Timeline
from streamo_ros.report.timeline import Track

SECOND = 1_000_000_000
HOUR = 3600


def track(states: dict[int, str], reason: str = '') -> Track:
    made = Timeline()
    for at, state in states.items():
        made.take(DecisionRow((1 + at) * SECOND, 1, state, reason=reason))
    return made.tracks[1]


def shown(states: dict[int, str], seconds: int) -> list[tuple[str, int, int]]:
    found = bands(track(states), Axis(seconds), 1.0)
    return [(band.mark, band.first, band.last - band.first) for band in found]


def test_equal_neighbors_are_one_band_and_a_hole_stays_a_hole():
    states = dict.fromkeys((0, 1, 2, 5, 8, 9), 'SILENCE') | {3: 'STANDBY', 4: 'RESPONSE'}
    # Ten seconds on 1000 pixels.
    assert shown(dict(sorted(states.items())), 10) == [
        ('SILENCE', 0, 300),
        ('STANDBY', 300, 100),
        ('RESPONSE', 400, 100),
        ('SILENCE', 500, 100),
        ('SILENCE', 800, 200),
    ]


@pytest.mark.parametrize('at', [0, 1, 1800, HOUR - 2, HOUR - 1])
def test_a_response_of_a_second_is_seen_in_an_hour(at):
    found = shown({**dict.fromkeys(range(HOUR), 'SILENCE'), at: 'RESPONSE'}, HOUR)
    (response,) = (band for band in found if band[0] == 'RESPONSE')
    assert response[2] == LEAST
    # The rest of the axis is still covered.
    assert sum(width for _, _, width in found) == COLUMNS


def test_the_strongest_state_of_a_column_is_shown():
    order = ('SILENCE', 'UNKNOWN', 'STANDBY', 'RESPONSE')
    for weaker, stronger in itertools.pairwise(order):
        states = dict.fromkeys(range(20 * HOUR), weaker) | {10 * HOUR: stronger}
        assert stronger in [mark for mark, *_ in shown(states, 20 * HOUR)]


def test_a_band_tells_what_is_in_it():
    every = {at: 'SILENCE' if at % 5 else 'RESPONSE' for at in range(HOUR)}
    (band,) = bands(track(every), Axis(HOUR), 1.0)
    assert band.describe() == '720 × response from 0 s to 59:56'
    assert '<title>720 × response from 0 s to 59:56</title>' in band_rects([band], 0, 10)


def test_a_frame_without_an_instruction_has_a_mark_of_its_own():
    (band,) = bands(track({0: 'UNKNOWN'}, 'NO_INSTRUCTION'), Axis(1), 1.0)
    assert band.describe() == 'no instruction from 0 s to 1 s'
    assert re.search(r'class="no_instruction"', band_rects([band], 0, 10))


def test_a_frame_that_waited_when_its_instruction_ended_is_no_fault():
    ended = DecisionRow(SECOND, 1, 'UNKNOWN', reason='ENDED')
    failed = DecisionRow(2 * SECOND, 1, 'UNKNOWN', reason='MODEL_FAILED')
    assert describe_marks(count_marks([ended, ended, failed])) == '2 ended, 1 unknown'
    assert [reason.name for reason in Reason if reason.is_fault] == [
        'BAD_FRAME',
        'MODEL_FAILED',
        'OVERFLOW',
    ]
