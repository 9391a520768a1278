# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Earlier answers in front of the question that a dialogue starts over with."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from streamo_ros.backbone.scripted import CharacterTokenizer
from streamo_ros.core.dialect import Dialect
from streamo_ros.core.dialect import DialectError
from streamo_ros.core.dialect import STREAMO
from streamo_ros.core.dialect_parts import Question
from streamo_ros.core.dialect_parts import Recount
from streamo_ros.core.prompt import HANDED_ON
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.recounting import Recounting

TOLD = Recount(
    'Before:\n', '#{number} {question} at {start}', '{start}: {answer}', '\n--\n', most=2
)
DIALECT = replace(
    STREAMO,
    question=Question('turn', '{question}'),
    order=('question', 'tag', 'frame'),
    recount=TOLD,
)


def recounting(room: int, dialect: Dialect = DIALECT) -> Recounting:
    return Recounting(PromptTokens(CharacterTokenizer(), dialect=dialect), room)


def test_answers_are_told_in_groups_as_they_left() -> None:
    told = recounting(1000)
    assert told.text('tea?', Fraction(0)) == ''
    told.add([(Fraction(3), 'It boils.'), (Fraction(9), 'Still.')])
    told.add([])
    told.add([(Fraction(41, 2), 'Off.')])
    assert told.text('tea?', Fraction(0)) == (
        'Before:\n#1 tea? at 0\n3: It boils.\n9: Still.\n#2 tea? at 0\n20.5: Off.\n--\n'
    )
    told.add([(Fraction(30), 'New.')])
    assert 'boils' not in told.text('tea?', Fraction(0))
    told.clear()
    assert told.text('tea?', Fraction(0)) == ''


def test_the_oldest_are_left_out_where_there_is_no_room() -> None:
    told = recounting(50)
    told.add([(Fraction(1), 'first ' * 5)])
    told.add([(Fraction(2), 'last')])
    assert told.text('q', Fraction(0)) == 'Before:\n#1 q at 0\n2: last\n--\n'
    assert recounting(0).text('q', Fraction(0)) == ''


def test_a_dialect_that_tells_nothing_remembers_nothing() -> None:
    told = recounting(1000, STREAMO)
    told.add([(Fraction(1), 'yes')])
    assert told.text('q', Fraction(0)) == ''


def test_the_user_cannot_write_the_token_that_hands_a_question_on() -> None:
    states = replace(STREAMO.states, delegation='<|im_end|>')
    prompt = PromptTokens(CharacterTokenizer(), dialect=replace(STREAMO, states=states))
    assert prompt.encode(f'a{HANDED_ON}b') == (ord('a'), *prompt.delegation, ord('b'))
    assert HANDED_ON not in prompt.ask(f'a{HANDED_ON}b')


def test_what_cannot_be_told_is_refused() -> None:
    with pytest.raises(DialectError, match='recount is of a question in a turn'):
        replace(STREAMO, recount=TOLD)
    with pytest.raises(DialectError, match='recount may hold'):
        replace(DIALECT, recount=replace(TOLD, answer='{when}'))
