# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Instructions about real things: held-out wordings stay held out, and unknown words are named."""

from __future__ import annotations

import numpy as np
import pytest

from streamo_ros.worlds.objects.instruction import draw_instruction
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.known_words import kind_words
from streamo_ros.worlds.objects.known_words import known_words
from streamo_ros.worlds.objects.subject import Subject
from streamo_ros.worlds.objects.tasks import TASKS
from streamo_ros.worlds.objects.unknown_things import unknown_things
from streamo_ros.worlds.objects.wordings import OBJECT_PHRASES
from streamo_ros.worlds.phrasing import folded

SUBJECT = Subject((0, 16), number=2, side='left')


def draw(family, seed, subject=SUBJECT, **how):
    return draw_instruction(family, subject, np.random.default_rng(seed), **how)


def test_every_task_but_the_refusal_has_wordings():
    assert set(OBJECT_PHRASES) == set(TASKS) - {'unknown'}


@pytest.mark.parametrize('family', OBJECT_PHRASES)
def test_an_instruction_is_complete_and_says_what_it_is_about(family):
    words = {folded(text) for word in KINDS[0].words for text in (word.one, word.many) if text}
    for seed in range(40):
        _, text = draw(family, seed)
        assert not set('{}[]<>') & set(text), text
        if family not in ('see', 'narrate'):
            assert any(f' {word} ' in f' {folded(text)} ' for word in words), text


@pytest.mark.parametrize('family', OBJECT_PHRASES)
def test_training_never_uses_a_held_out_wording(family):
    held_out = {draw(family, seed, held_out=True)[1] for seed in range(60)}
    used = {folded(draw(family, seed)[1]) for seed in range(300)}
    assert not {folded(text) for text in held_out} & used


def test_unknown_things_of_training_and_evaluation_differ_and_are_unknown():
    known = known_words()
    training = set(unknown_things(known, held_out=False))
    evaluation = set(unknown_things(known, held_out=True))
    assert len(evaluation) >= 90
    assert not training & evaluation
    kinds = {part for name in kind_words() for part in name.split()}
    assert not (training | evaluation) & (known | kinds)


@pytest.mark.parametrize('seed', range(20))
def test_the_unknown_word_is_given_as_it_is_written(seed):
    subject, text = draw('unknown', seed, Subject(side='left'), held_out=True)
    assert subject.word
    assert subject.word in text
