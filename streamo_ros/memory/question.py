# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a question about the past asks for: its kind, its words, its time."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from dataclasses import replace

from streamo_ros.memory.clock_times import CaptureClock
from streamo_ros.memory.event_words import event_kind
from streamo_ros.memory.event_words import EventKind
from streamo_ros.memory.time_words import read_times
from streamo_ros.memory.time_words import TimeWords

MOST_CHARACTERS = 2000


class QuestionKind(enum.Enum):
    """What is asked for."""

    WHEN = 'when'
    HOW_OFTEN = 'how often'
    HOW_LONG = 'how long'
    WHERE = 'where'
    WHAT = 'what happened'
    WAS_THERE = 'was there'


_KINDS = (
    (QuestionKind.HOW_OFTEN, r'how (?:often|many times|frequently)'),
    (QuestionKind.HOW_LONG, r'how long|for how long'),
    (QuestionKind.WHEN, r'when|(?:at )?what time'),
    (QuestionKind.WHERE, r'where'),
    (QuestionKind.WHAT, r'what|did anything happen|anything new|summar\w+'),
)
_STOP_WORDS = """
a an the this that these those it its they them there here he she i you we me my your our is are
was were be been being am do does did done has have had will would can could may might shall
should must of to in on at by for from with without about into onto over under and or but not no
so as if then than any some all ever never once again also just still what when where which who
whom whose why how often many times time much long first last latest most recently recent yet
already during while since before after until till please tell show say said see saw seen look
looked like now happen happened happens anything something thing things appear appeared appears
come came comes get got occur occurred up down out off around picture camera view image video
room watch notice noticed visible one ones other another
"""
_STOP = frozenset(_STOP_WORDS.split())
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


@dataclass(frozen=True)
class AskedQuestion:
    """A question, taken apart.

    Attributes:
        text: as it was asked.
        kind: what is asked for.
        words: what it is about: its words without those that are in every question.
        times: which times it is about.
        order: 'first' or 'last' where only one event is asked for; else ''.
        like_now: whether it asks for what looks like the newest frame.
        event: what it says to have happened; None for anything else.
    """

    text: str
    kind: QuestionKind
    words: tuple[str, ...]
    times: TimeWords
    order: str = ''
    like_now: bool = False
    event: EventKind | None = None


def read_question(
    text: str, clock: CaptureClock, before: AskedQuestion | None = None
) -> AskedQuestion:
    """Take a question apart.

    Args:
        text: as it was asked.
        clock: what now is, and in which zone.
        before: the question before it; one without words of its own is about the same.

    Raises:
        TimeError: its time is in the future, or makes no sense.
    """
    times = read_times(text, clock)
    rest = times.rest
    kind = _kind(rest)
    order = re.search(r'\b(first|last|latest|most recent)', rest)
    question = AskedQuestion(
        text,
        kind or QuestionKind.WAS_THERE,
        content_words(rest),
        times,
        '' if order is None else 'first' if order[1] == 'first' else 'last',
        bool(re.search(r'like (?:now|this)\b|same as now', rest)),
        event_kind(rest),
    )
    if before is None or question.words or question.like_now:
        return question
    if kind is QuestionKind.WHAT:
        return question
    if kind is None:
        question = replace(question, kind=before.kind)
    event = question.event or before.event
    return replace(
        question, words=before.words, event=event, times=times if times.given else before.times
    )


def _kind(text: str) -> QuestionKind | None:
    """What is asked for: the question word that comes first."""
    matches = [(re.search(rf'\b(?:{words})\b', text), kind) for kind, words in _KINDS]
    asked = [(match.start(), kind) for match, kind in matches if match is not None]
    return min(asked, key=lambda pair: pair[0])[1] if asked else None


def content_words(text: str) -> tuple[str, ...]:
    """The words of a text that say what it is about."""
    words = (word.lower().removesuffix("'s") for word in _WORD.findall(text))
    return tuple(dict.fromkeys(word for word in words if word not in _STOP))


def stem(word: str) -> str:
    """A word without its ending, so that 'boils', 'boiled' and 'boiling' are one."""
    for ending in ('ings', 'ing', 'ied', 'ies', 'ed', 'es', 's', 'e', 'y'):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word
