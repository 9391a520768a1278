# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Other words for the same event: 'came in' is 'has arrived', and 'went away' is 'has left'."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence


class EventKind(enum.Enum):
    """What happens to a thing, in whatever words."""

    ARRIVE = 'arrive'
    LEAVE = 'leave'
    MOVE = 'move'
    BECOME = 'become'


_GOING = '(?:go|goes|went|gone|going|walk|walks|walked|run|ran|drive|drove)'
_COMING = (
    '(?:come|comes|came|coming|walk|walks|walked|get|gets|got|step|stepped|run|ran|drive|drove)'
)
# 'The left', 'to the left of' and 'turned left' are places.
_NO_PLACE_BEFORE = '(?<!the )(?<!on )(?<!to )(?<!turn )(?<!turned )'
_PATTERNS: tuple[tuple[EventKind, tuple[str, ...]], ...] = (
    (
        EventKind.LEAVE,
        (
            r'leav(?:e|es|ing)\b',
            rf'{_NO_PLACE_BEFORE}left\b(?! (?:of|side|hand|half|corner|edge))',
            rf'{_GOING}(?: \w+)? (?:away|out|off)\b',
            r'(?:is|are|was|were|be|been)\b.* gone\b',
            'disappear',
            'vanish',
        ),
    ),
    (
        EventKind.ARRIVE,
        (
            'arriv',
            r'enter(?:s|ed|ing)?\b',
            'appear',
            rf'{_COMING}(?: back)? (?:in|into|on|onto|back|there)\b',
            r'(?:come|comes|came|coming)$',
            r'(?:show|turn)(?:s|ed|ing)? up\b',
        ),
    ),
    (
        EventKind.MOVE,
        (r'mov(?:e|es|ed|ing)\b', r'carr(?:y|ies|ied|ying)\b', 'shift', 'push', 'relocat'),
    ),
    (
        EventKind.BECOME,
        (
            r'turn(?:s|ed|ing)?\b(?! (?:left|right|around|back|on|off|over))',
            'becom',
            'became',
            r'chang(?:e|es|ed|ing)\b',
            r'(?:is|are|was) now\b',
        ),
    ),
)
_VERBS = {
    EventKind.LEAVE: r'leav\w*|left|go|goes|went|gone|going|away|disappear\w*|vanish\w*',
    EventKind.ARRIVE: r'arriv\w*|enter\w*|com\w+|came|appear\w*',
    EventKind.MOVE: r'mov\w*|carr\w*|shift\w*|push\w*|relocat\w*',
    EventKind.BECOME: r'turn\w*|becom\w*|became|chang\w*',
}
_IRREGULAR_VERBS = """
begin began begun, break broke broken, bring brought, build built, buy bought, catch caught,
come came, do did done, drink drank drunk, drive drove driven, eat ate eaten, fall fell fallen,
find found, fly flew flown, forget forgot forgotten, get got gotten, give gave given,
go goes went gone, hang hung, hide hid hidden, hold held, keep kept,
lay laid, lie lay lain, light lit, lose lost, make made, meet met, ride rode ridden,
ring rang rung, rise rose risen, run ran, see saw seen, sell sold, shake shook shaken, sit sat,
sleep slept, speak spoke spoken, spill spilt, stand stood, steal stole stolen, sweep swept,
swim swam swum, take took taken, tear tore torn, throw threw thrown, wake woke woken,
wear wore worn, write wrote written
"""
_FORMS = {
    form: tuple(forms.split())
    for forms in _IRREGULAR_VERBS.replace('\n', ' ').split(',')
    for form in forms.split()
}
ANYBODY = frozenset(('somebody', 'someone', 'anybody', 'anyone'))
"""Words for whoever moves a thing, which a note about the thing need not name."""


def event_kind(text: str) -> EventKind | None:
    """What a question or a note says to have happened; None for anything else."""
    text = ' '.join(text.lower().rstrip(' .?!').split())
    kinds = (kind for kind, patterns in _PATTERNS if _says(text, patterns))
    return next(kinds, None)


def _says(text: str, patterns: Sequence[str]) -> bool:
    return any(re.search(rf'\b(?:{pattern})', text) for pattern in patterns)


def without_verb(words: Sequence[str], kind: EventKind) -> tuple[str, ...]:
    """Words without those that say what happened."""
    return tuple(word for word in words if not re.fullmatch(_VERBS[kind], word))


def forms(word: str) -> tuple[str, ...]:
    """The forms of an irregular verb that a stemmer takes for different words; else the word."""
    return _FORMS.get(word, (word,))
