# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tokenizer of streamo-objects: a word that it knows is one token, any other is spelled.

So whatever is named can be copied letter by letter, and a word of several tokens is an unknown
one. Names of several words, such as 'traffic light', are one token, too, and so is a whole number:
the seconds of a tag are copied in one piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tokenizers import pre_tokenizers

from streamo_ros.tiny.vocabulary import CONTROL
from streamo_ros.tiny.vocabulary import pre_tokenizer
from streamo_ros.tiny.vocabulary import SYSTEM_PROMPT
from streamo_ros.tiny.vocabulary import whole_word_tokenizer
from streamo_ros.tiny.vocabulary import with_chat
from streamo_ros.worlds.objects.known_words import answer_texts
from streamo_ros.worlds.objects.known_words import kind_words
from streamo_ros.worlds.objects.known_words import known_words

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
_NUMBER = r'\d{1,3}'
NUMBERS = tuple(str(number) for number in range(1000))
"""Numbers that are one token each."""


def build_object_tokenizer() -> Any:
    """The tokenizer; the result is always the same.

    Returns:
        A `transformers.PreTrainedTokenizerFast` with a chat template.
    """
    cut = pre_tokenizer(_phrases(), _NUMBER)
    pieces = [piece for text in _texts() for piece, _ in cut.pre_tokenize_str(text)]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    # Numbers last: all else keeps the ids that it had before they were whole.
    words = [piece for piece in pieces if not piece.isdecimal()]
    entries = dict.fromkeys((*CONTROL, *alphabet, *words, *NUMBERS))
    return with_chat(
        whole_word_tokenizer({text: number for number, text in enumerate(entries)}, [], cut)
    )


def _phrases() -> str:
    """A pattern of the names of several words, the longest first."""
    names = sorted((name for name in kind_words() if ' ' in name), key=len, reverse=True)
    return rf' ?(?:{"|".join(map(re.escape, names))})(?!\p{{L}})|'.replace('\\ ', ' ')


def _texts() -> Iterator[str]:
    """Texts whose pieces are single tokens, each wherever in a text it may occur."""
    yield from _FIXED
    yield from (f' {text}' for text in answer_texts())
    names = [name for name in kind_words() if ' ' in name]
    for word in (*sorted(known_words()), *names):
        yield from (f' {word}', word, f' {word.capitalize()}', word.capitalize())
