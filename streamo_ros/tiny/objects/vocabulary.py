# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tokenizer of streamo-objects: a word that it knows is one token, any other is spelled.

So whatever is named can be copied letter by letter, and a word of several tokens is an unknown
one. Names of several words, such as 'traffic light', are one token, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from tokenizers import pre_tokenizers

from streamo_ros.tiny import common_words
from streamo_ros.tiny.vocabulary import CONTROL
from streamo_ros.tiny.vocabulary import pre_tokenizer
from streamo_ros.tiny.vocabulary import SYSTEM_PROMPT
from streamo_ros.tiny.vocabulary import whole_word_tokenizer
from streamo_ros.tiny.vocabulary import with_chat
from streamo_ros.worlds import greetings
from streamo_ros.worlds.objects import answers
from streamo_ros.worlds.objects.kinds import COLORS
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.phrasing import instruction_texts
from streamo_ros.worlds.objects.subject import SIDES
from streamo_ros.worlds.objects.subject import Subject
from streamo_ros.worlds.objects.unknown_things import all_things

_FIXED = (
    'user\n',
    'assistant\n',
    'system\n',
    '? ',
    ', ',
    '. ',
    ': ',
    SYSTEM_PROMPT,
    '<1s-2s>\n',
    '<1.5s-2.5s>\n',
    ' From 1s to 2s.',
    'What? Who, this: it; is! "a" \'s',
)


def build_object_tokenizer() -> Any:
    """The tokenizer; the result is always the same.

    Returns:
        A `transformers.PreTrainedTokenizerFast` with a chat template.
    """
    cut = pre_tokenizer(_phrases())
    pieces = [
        piece for text in _texts() for piece, _ in cut.pre_tokenize_str(text)
    ]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    entries = dict.fromkeys((*CONTROL, *alphabet, *pieces))
    return with_chat(
        whole_word_tokenizer({text: number for number, text in enumerate(entries)}, [], cut)
    )


@cache
def known_words() -> frozenset[str]:
    """Every word that is one token, in lowercase; names of several words are not among them."""
    texts = (*instruction_texts(), *greetings.GREETINGS, *greetings.CLOSINGS, *_answers())
    words = {word.lower() for text in texts for word in _letters(text)}
    words |= {part for name in kind_words() for part in name.split()}
    things = set(all_things()) - words
    words |= {word for word in common_words.WORDS if word not in things}
    return frozenset(words | set(COLORS) | set('as'))


@cache
def kind_words() -> tuple[str, ...]:
    """All words for all kinds, in the singular and the plural."""
    words = (word for kind in KINDS for word in kind.words)
    return tuple(dict.fromkeys(text for word in words for text in (word.one, word.many) if text))


def _phrases() -> str:
    """A pattern of the names of several words, the longest first."""
    names = sorted((name for name in kind_words() if ' ' in name), key=len, reverse=True)
    return rf' ?(?:{"|".join(map(re.escape, names))})(?!\p{{L}})|'.replace('\\ ', ' ')


def _texts() -> Iterator[str]:
    """Texts whose pieces are single tokens, each wherever in a text it may occur."""
    yield from _FIXED
    yield from (f' {text}' for text in _answers())
    names = [name for name in kind_words() if ' ' in name]
    for word in (*sorted(known_words()), *names):
        yield from (f' {word}', word, f' {word.capitalize()}', word.capitalize())


def _answers() -> Iterator[str]:
    """Texts in which every word of every answer occurs, those of kinds left out."""
    subject = Subject((0, 1))
    for text in (
        answers.appeared,
        answers.left,
        answers.is_back,
        answers.came_closer,
        answers.together,
    ):
        yield text(subject)
    yield from (answers.is_at(Subject((0,), side=side)) for side in SIDES)
    yield from (answers.place(side) for side in ('', *SIDES))
    yield from (answers.yes_no(there) for there in (True, False))
    yield from (answers.there_are(subject, count) for count in (1, 2))
    yield from (answers.listed(kinds) for kinds in ((), (0, 1)))
    yield answers.unknown('')


def _letters(text: str) -> list[str]:
    return re.findall(r'[A-Za-z]+', text)
