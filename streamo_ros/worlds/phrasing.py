# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What people say to it: an instruction of a family of tasks, drawn, and the words of the answers.

Knows which wordings training may use. Knows no view and no label. The last two plain phrasings of
a family are held out: no instruction of the training says them, not even among other words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cache

import numpy as np

from streamo_ros.worlds.grammar import Choice
from streamo_ros.worlds.grammar import Grammar
from streamo_ros.worlds.grammar import tidy
from streamo_ros.worlds.grammar_rules import RULES
from streamo_ros.worlds.greetings import dress
from streamo_ros.worlds.scene import VisibleThing
from streamo_ros.worlds.scene import WorldError
from streamo_ros.worlds.templates import SPANS
from streamo_ros.worlds.templates import TEMPLATES

Phrasings = Mapping[str, Sequence[str]]
"""Of each family, with {a}, {c} and {s} for the article, the colour and the shape."""

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
"""The plain phrasings of each family, as docs and demo say them; the last two are held out."""
FAMILIES = tuple(PHRASES)
PLAIN: Phrasings = {family: texts[:-2] for family, texts in PHRASES.items()}
HELD_OUT: Phrasings = {family: texts[-2:] for family, texts in PHRASES.items()}
"""What only evaluation says."""
_SHARE_OF_PLAIN = 0.15
"""Share of the training's instructions that are plain ones."""


def article(word: str) -> str:
    """'an' before a vowel, else 'a'."""
    return 'an' if word[:1] in 'aeiou' else 'a'


def name(thing: VisibleThing) -> str:
    """A thing as an answer names it: 'red ball'."""
    return f'{thing.colour} {thing.shape}'


def folded(text: str) -> str:
    """The words of a text, without case and marks."""
    return ' '.join(re.findall(r'[^\W_]+', text.casefold()))


def phrase(
    family: str,
    draw: np.random.Generator,
    colour: str = '',
    shape: str = '',
    phrasings: Phrasings | None = None,
) -> str:
    """An instruction of a family about things of a look.

    Args:
        family: one of `FAMILIES`.
        draw: chooses the phrasing.
        colour: for the families that name one.
        shape: for the families that name one.
        phrasings: choose among these, as they stand; None: what training says.

    Raises:
        WorldError: there is no such family, or no phrasing of it.
    """
    found = (phrasings or PLAIN).get(family)
    if not found:
        raise WorldError(f'there is no family {family!r}: choose from {", ".join(FAMILIES)}')
    template = found[int(draw.integers(len(found)))]
    if phrasings:
        return _filled(template, colour, shape)
    # One draw, however many the wording takes: another wording leaves the rest of a world alone.
    own = np.random.default_rng(int(draw.integers(2**32)))
    if own.random() < _SHARE_OF_PLAIN:
        return dress(_filled(template, colour, shape), own)
    while True:
        text = dress(_filled(wordings()[family].draw(own), colour, shape), own)
        if not _is_held_out(family, text, colour, shape):
            return text


def span_phrase(family: str, draw: np.random.Generator, colour: str = '', shape: str = '') -> str:
    """An instruction that asks for the interval of another event than an arrival.

    Args:
        family: of the event, one of `templates.SPANS`; 'narrate': everything that happens.
        draw: chooses the phrasing.
        colour: for the families that name one.
        shape: for the families that name one; a text of 'recolour' may not name it, and asks
            for any thing then.

    Raises:
        WorldError: there are no intervals of this family.
    """
    if family not in SPANS:
        raise WorldError(f'no interval of {family!r} is asked for: choose from {", ".join(SPANS)}')
    own = np.random.default_rng(int(draw.integers(2**32)))
    return dress(_filled(span_wordings()[family].draw(own), colour, shape), own)


@cache
def wordings() -> dict[str, Choice]:
    """What training says in each family, before it is dressed."""
    return _read(TEMPLATES)


@cache
def span_wordings() -> dict[str, Choice]:
    """What training says of intervals, by family of the event."""
    return _read(SPANS)


@cache
def second_words() -> frozenset[str]:
    """Words that begin another sentence of a text: 'update' in 'is it there? update me'."""
    grammar = Grammar(RULES)
    rules, families = RULES.values(), (*TEMPLATES.values(), *SPANS.values())
    texts = [*rules, *(text for texts in families for text in texts)]
    found = {
        word
        for text in texts
        for tail in re.split(r'\? ', text)[1:]
        for word in grammar.read(tail).first_words()
    }
    found |= set(grammar.read('<update>').first_words())
    plain = (tail for texts in PHRASES.values() for text in texts for tail in text.split('? ')[1:])
    return frozenset(found | {tail.split()[0] for tail in plain})


def _read(templates: dict[str, tuple[str, ...]]) -> dict[str, Choice]:
    grammar = Grammar(RULES)
    return {family: grammar.read('|'.join(texts)) for family, texts in templates.items()}


def _filled(template: str, colour: str, shape: str) -> str:
    return tidy(template.format(a=article(colour), c=colour, s=shape))


def _is_held_out(family: str, text: str, colour: str, shape: str) -> bool:
    said = f' {folded(text)} '
    return any(f' {folded(_filled(held, colour, shape))} ' in said for held in HELD_OUT[family])
