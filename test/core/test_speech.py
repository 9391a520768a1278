# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An answer: its pieces, its end, and a question that it hands to another model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.dialect import STREAMO
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import Kind
from streamo_ros.core.protocol import State
from streamo_ros.core.speech import Finish
from streamo_ros.core.speech import Speech

MARK = '</delegation>'
NOTE, QUESTION = ' I hand this on.', ' How long does it boil?'


class WithMark:
    """A tokenizer, to which the mark is one more control token."""

    def __init__(self, tokenizer: object) -> None:
        self._tokenizer = tokenizer
        self.mark = max(tokenizer.control_ids) + 100_000
        self.control_ids = tokenizer.control_ids | {self.mark}

    def __getattr__(self, name: str) -> object:
        return getattr(self._tokenizer, name)

    def control(self, text: str) -> tuple[int, ...]:
        return (self.mark,) if text == MARK else self._tokenizer.control(text)

    def text(self, ids: Sequence[int]) -> str:
        return self._tokenizer.text([one for one in ids if one != self.mark])


@pytest.fixture(params=['spelled', 'one token'])
def prompt(request: pytest.FixtureRequest) -> PromptTokens:
    tokenizer = ScriptedBackbone(
        lambda _instruction, _second: (State.SILENCE, '')
    ).prompt.tokenizer
    if request.param == 'one token':
        tokenizer = WithMark(tokenizer)
    dialect = replace(STREAMO, states=replace(STREAMO.states, delegation=MARK), cut=('\n',))
    return PromptTokens(tokenizer, dialect=dialect)


def say(speech: Speech, prompt: PromptTokens, *texts: str) -> list[str]:
    """The pieces in which texts are told that come token by token."""
    own = prompt.tokenizer.control(MARK)
    tokens = [
        token
        for text in texts
        for token in (own if text == MARK else prompt.tokenizer.plain(text))
    ]
    return [speech.on_token(token) for token in (*tokens, prompt.stop)]


def test_a_question_that_is_handed_on_is_the_last_line(prompt: PromptTokens) -> None:
    speech = Speech(prompt, 200)
    pieces = say(speech, prompt, NOTE, ' ', MARK, QUESTION)
    assert speech.finish is Finish.STOP
    assert speech.text == 'I hand this on.\nHow long does it boil?' == ''.join(pieces)
    assert speech.kind is Kind.DELEGATION


def test_without_a_note_the_question_is_all(prompt: PromptTokens) -> None:
    speech = Speech(prompt, 200)
    assert ''.join(say(speech, prompt, MARK, QUESTION)) == 'How long does it boil?'
    assert speech.kind is Kind.DELEGATION


def test_what_begins_like_the_mark_is_not_told_before_it_is_sure(prompt: PromptTokens) -> None:
    speech = Speech(prompt, 200, Kind.SUMMARY)
    pieces = say(speech, prompt, ' it was </dele')
    assert ''.join(pieces[:-1]) == 'it was'
    assert speech.text == 'it was </dele'
    assert speech.kind is Kind.SUMMARY


@pytest.mark.parametrize('end', ['\ufffd', ' \ufffd', '\ufffd \ufffd', ' \ufffd\ufffd \ufffd '])
def test_half_a_character_never_ends_an_answer(prompt: PromptTokens, end: str) -> None:
    """Byte-level tokens that stop inside a character come out as U+FFFD."""
    speech = Speech(prompt, 200)
    pieces = say(speech, prompt, f' It\ufffds hot{end}')
    assert speech.text == ''.join(pieces) == 'It\ufffds hot'
