# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The text of instructions: a random phrasing for each family of tasks.

Most training instructions come from a grammar, the rest from short lists of plain phrasings. The
last two plain phrasings of each family are held out: no training instruction contains them, not
even as a part.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cache

import numpy as np

from streamo_ros.worlds.draws import pick
from streamo_ros.worlds.event_templates import EVENT_TEMPLATES
from streamo_ros.worlds.event_templates import SPAN_TEMPLATES
from streamo_ros.worlds.everyday_events import EVERYDAY_EVENTS
from streamo_ros.worlds.everyday_questions import EVERYDAY_QUESTIONS
from streamo_ros.worlds.everyday_rules import EVERYDAY_RULES
from streamo_ros.worlds.grammar import Alternatives
from streamo_ros.worlds.grammar import Grammar
from streamo_ros.worlds.grammar import tidy
from streamo_ros.worlds.grammar_rules import RULES
from streamo_ros.worlds.greetings import decorate
from streamo_ros.worlds.question_templates import QUESTION_TEMPLATES
from streamo_ros.worlds.scene import VisibleThing
from streamo_ros.worlds.scene import WorldError
from streamo_ros.worlds.wider_words import wider_templates

Phrasings = Mapping[str, Sequence[str]]
"""Texts by family, with {a}, {c} and {s} for the article, the color and the shape."""

PHRASES: dict[str, tuple[str, ...]] = {
    'appear': (
        'tell me when {a} {c} {s} appears',
        'let me know when {a} {c} {s} arrives',
        'say when {a} {c} {s} comes onto the table',
        'watch for {a} {c} {s} to enter',
        'notify me as soon as {a} {c} {s} is on the table',
        'alert me when {a} {c} {s} shows up',
        'inform me once {a} {c} {s} has come in',
    ),
    'leave': (
        'tell me when the {c} {s} leaves',
        'let me know when the {c} {s} is gone',
        'say when the {c} {s} has left the table',
        'watch for the {c} {s} to leave',
        'notify me as soon as the {c} {s} goes away',
        'alert me when the {c} {s} disappears',
        'inform me once the {c} {s} has gone',
    ),
    'recolour': (
        'tell me when the {s} changes colour',
        'tell me when something changes colour',
        'let me know when a {s} has a new colour',
        'say when anything changes its colour',
        'watch for a change of colour',
        'alert me when the colour of something changes',
        'inform me of any new colour',
    ),
    'move': (
        'tell me when the {c} {s} is moved',
        'let me know when the {c} {s} has been moved',
        'say when the {c} {s} is put somewhere else',
        'watch for the {c} {s} to be moved',
        'notify me when the gripper has moved the {c} {s}',
        'alert me when the {c} {s} is carried away',
        'inform me once the {c} {s} has been carried',
    ),
    'touch': (
        'tell me when the {c} {s} touches the wall',
        'let me know when the {c} {s} is at the wall',
        'say when the {c} {s} reaches the wall',
        'watch for the {c} {s} to touch the wall',
        'notify me when the {c} {s} meets the wall',
        'alert me when the {c} {s} hits the wall',
        'inform me once the {c} {s} is against the wall',
    ),
    'count': (
        'how many things are on the table? tell me again when it changes',
        'count the things on the table',
        'keep counting the objects',
        'tell me the number of things and every change',
        'report how many objects there are',
        'how many objects do you see? update me',
        'give me the count of things, always',
    ),
    'number': (
        'read the display',
        'tell me the number on the display and every change',
        'what does the display show? update me',
        'read the number whenever it changes',
        'report the number on the panel',
        'say the number shown, and again when it is new',
        'keep reading the panel',
    ),
    'narrate': (
        'describe what happens',
        'narrate everything that happens',
        'tell me everything that happens on the table',
        'comment on every event',
        'report each event when it is over',
        'give me a running commentary',
        'what is going on? keep telling me',
    ),
    'ground': (
        'when does {a} {c} {s} arrive? give the time span',
        'give the interval in which {a} {c} {s} comes in',
        'from when to when does {a} {c} {s} enter?',
        'tell me the time span in which {a} {c} {s} arrives',
        'at which seconds does {a} {c} {s} come in?',
        'name the seconds in which {a} {c} {s} enters',
        'what is the interval of the arrival of {a} {c} {s}?',
    ),
    'presence': (
        'is there {a} {c} {s}? tell me when the answer changes',
        'do you see {a} {c} {s}? update me',
        'is {a} {c} {s} on the table? keep me informed',
        'check whether there is {a} {c} {s} and report changes',
        'is there {a} {c} {s} now? say it again when it changes',
        'can you see {a} {c} {s}? tell me of changes',
        'does the table hold {a} {c} {s}? update the answer',
    ),
    'colour': (
        'what colour is the {s}? update the answer when it changes',
        'which colour has the {s}? tell me again when it changes',
        'tell me the colour of the {s} and every change',
        'name the colour of the {s} and keep it up to date',
        'report the colour of the {s}',
        'say which colour the {s} is, always',
        'keep telling me the colour of the {s}',
    ),
    'see': (
        'what is on the table? answer once',
        'name the things you see, once',
        'list the objects on the table once',
        'say what you see now, only once',
        'describe the table once',
        'tell me once what lies on the table',
        'once: which things are there?',
    ),
}
"""The plain phrasings of each family, which docs and demo use; the last two are held out."""
FAMILIES = tuple(PHRASES)
PLAIN: Phrasings = {family: texts[:-2] for family, texts in PHRASES.items()}
HELD_OUT: Phrasings = {family: texts[-2:] for family, texts in PHRASES.items()}
"""The phrasings that only evaluation uses."""
TEMPLATES = {**EVENT_TEMPLATES, **QUESTION_TEMPLATES}
"""The templates of every family; only training uses them."""
_SHARE_OF_PLAIN = 0.15
"""Share of training instructions with a plain phrasing."""


def article(word: str) -> str:
    """'an' before a vowel, else 'a'."""
    return 'an' if word[:1] in 'aeiou' else 'a'


def name(thing: VisibleThing) -> str:
    """A thing as answers refer to it: 'red ball'."""
    return f'{thing.color} {thing.shape}'


def folded(text: str) -> str:
    """The words of a text, without case and punctuation."""
    return ' '.join(re.findall(r'[^\W_]+', text.casefold()))


def phrase(
    family: str,
    rng: np.random.Generator,
    color: str = '',
    shape: str = '',
    phrasings: Phrasings | None = None,
    everyday: float = 0.0,
) -> str:
    """A random instruction of a family.

    Args:
        family: one of `FAMILIES`.
        rng: chooses the phrasing.
        color: the color to name, in families that name one.
        shape: the shape to name, in families that name one.
        phrasings: use one of these unchanged; None: any phrasing that training may use.
        everyday: share of the phrasings of training that are everyday speech.

    Raises:
        WorldError: there is no such family, or it has no phrasing.
    """
    templates = (phrasings or PLAIN).get(family)
    if not templates:
        raise WorldError(f'unknown task family {family!r}: choose from {", ".join(FAMILIES)}')
    template = pick(rng, templates)
    if phrasings:
        return _filled(template, color, shape)
    # A generator of its own, so that a change to the grammar leaves everything else as it was.
    own = np.random.default_rng(int(rng.integers(2**32)))
    grammars = instruction_grammars()
    if everyday and own.random() < everyday:
        grammars = everyday_grammars()
    elif own.random() < _SHARE_OF_PLAIN:
        return decorate(_filled(template, color, shape), own)
    while True:
        text = decorate(_filled(grammars[family].draw(own), color, shape), own)
        if not _is_held_out(family, text, color, shape):
            return text


def span_phrase(family: str, rng: np.random.Generator, color: str = '', shape: str = '') -> str:
    """A random instruction that asks for the interval of an event other than an arrival.

    Args:
        family: family of the event, one of `SPAN_TEMPLATES`; 'narrate': everything that happens.
        rng: chooses the phrasing.
        color: the color to name, in families that name one.
        shape: the shape to name, in families that name one; a text of 'recolour' may leave it
            out and then asks about anything.

    Raises:
        WorldError: no instruction asks for intervals of this family.
    """
    if family not in SPAN_TEMPLATES:
        raise WorldError(
            f'no instruction asks for intervals of {family!r}: choose from '
            f'{", ".join(SPAN_TEMPLATES)}'
        )
    own = np.random.default_rng(int(rng.integers(2**32)))
    return decorate(_filled(span_grammars()[family].draw(own), color, shape), own)


@cache
def instruction_grammars() -> dict[str, Alternatives]:
    """The grammar of each family's training instructions, before they are decorated."""
    return _parse(TEMPLATES)


@cache
def everyday_grammars() -> dict[str, Alternatives]:
    """The grammar of everyday speech; the tokenizer does not depend on it."""
    templates = {**EVERYDAY_EVENTS, **EVERYDAY_QUESTIONS}
    wider = wider_templates()
    return _parse(
        {family: (*texts, *wider[family]) for family, texts in templates.items()},
        {**RULES, **EVERYDAY_RULES},
    )


@cache
def span_grammars() -> dict[str, Alternatives]:
    """The grammar of instructions that ask for intervals, by family of the event."""
    return _parse(SPAN_TEMPLATES)


@cache
def later_first_words() -> frozenset[str]:
    """Words that begin a later sentence of a text: 'update' in 'is it there? update me'."""
    grammar = Grammar(RULES)
    families = (*TEMPLATES.values(), *SPAN_TEMPLATES.values())
    templates = [*RULES.values(), *(text for texts in families for text in texts)]
    words = {
        word
        for template in templates
        for sentence in re.split(r'\? ', template)[1:]
        for word in grammar.parse(sentence).first_words()
    }
    words |= set(grammar.parse('<update>').first_words())
    plain = (text for texts in PHRASES.values() for text in texts)
    words |= {sentence.split()[0] for text in plain for sentence in text.split('? ')[1:]}
    return frozenset(words)


def _parse(
    templates: dict[str, tuple[str, ...]], rules: dict[str, str] = RULES
) -> dict[str, Alternatives]:
    grammar = Grammar(rules)
    return {family: grammar.parse('|'.join(texts)) for family, texts in templates.items()}


def _filled(template: str, color: str, shape: str) -> str:
    return tidy(template.format(a=article(color), c=color, s=shape))


def _is_held_out(family: str, text: str, color: str, shape: str) -> bool:
    words = f' {folded(text)} '
    return any(f' {folded(_filled(held, color, shape))} ' in words for held in HELD_OUT[family])
