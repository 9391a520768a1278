# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A user's own phrasings: read from YAML, or refused in a sentence that names file and family."""

from pathlib import Path

import numpy as np
import pytest

from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.evaluation.phrasings import read_phrasings
from streamo_ros.worlds.greetings import CLOSINGS
from streamo_ros.worlds.greetings import GREETINGS
from streamo_ros.worlds.phrasing import everyday_grammars
from streamo_ros.worlds.phrasing import FAMILIES
from streamo_ros.worlds.phrasing import folded
from streamo_ros.worlds.phrasing import instruction_grammars
from streamo_ros.worlds.phrasing import PHRASES

OURS = Path('config/evaluate/phrasings.yaml')
STRANGERS = Path('config/evaluate/strangers.yaml')
OTHERS = Path('config/evaluate/strangers2.yaml')


def test_the_file_of_the_package_has_six_of_every_family_and_none_that_is_known():
    found = read_phrasings(OURS)
    assert set(found) == set(FAMILIES)
    for family, texts in found.items():
        assert len(set(texts)) == 6
        assert not set(texts) & set(PHRASES[family])


@pytest.mark.parametrize('path', [STRANGERS, OTHERS])
def test_strangers_say_240_other_things(path):
    found = read_phrasings(path)
    assert set(found) == set(FAMILIES)
    assert {len(set(texts)) for texts in found.values()} == {20}
    everything = [text for texts in found.values() for text in texts]
    assert len(set(everything)) == 240
    known = {STRANGERS, OURS} if path == OTHERS else {OURS}
    ours = {text for one in known for texts in read_phrasings(one).values() for text in texts}
    plain = {text for texts in PHRASES.values() for text in texts}
    assert not set(everything) & (ours | plain)


@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize('grammars', [instruction_grammars, everyday_grammars])
def test_the_grammar_cannot_say_the_phrasings_of_config_evaluate(family, grammars):
    choice = grammars()[family]
    for text in read_phrasings(OURS)[family]:
        assert not says(choice, worded(text)), text
    for text in (*read_phrasings(STRANGERS)[family], *read_phrasings(OTHERS)[family]):
        assert not any(says(choice, bare) for bare in undecorated(worded(text))), text


@pytest.mark.parametrize('grammars', [instruction_grammars, everyday_grammars])
def test_what_the_grammar_says_is_known_as_said(grammars):
    draw = np.random.default_rng(9)
    for family in FAMILIES:
        for _ in range(20):
            said = worded(grammars()[family].draw(draw))
            assert says(grammars()[family], said)
            assert said in undecorated(f'hey robot {said} thanks a lot')


def undecorated(text):
    """The text as it is, and without what may be a greeting or a closing."""
    found = {text}
    found |= {text.removeprefix(f'{folded(greeting)} ') for greeting in GREETINGS}
    return found | {
        one.removesuffix(f' {folded(closing)}') for one in tuple(found) for closing in CLOSINGS
    }


def worded(text):
    return folded(text.format(a='a', c='red', s='ball'))


def says(choice, text):
    words = text.split()
    return len(words) in ends(choice, words, {0})


def ends(choice, words, starts):
    """Where a text of this choice may end that begins at one of these words."""
    found = set()
    for option in choice.options:
        reached = starts
        for part in option:
            if isinstance(part, str):
                said = worded(part).split()
                reached = {at + len(said) for at in reached if words[at : at + len(said)] == said}
            else:
                reached = ends(part, words, reached) if reached else reached
        found |= reached
    return found


def test_one_family_is_enough(tmp_path):
    path = tmp_path / 'mine.yaml'
    path.write_text('see:\n  - And now?\n')
    assert read_phrasings(path) == {'see': ('And now?',)}


@pytest.mark.parametrize(
    ('text', 'why'),
    [
        ('see: [a', 'is not valid YAML'),
        ('- see', 'lists of phrasings by family: appear'),
        ('', 'lists of phrasings by family'),
        ('dance: [dance]', "unknown family 'dance': choose from appear"),
        ('see: what is there', 'see must be a list'),
        ('see: []', 'see must be a list'),
        ('see: [3]', 'see: 3 is not a phrasing'),
        ("see: ['']", "see: '' is not a phrasing"),
        ("see: ['what is {there}']", 'is not a phrasing: write text with {a}, {c} and {s}'),
        ("see: ['what is {']", 'is not a phrasing'),
        ("see: ['what {a.b}']", 'is not a phrasing'),
        ("appear: ['tell me when a {c} thing comes']", 'and use {c} {s} in appear'),
        ("colour: ['which colour?']", 'and use {s} in colour'),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path, text, why):
    path = tmp_path / 'mine.yaml'
    path.write_text(text)
    with pytest.raises(EvaluationError) as refused:
        read_phrasings(path)
    assert why in str(refused.value)
    assert str(path) in str(refused.value)
    assert '\n' not in str(refused.value)
