# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The embedded model's tokenizer: a word is a token, and every text comes back."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies

from streamo_ros.tiny.vocabulary import build_tokenizer
from streamo_ros.tiny.vocabulary import OTHER_WORDS
from streamo_ros.tiny.vocabulary import PAD
from streamo_ros.tiny.vocabulary import SYSTEM_PROMPT
from streamo_ros.worlds.common_words import WORDS
from streamo_ros.worlds.event_templates import SPAN_TEMPLATES
from streamo_ros.worlds.phrasing import FAMILIES
from streamo_ros.worlds.phrasing import phrase
from streamo_ros.worlds.phrasing import span_phrase
from streamo_ros.worlds.scene import COLORS
from streamo_ros.worlds.scene import SHAPES


def pieces(tokenizer, text):
    return [tokenizer.decode([at]) for at in tokenizer.encode(text, add_special_tokens=False)]


def drawn(family, ask, count=150):
    rng = np.random.default_rng(len(family))
    for number in range(count):
        color = '' if family in ('recolour', 'colour') else COLORS[number % 7]
        yield ask(family, rng, color, SHAPES[number % 5])


def test_it_is_small(tokenizer):
    assert len(tokenizer) <= 2112


@pytest.mark.parametrize(
    ('family', 'ask'),
    [
        *((family, phrase) for family in FAMILIES),
        *((family, span_phrase) for family in SPAN_TEMPLATES),
    ],
)
def test_every_word_of_an_instruction_is_one_token_wherever_it_stands(tokenizer, family, ask):
    for text in drawn(family, ask):
        assert [piece.strip() for piece in pieces(tokenizer, text)] == re.findall(
            r'\w+|[^\w\s]+', text
        )


def test_everyday_words_are_whole_and_not_of_the_worlds(tokenizer):
    assert len(OTHER_WORDS) > 400
    for word in WORDS:
        assert pieces(tokenizer, f'a {word}') == ['a', f' {word}']
    said = {
        word
        for family in FAMILIES
        for text in drawn(family, phrase)
        for word in re.findall(r'\w+', text.casefold())
    }
    assert not said & set(OTHER_WORDS)


def test_digits_and_the_pieces_of_a_turn_are_single_tokens(tokenizer):
    assert pieces(tokenizer, '<12s-13s>\n<|im_start|>assistant\n</Silence><|im_end|>\n') == [
        '<',
        '1',
        '2',
        's-',
        '1',
        '3',
        's>\n',
        '<|im_start|>',
        'assistant\n',
        '</Silence>',
        '<|im_end|>',
        '\n',
    ]


@settings(max_examples=60, deadline=None)
@given(strategies.text(max_size=60))
def test_every_text_comes_back(tokenizer, text):
    ids = tokenizer.encode(text, add_special_tokens=False)
    assert tokenizer.decode(ids) == text
    assert PAD in text or tokenizer.pad_token_id not in ids


def test_the_same_tokenizer_comes_of_every_build(tokenizer):
    assert build_tokenizer().get_vocab() == tokenizer.get_vocab()
    assert tokenizer.decode(tokenizer.encode(SYSTEM_PROMPT)) == SYSTEM_PROMPT


@pytest.mark.parametrize(
    'answer',
    [
        'Yes.',
        'No.',
        'Nothing.',
        'From 3s to 7s.',
        'Red.',
        'White.',
        'The red ball has left.',
        'A blue star has arrived.',
    ],
)
def test_an_answer_begins_with_one_token(tokenizer, answer):
    first = answer.split()[0].rstrip('.')
    pieces = tokenizer.tokenize(f' {answer}')
    assert pieces[0] == f'Ġ{first}'
