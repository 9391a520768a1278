# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An instruction with a word that the model does not know is accepted with a remark."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from streamo_ros.core.admission import instruction_remark

REPLY = 'I do not know what {word} is; I know 80 kinds of things.'
KNOWN = {'tell', 'me', 'when', 'a', 'person', 'comes', 'in', 'how', 'many', 'cups', 'the'}


class Spelling:
    """One token for each known word, one for each letter of others."""

    def plain(self, text):
        found = re.findall(r' ?[^\W\d_]+|.', text)
        return tuple(
            token
            for piece in found
            for token in ([piece] if piece.strip().lower() in KNOWN else piece.strip() or ' ')
        )


def remark(text, reply=REPLY):
    backbone = SimpleNamespace(
        prompt=SimpleNamespace(tokenizer=Spelling()),
        info=SimpleNamespace(unknown_word_reply=reply),
    )
    return instruction_remark(backbone)(text)


@pytest.mark.parametrize(
    'text', ['Tell me when a person comes in.', 'how many cups? 3', '123 ... !', 'a']
)
def test_known_words_are_not_remarked_on(text) -> None:
    assert remark(text) == ''


def test_the_first_unknown_word_is_named_as_the_model_names_it() -> None:
    said = remark('tell me when the kettle comes in the shed')
    assert said == 'I do not know what kettle is; I know 80 kinds of things.'


def test_another_language_is_named_as_such() -> None:
    said = remark('Sag mir, wenn eine Person in den Raum kommt')
    assert said.startswith('I do not know what Sag is; I know 80 kinds of things.')
    assert said.endswith('I know 2 of these 9 words: I read plain English.')


@pytest.mark.parametrize('text', ['告诉我 什么时候有人进来', 'Скажи мне, когда придёт человек'])
def test_another_script_is_named_as_such(text) -> None:
    assert 'I read plain English' in remark(text)


def test_a_single_unknown_word_is_not_taken_for_a_language() -> None:
    assert 'plain English' not in remark('kettle')


def test_a_model_with_an_open_vocabulary_says_nothing() -> None:
    assert remark('tell me when the kettle boils', reply='') == ''
