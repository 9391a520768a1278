# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The words that instructions and answers are made of; whatever else is named is unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from streamo_ros.core.colors import COLORS
from streamo_ros.worlds import common_words
from streamo_ros.worlds import greetings
from streamo_ros.worlds.objects import answers
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.phrasing import instruction_texts
from streamo_ros.worlds.objects.subject import SIDES
from streamo_ros.worlds.objects.subject import Subject
from streamo_ros.worlds.objects.unknown_things import all_things


@cache
def known_words() -> frozenset[str]:
    """Every word that is one token, in lowercase; names of several words are not among them."""
    texts = (*instruction_texts(), *greetings.GREETINGS, *greetings.CLOSINGS, *answer_texts())
    words = {word.lower() for text in texts for word in re.findall(r'[A-Za-z]+', text)}
    words |= {part for name in kind_words() for part in name.split()}
    things = set(all_things()) - words
    words |= {word for word in common_words.WORDS if word not in things}
    return frozenset(words | set(COLORS) | set('as'))


@cache
def kind_words() -> tuple[str, ...]:
    """All words for all kinds, in the singular and the plural."""
    words = (word for kind in KINDS for word in kind.words)
    return tuple(dict.fromkeys(text for word in words for text in (word.one, word.many) if text))


def answer_texts() -> Iterator[str]:
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
