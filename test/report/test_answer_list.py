# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All answers are listed; pictures are shared among instructions within the room there is."""

from __future__ import annotations

import itertools
import re

from streamo_ros.report.answer_list import answer_rows
from streamo_ros.report.answer_list import choose_pictures
from streamo_ros.report.answer_list import list_answers
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.run_rows import InstructionRow
from streamo_ros.report.svg import picture_link
from streamo_ros.report.timeline import Timeline

PICTURE = b'x' * 300
WEIGHT = len(picture_link(PICTURE))


def many(count: int) -> Timeline:
    made = Timeline()
    made.take(InstructionRow(1, 'one'))
    made.take(InstructionRow(2, 'two'))
    for at in range(count):
        made.take(ResponseRow(10**9 * (1 + at), 1 + at % 2, at, f'answer {at}.'), PICTURE)
    return made


def test_the_list_is_in_the_order_of_time_across_instructions():
    rows = answer_rows(list_answers(many(6)), {})
    assert re.findall(r'answer \d', rows) == [f'answer {at}' for at in range(6)]
    assert '6 pictures are left out to keep this page small' in rows


def test_all_pictures_are_shown_where_there_is_room():
    assert choose_pictures([[PICTURE] * 3, [PICTURE]], 4 * WEIGHT) == [[True] * 3, [True]]


def test_a_talkative_instruction_does_not_take_the_pictures_of_another():
    often, seldom = choose_pictures([[PICTURE] * 100, [PICTURE] * 4], 14 * WEIGHT)
    assert seldom == [True] * 4
    assert 5 <= sum(often) <= 10
    shown = [number for number, chosen in enumerate(often) if chosen]
    assert len({later - sooner for sooner, later in itertools.pairwise(shown)}) == 1


def test_no_room_is_no_picture_and_no_picture_needs_none():
    assert choose_pictures([[PICTURE, b'']], WEIGHT - 1) == [[False, False]]
    assert choose_pictures([[PICTURE, b'']], WEIGHT) == [[True, False]]


def test_of_very_many_answers_the_last_are_listed_and_it_says_so():
    rows = answer_rows(list_answers(many(50)), {}, most=20)
    assert rows.count('<li ') == 20
    assert 'The first 30 answers are left out' in rows
    assert 'answer 49.' in rows
