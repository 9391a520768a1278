# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What people say: many wordings of every family, the held-out ones never, the plain ones kept."""

import re

import numpy as np
import pytest

from streamo_ros.core.instruction_text import check_instruction
from streamo_ros.worlds.event_templates import SPAN_TEMPLATES
from streamo_ros.worlds.phrasing import FAMILIES
from streamo_ros.worlds.phrasing import folded
from streamo_ros.worlds.phrasing import HELD_OUT
from streamo_ros.worlds.phrasing import instruction_grammars
from streamo_ros.worlds.phrasing import phrase
from streamo_ros.worlds.phrasing import PLAIN
from streamo_ros.worlds.phrasing import span_phrase
from streamo_ros.worlds.scene import SHAPES
from streamo_ros.worlds.scene import WorldError

DRAWN = 400
COLOURLESS = ('recolour', 'colour')
CASUAL = 'lmk|steal|snatch|nab|swip'
"""Words of everyday speech alone."""


def texts(family, count=DRAWN, shape='ball', **how):
    rng = np.random.default_rng(FAMILIES.index(family))
    color = '' if family in COLOURLESS else 'red'
    return [phrase(family, rng, color, shape, **how) for _ in range(count)]


def filled(family, templates):
    color = '' if family in COLOURLESS else 'red'
    return {folded(text.format(a='a', c=color, s='ball')) for text in templates}


@pytest.mark.parametrize('family', FAMILIES)
def test_a_family_has_many_wordings_that_are_instructions(family):
    found = texts(family)
    assert instruction_grammars()[family].count() > 100_000
    assert len({folded(text) for text in found}) > DRAWN * 0.75
    for text in found:
        assert check_instruction(text) == text
        assert not set(text) & set('[]<>{}|')
        assert '  ' not in text
    starts = [text[0].isupper() for text in found]
    assert 0.3 < np.mean(starts) < 0.7
    assert {text[-1] for text in found} >= {'.', '!'}


@pytest.mark.parametrize('family', FAMILIES)
def test_people_say_it_in_many_ways_that_are_instructions(family):
    found = texts(family, everyday=1.0)
    assert len({folded(text) for text in found}) > DRAWN * 0.7
    for text in found:
        assert check_instruction(text) == text
        assert not set(text) & set('[]<>{}|')
        assert '  ' not in text
    assert not any(
        held in folded(text) for held in filled(family, HELD_OUT[family]) for text in found
    )
    assert texts(family, 30, everyday=0.0) == texts(family, 30)


def test_a_share_of_the_instructions_is_everyday_speech():
    everyday = [text for text in texts('leave', everyday=0.5) if re.search(CASUAL, text)]
    assert not any(re.search(CASUAL, text) for text in texts('leave'))
    assert 0.02 * DRAWN < len(everyday) < 0.3 * DRAWN


@pytest.mark.parametrize('family', FAMILIES)
def test_training_never_says_what_is_held_out(family):
    held = filled(family, HELD_OUT[family])
    assert not any(text in folded(one) for one in texts(family, 3 * DRAWN) for text in held)
    assert {folded(text) for text in texts(family, 40, phrasings=HELD_OUT)} == held


def test_words_of_the_held_out_texts_are_said_in_other_texts():
    choice, rng = instruction_grammars()['appear'], np.random.default_rng(5)
    said = {folded(choice.draw(rng).format(a='a', c='red', s='ball')) for _ in range(3000)}
    assert any(text.startswith('alert me when ') for text in said)


@pytest.mark.parametrize('family', FAMILIES)
def test_plain_phrasings_are_the_few_of_the_docs_and_training_says_them(family):
    known = filled(family, PLAIN[family])
    assert {folded(text) for text in texts(family, 80, phrasings=PLAIN)} == known
    assert known <= {folded(text) for text in texts(family, 1500)}


@pytest.mark.parametrize('shape', SHAPES)
def test_a_text_about_any_change_of_colour_never_holds_the_name_of_a_shape(shape):
    other = 'cube'
    for text in texts('recolour', shape=other) + texts('recolour', shape=other, everyday=1.0):
        assert shape not in text, text
    rng = np.random.default_rng(8)
    for _ in range(DRAWN):
        assert shape not in span_phrase('recolour', rng, '', other)


@pytest.mark.parametrize(
    'family',
    [one for one in FAMILIES if one not in ('recolour', 'count', 'number', 'narrate', 'see')],
)
def test_what_is_asked_about_is_named(family):
    for text in texts(family) + texts(family, everyday=1.0):
        assert 'ball' in text.casefold()
        assert family in COLOURLESS or 'red' in text.casefold()


def test_an_instruction_takes_one_draw():
    one, other = np.random.default_rng(4), np.random.default_rng(4)
    phrase('narrate', one)
    other.integers(5), other.integers(2**32)
    assert one.integers(1000) == other.integers(1000)


@pytest.mark.parametrize('family', SPAN_TEMPLATES)
def test_intervals_of_other_events_are_asked_for_in_many_ways(family):
    rng = np.random.default_rng(2)
    found = {folded(span_phrase(family, rng, 'red', 'ball')) for _ in range(100)}
    assert len(found) > 90


def test_an_unknown_family_is_refused():
    with pytest.raises(WorldError, match='choose from appear'):
        phrase('dance', np.random.default_rng(0))
    with pytest.raises(WorldError, match='choose from appear'):
        phrase('see', np.random.default_rng(0), phrasings={'count': ['how many?']})
    with pytest.raises(WorldError, match='choose from leave'):
        span_phrase('see', np.random.default_rng(0))
