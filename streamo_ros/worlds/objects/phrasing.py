# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The text of instructions about real things: a random wording of what a task is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Sequence
from functools import cache

import numpy as np

from streamo_ros.core.colors import COLORS
from streamo_ros.worlds.draws import pick
from streamo_ros.worlds.grammar import Alternatives
from streamo_ros.worlds.grammar import Grammar
from streamo_ros.worlds.grammar import tidy
from streamo_ros.worlds.greetings import decorate
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.kinds import Word
from streamo_ros.worlds.objects.rules import OBJECT_RULES
from streamo_ros.worlds.objects.rules import SIDE_PHRASES
from streamo_ros.worlds.objects.subject import Subject
from streamo_ros.worlds.objects.templates import OBJECT_TEMPLATES
from streamo_ros.worlds.objects.wordings import OBJECT_PHRASES
from streamo_ros.worlds.phrasing import folded

NUMBERS = ('zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine')
_HELD_OUT = 2
"""The last so many plain wordings of each family are only used in evaluation."""
_PLAIN, _SYNONYM, _SPELLED = 0.2, 0.5, 0.5
"""Shares of plain wordings, of synonyms instead of a kind's name, of numbers as words."""
_COUNTED = ('count', 'more', 'presence')
"""Families whose wordings speak of several."""
NAMELESS = ('see', 'narrate')
"""Families whose instructions name no kind."""
UNKNOWN_FAMILIES = (
    'appear',
    'leave',
    'back',
    'presence',
    'count',
    'where',
    'near',
    'side',
    'ground',
)
"""Families whose wordings are used to ask about what is not known."""


def draw_phrase(
    family: str, subject: Subject, rng: np.random.Generator, *, held_out: bool = False
) -> str:
    """A random instruction.

    Args:
        family: one of `tasks.TASKS`.
        subject: what it is about.
        rng: makes all random choices.
        held_out: use one of the wordings that training never uses, unchanged.
    """
    if family == 'unknown':
        family = pick(rng, UNKNOWN_FAMILIES)
    slots = draw_slots(subject, rng, countable=family in _COUNTED)
    plain = OBJECT_PHRASES[family]
    if held_out:
        return _filled(pick(rng, plain[-_HELD_OUT:]), slots)
    while True:
        if rng.random() < _PLAIN:
            return decorate(_filled(pick(rng, plain[:-_HELD_OUT]), slots), rng)
        text = decorate(_filled(object_grammars()[family].draw(rng), slots), rng)
        if not _is_held_out(family, text, slots):
            return text


@cache
def object_grammars() -> dict[str, Alternatives]:
    """The grammar of each family's training instructions, before they are filled and decorated."""
    grammar = Grammar(OBJECT_RULES)
    return {family: grammar.parse('|'.join(texts)) for family, texts in OBJECT_TEMPLATES.items()}


def draw_slots(
    subject: Subject, rng: np.random.Generator, *, countable: bool = False
) -> dict[str, str]:
    """What stands for the slots of a template; see `rules`.

    Args:
        subject: what the instruction is about.
        rng: makes all random choices.
        countable: use a word that has a plural.
    """
    word = (
        Word(subject.word, f'{subject.word}s')
        if subject.word
        else _draw_word(subject, 0, rng, countable)
    )
    other = _draw_word(subject, 1, rng, False)
    color = f'{COLORS[subject.color]} ' if subject.color >= 0 else ''
    bare = f'{color}{word.one}'
    article = ('an ' if color[:1] in ('a', 'o') else 'a ') if color else word.article
    one = f'{article}{bare}' if word.article else bare
    return {
        'one': one,
        'the': f'the {bare}' if word.article else bare,
        'bare': bare,
        'many': f'{color}{word.many or word.one}',
        'other': f'{other.article}{other.one}',
        'n': _number(subject.number, rng),
        'least': _number(subject.number + 1, rng),
        **_places(subject.side, rng),
    }


def _draw_word(subject: Subject, number: int, rng: np.random.Generator, countable: bool) -> Word:
    if len(subject.kinds) <= number:
        return Word('thing', 'things')
    kind = KINDS[subject.kinds[number]]
    if not kind.synonyms or rng.random() >= _SYNONYM:
        return kind.word
    words: Sequence[Word] = kind.synonyms
    if subject.color >= 0:
        words = [word for word in words if word.article]
    if countable:
        words = [word for word in words if word.many]
    return pick(rng, words or (kind.word,))


def _number(value: int, rng: np.random.Generator) -> str:
    return NUMBERS[value] if rng.random() < _SPELLED else str(value)


def _places(side: str, rng: np.random.Generator) -> dict[str, str]:
    """'on the left side' and 'to the left side'."""
    if side not in SIDE_PHRASES:
        return {'at': '', 'to': ''}
    name = pick(rng, SIDE_PHRASES[side])
    before = (
        'at' if name in ('top', 'bottom') else 'on' if 'side' in name or name == side else 'in'
    )
    before = 'in' if side == 'middle' else before
    return {'at': f'{before} the {name}', 'to': f'{pick(rng, ("to", "to", "into"))} the {name}'}


def _filled(template: str, slots: dict[str, str]) -> str:
    return tidy(template.format(**slots))


def _is_held_out(family: str, text: str, slots: dict[str, str]) -> bool:
    words = f' {folded(text)} '
    return any(
        f' {folded(_filled(held, slots))} ' in words
        for held in OBJECT_PHRASES[family][-_HELD_OUT:]
    )


def instruction_texts() -> Iterator[str]:
    """Texts in which every word of every instruction occurs, those of kinds left out."""
    for phrasings in OBJECT_PHRASES.values():
        yield from (re.sub(r'{\w+}', ' ', text) for text in phrasings)
    for choice in object_grammars().values():
        yield from (re.sub(r'{\w+}', ' ', text) for text in choice.words())
    yield from (name for names in SIDE_PHRASES.values() for name in names)
    yield from NUMBERS
    yield ' a an the on in at to into thing things '
