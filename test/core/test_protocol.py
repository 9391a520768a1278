# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The dialogue: tags, parsing, what is refused, both ways to write a state."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamo_ros.backbone.scripted import CharacterTokenizer
from streamo_ros.core import protocol
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import State


@pytest.mark.parametrize(
    ('start', 'end', 'tag'),
    [
        (0, 1, '<0s-1s>'),
        (7, 8, '<7s-8s>'),
        (Fraction(1, 2), 1, '<0.5s-1s>'),
        (Fraction(1, 3), Fraction(2, 3), '<0.333s-0.667s>'),
        (100, 110, '<100s-110s>'),
    ],
)
def test_time_tags(start: Fraction, end: Fraction, tag: str) -> None:
    assert protocol.time_tag(Fraction(start), Fraction(end)) == tag


@pytest.mark.parametrize(
    ('turn', 'state', 'text', 'well_formed'),
    [
        ('</Silence>', State.SILENCE, '', True),
        ('</Standby>', State.STANDBY, '', True),
        ('</Response> The kettle boils.', State.RESPONSE, 'The kettle boils.', True),
        ('</Response>', State.RESPONSE, '', False),
        ('</Silence> but I must say', State.SILENCE, '', False),
        ('</Response> Now. </Silence>', State.RESPONSE, 'Now.', False),
        ('The kettle boils.', State.UNKNOWN, '', False),
        ('', State.UNKNOWN, '', False),
    ],
)
def test_replies_are_parsed(turn: str, state: State, text: str, well_formed: bool) -> None:
    assert protocol.parse_reply(turn) == protocol.Reply(state, text, well_formed)


@given(st.text())
def test_parsing_survives_anything(turn: str) -> None:
    protocol.parse_reply(turn)


def test_the_system_prompt_names_the_three_states() -> None:
    assert protocol.SYSTEM_PROMPT.startswith('\nYou are')
    assert protocol.SYSTEM_PROMPT.endswith('</Response>.\n')
    assert all(tag in protocol.SYSTEM_PROMPT for tag in protocol.STATE_TAGS.values())


def test_special_tokens_are_one_id_each() -> None:
    prompt = PromptTokens(CharacterTokenizer())
    assert len(set(prompt.state_ids)) == 3
    assert all(len(ids) == 1 for ids in prompt.replies.values())


class CountingTokenizer(CharacterTokenizer):
    """Remembers the texts that it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def plain(self, text: str) -> tuple[int, ...]:
        self.asked.append(text)
        return super().plain(text)


def test_the_texts_of_a_turn_are_encoded_once_for_all_lanes_and_not_kept_for_ever() -> None:
    tokenizer = CountingTokenizer()
    prompt = PromptTokens(tokenizer)
    intervals = [[(Fraction(at), Fraction(at + 1))] for at in range(100)]
    tokenizer.asked.clear()
    texts = [prompt.texts(interval) for interval in intervals for _ in range(8)]
    assert tokenizer.asked == [f'<{at}s-{at + 1}s>\n' for at in range(100)]
    assert [tokenizer.text(part) for part in texts[8 * 7 + 3]] == ['<7s-8s>\n', '']
    assert prompt.texts(intervals[0]) == texts[0]
    assert len(tokenizer.asked) == 101


class PlainTagTokenizer(CharacterTokenizer):
    """States are text: '</' is shared, then S-i, S-t and R tell them apart."""

    def plain(self, text: str) -> tuple[int, ...]:
        for at, word in enumerate(('Silence', 'Standby', 'Response')):
            text = text.replace(f'</{word}>', f'</{chr(0xE000 + at)}>')
        return super().plain(text)


def test_text_tags_force_the_shared_prefix_and_read_the_next_token() -> None:
    tokenizer = PlainTagTokenizer()
    prompt = PromptTokens(tokenizer, kind='text_tags')
    assert prompt.reply_prompt[-2:] == tokenizer.plain('</')
    assert prompt.state_ids == (0xE000, 0xE001, 0xE002)
    assert prompt.replies[State.RESPONSE] == (0xE002, ord('>'))


def test_text_tags_that_one_token_cannot_tell_apart_are_refused() -> None:
    with pytest.raises(protocol.ProtocolError, match='special'):
        PromptTokens(CharacterTokenizer(), kind='text_tags')


def test_missing_state_tokens_are_refused_with_the_cure() -> None:
    class NoStates(CharacterTokenizer):
        def control(self, text: str) -> tuple[int, ...]:
            return self.plain(text) if text.startswith('</') else super().control(text)

    with pytest.raises(protocol.ProtocolError, match='to zero_shot'):
        PromptTokens(NoStates())
