# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The texts of the answers."""

from __future__ import annotations

from collections.abc import Sequence

from streamo_ros.core.colors import COLORS
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.subject import Subject

UNKNOWN_WORD_REPLY = (
    'I do not know what {word} is; I know 80 kinds of things, for example a person, a cup and '
    'a dog.'
)
"""What is said of a thing that is not known; `{word}` is the word for it."""
_PLACES = {
    'left': 'on the left',
    'right': 'on the right',
    'top': 'at the top',
    'bottom': 'at the bottom',
    'middle': 'in the middle',
    'near': 'very near',
}
NOWHERE = 'Not in the picture.'


def appeared(subject: Subject) -> str:
    """It has come into the picture."""
    return f'{_capitalized(_one(subject))} has appeared.'


def left(subject: Subject) -> str:
    """It has left the picture."""
    return f'{_capitalized(_one(subject))} has left.'


def is_back(subject: Subject) -> str:
    """It has left and come back."""
    return f'{_capitalized(_one(subject))} is back.'


def came_closer(subject: Subject) -> str:
    """It has become larger."""
    return f'{_capitalized(_one(subject))} has come closer.'


def is_at(subject: Subject) -> str:
    """It is where the instruction waits for it."""
    return f'{_capitalized(_one(subject))} is {_PLACES[subject.side]}.'


def place(side: str) -> str:
    """Where it is; '' for nowhere."""
    return f'{_PLACES[side].capitalize()}.' if side else NOWHERE


def together(subject: Subject) -> str:
    """Both are there."""
    other = Subject((subject.kinds[1],))
    return f'{_capitalized(_one(subject))} and {_one(other)} are here.'


def yes_no(there: bool) -> str:
    """Whether it is there."""
    return 'Yes.' if there else 'No.'


def number(subject: Subject, count: int) -> str:
    """How many there are."""
    word, color = KINDS[subject.kinds[0]].word, _color(subject)
    return f'{count} {color}{word.one if count == 1 else word.many}.'


def there_are(subject: Subject, count: int) -> str:
    """How many there are, as a sentence."""
    return f'There {"is" if count == 1 else "are"} {number(subject, count)}'


def listed(kinds: Sequence[int]) -> str:
    """What there is."""
    names = [_one(Subject((kind,))) for kind in kinds]
    return f'{_capitalized(", ".join(names))}.' if names else 'Nothing that I know.'


def unknown(word: str) -> str:
    """It is not known what the instruction is about."""
    return UNKNOWN_WORD_REPLY.format(word=word)


def _one(subject: Subject) -> str:
    """The first kind with its article and color: 'a red car'."""
    word, color = KINDS[subject.kinds[0]].word, _color(subject)
    article = ('an ' if color[0] in 'aeiou' else 'a ') if color and word.article else word.article
    return f'{article}{color}{word.one}'


def _color(subject: Subject) -> str:
    return f'{COLORS[subject.color]} ' if subject.color >= 0 else ''


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]
