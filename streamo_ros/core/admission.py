# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Refuses an instruction that could not be watched for, and remarks on one that will be in vain.

An instruction is admitted by what it costs in tokens, not in characters: two thousand letters of
English are 430 tokens, the same number of emoji six thousand.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from streamo_ros.core.instruction_text import check_instruction
from streamo_ros.core.interface import Backbone
from streamo_ros.core.protocol import ProtocolError
from streamo_ros.core.protocol import Tokenizer

_WORD = re.compile(r' ?[^\W\d_]+')
_FOREIGN = 0.5
"""Part of an instruction's words from which on its language is the trouble, not one word."""


def instruction_check(
    backbone: Backbone, max_new_tokens: Callable[[], int]
) -> Callable[[str], str]:
    """A check for `InstructionBook`: the text is clean, and it fits into a lane.

    Args:
        backbone: whose tokens and capacity count.
        max_new_tokens: gives the length of the longest answer, which must fit too.

    Returns:
        A function that returns the text cleaned, or raises ProtocolError with the figures and
        the cure.
    """
    prompt = backbone.prompt

    def check(text: str) -> str:
        text = check_instruction(text, prompt.tokenizer.control_tokens)
        info = backbone.info
        frame = info.max_tokens_per_frame or info.tokens_per_frame
        sink, answer = len(prompt.sink(text)), max_new_tokens()
        need = sink + prompt.longest_turn(frame) + answer
        if need > backbone.capacity:
            own = sink - len(prompt.sink(''))
            raise ProtocolError(
                f'the instruction takes {own} tokens; with the system prompt, one frame and an '
                f'answer of {answer} tokens that makes {need}, and the context holds '
                f'{backbone.capacity}: shorten it by {need - backbone.capacity} tokens, or raise '
                'context.capacity'
            )
        return text

    return check


def instruction_remark(backbone: Backbone) -> Callable[[str], str]:
    """What there is to remark on an instruction that is accepted, in one or two sentences; or ''.

    A model with a closed vocabulary has a token for each word that it knows and spells all
    others; it answers at once that it does not know the word, and this is the same sentence.

    Args:
        backbone: whose tokens and reply count.
    """
    tokenizer = backbone.prompt.tokenizer

    def remark(text: str) -> str:
        reply = backbone.info.unknown_word_reply
        unknown = unknown_words(text, tokenizer) if reply else []
        if not unknown:
            return ''
        first = reply.format(word=unknown[0])
        words = len(_WORD.findall(text))
        if len(unknown) <= _FOREIGN * words or len(unknown) < 2:
            return first
        return (
            f'{first} I know {words - len(unknown)} of these {words} words: I read plain English.'
        )

    return remark


def unknown_words(text: str, tokenizer: Tokenizer) -> list[str]:
    """The words of a text that are spelled in several tokens, in order."""
    return [word.strip() for word in _WORD.findall(text) if len(tokenizer.plain(word)) > 1]
