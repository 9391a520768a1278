# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stream-IT: what is concatenated, dropped and shifted, and that the labels stay true."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamo_ros.core.protocol import State
from streamo_ros.training.labeled_dialogue import LabeledDialogue
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.stream_it import concatenate
from streamo_ros.training.stream_it import drop_questions
from streamo_ros.training.stream_it import shift_questions
from streamo_ros.training.stream_it import similar_groups
from streamo_ros.training.stream_it import StreamIt
from streamo_ros.training.stream_it import word_vectors

STATES = {'.': State.SILENCE, '-': State.STANDBY, '!': State.RESPONSE}


def clip(name: str, drawn: str, asked: int = 0, about: str = 'cat') -> LabeledDialogue:
    turns = tuple(
        LabeledTurn(
            Fraction(k),
            Fraction(k + 1),
            STATES[mark],
            f'{name} {about}' if mark == '!' else '',
            f'{name}: where is the {about}?' if k == asked else '',
            0,
            Fraction(k),
        )
        for k, mark in enumerate(drawn)
    )
    return LabeledDialogue(name, 'QA', 'test', (f'{name}.mp4',), turns)


def drawn(dialogue: LabeledDialogue) -> str:
    marks = {state: mark for mark, state in STATES.items()}
    return ''.join(marks[turn.state] for turn in dialogue.turns)


def test_concatenation_keeps_one_clock_and_every_frame():
    long = concatenate([clip('a', '.-!'), clip('b', '..!.')])
    assert drawn(long) == '.-!..!.'
    assert [turn.start for turn in long.turns] == list(range(7))
    assert [turn.time for turn in long.turns] == [0, 1, 2, 0, 1, 2, 3]
    assert [long.videos[turn.video] for turn in long.turns] == ['a.mp4'] * 3 + ['b.mp4'] * 4


def test_groups_are_similar_and_hold_every_clip_once():
    clips = [clip(str(k), '.!', about='cat' if k % 2 else 'lorry') for k in range(8)]
    groups = similar_groups(word_vectors(clips), 4, random.Random(0))
    assert sorted(k for group in groups for k in group) == list(range(8))
    assert all(len({k % 2 for k in group}) == 1 for group in groups)


def test_a_dropped_question_takes_its_answers_along():
    long = concatenate([clip('a', '.-!'), clip('b', '.-!')])
    for seed in range(20):
        left = drop_questions(long, 0.9, random.Random(seed))
        assert drawn(left) in ('.-!...', '....-!', '.-!.-!')
        asked = [k for k, turn in enumerate(left.turns) if turn.instruction]
        assert asked == [k for k in (0, 3) if drawn(left)[k + 2] == '!']
    assert {drawn(drop_questions(long, 0.9, random.Random(seed))) for seed in range(20)} > {
        '.-!...',
        '....-!',
    }


def test_nothing_is_dropped_at_share_zero():
    long = concatenate([clip('a', '.-!'), clip('b', '.-!')])
    assert drop_questions(long, 0.0, random.Random(0)) == long


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=4
    ),
    st.integers(0, 8),
    st.integers(0, 1000),
)
def test_a_shifted_question_stays_before_its_answer(parts, width, seed):
    clips = [
        clip(f'c{k}', '.' * (before + wait) + '-!' + '.' * after, before)
        for k, (before, wait, after) in enumerate(parts)
    ]
    long = concatenate(clips)
    shifted = shift_questions(long, width, random.Random(seed))
    assert drawn(shifted) == drawn(long)
    asked = {turn.instruction: k for k, turn in enumerate(shifted.turns) if turn.instruction}
    before = {turn.instruction: k for k, turn in enumerate(long.turns) if turn.instruction}
    assert list(asked) == list(before)
    busy = [k for k, turn in enumerate(long.turns) if turn.state is not State.SILENCE]
    for text, k in asked.items():
        assert abs(k - before[text]) <= width
        own = [b for b in busy if b >= before[text]]
        assert k <= own[0]
        assert all(b < k for b in busy if b < own[0])


def test_shifts_do_happen():
    one = clip('a', '.........-!', asked=4)
    places = {
        next(
            k
            for k, turn in enumerate(shift_questions(one, 3, random.Random(seed)).turns)
            if turn.instruction
        )
        for seed in range(40)
    }
    assert places == {1, 2, 3, 4, 5, 6, 7}


def test_the_whole_construction_is_seeded():
    clips = [clip(str(k), '.-!..', about='cat' if k % 3 else 'lorry') for k in range(9)]
    made = StreamIt(clips=3, seed=4)(clips)
    assert made == StreamIt(clips=3, seed=4)(clips)
    assert made != StreamIt(clips=3, seed=5)(clips)
    assert sum(len(one.turns) for one in made) == 45


def test_similarity_may_be_given():
    clips = [clip(str(k), '.!') for k in range(4)]
    vectors = np.asarray([[1, 0], [0, 1], [1, 0], [0, 1]], np.float32)
    made = StreamIt(clips=2, drop=0.0)(clips, vectors)
    assert {frozenset(one.videos) for one in made} == {
        frozenset({'0.mp4', '2.mp4'}),
        frozenset({'1.mp4', '3.mp4'}),
    }


def test_a_bad_setting_is_refused():
    with pytest.raises(ValueError, match='drop'):
        StreamIt(drop=1.0)
