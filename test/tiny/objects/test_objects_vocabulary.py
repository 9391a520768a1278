# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tokenizer of streamo-objects: known words are one token, others are spelled."""

from __future__ import annotations

import pytest

from streamo_ros.backbone.vision.colors import COLORS as TOWER_COLORS
from streamo_ros.core.colors import COLORS
from streamo_ros.tiny.objects.vocabulary import build_object_tokenizer
from streamo_ros.tiny.objects.vocabulary import NUMBERS
from streamo_ros.worlds.objects.known_words import kind_words
from streamo_ros.worlds.objects.known_words import known_words
from streamo_ros.worlds.objects.unknown_things import unknown_things


@pytest.fixture(scope='module')
def tokenizer():
    return build_object_tokenizer()


def pieces(tokenizer, text):
    return tokenizer.convert_ids_to_tokens(tokenizer.encode(text, add_special_tokens=False))


def test_every_word_for_a_kind_and_every_word_of_the_grammar_is_one_token(tokenizer):
    for word in (*kind_words(), *known_words()):
        assert len(pieces(tokenizer, f' {word}')) == 1, word


def test_every_other_word_is_several_tokens(tokenizer):
    for word in unknown_things(known_words(), held_out=True):
        assert len(pieces(tokenizer, f' {word}')) == len(word) + 1


def test_the_seconds_of_a_tag_are_one_token_each(tokenizer):
    assert pieces(tokenizer, '<99.5s-600s>') == ['<', '99', '.', '5', 's-', '600', 's', '>']
    assert all(len(pieces(tokenizer, number)) == 1 for number in NUMBERS)


def test_any_text_is_kept(tokenizer):
    text = 'Sag mir, wenn ein Käse 12.5 cm weit fliegt – 🦊!'
    ids = tokenizer.encode(text, add_special_tokens=False)
    assert tokenizer.decode(ids) == text


def test_the_colors_are_those_of_the_tower():
    assert COLORS == TOWER_COLORS
