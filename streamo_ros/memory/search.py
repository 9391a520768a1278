# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finds what the record says about the words of a question: answers, things seen, Standby."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from streamo_ros.core.protocol import State
from streamo_ros.memory.event_words import ANYBODY
from streamo_ros.memory.event_words import EventKind
from streamo_ros.memory.event_words import forms
from streamo_ros.memory.event_words import without_verb
from streamo_ros.memory.question import content_words
from streamo_ros.memory.reader import Span
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.record import Fact
from streamo_ros.memory.told_events import denies
from streamo_ros.memory.told_events import kind_of
from streamo_ros.memory.told_events import one_per_event
from streamo_ros.memory.told_events import stems
from streamo_ros.worlds.objects.kinds import KINDS

_STOOD_BY = 3
"""Decisions in a row from which Standby counts: one is a doubt that passed."""
_ENOUGH = 0.6
"""Part of a question's words that an answer must have, where none has all."""


@dataclass(frozen=True)
class Found:
    """What was found.

    Attributes:
        facts: in the order of time; one for each event.
        unknown: words of the question that the record says nothing about.
        coverage: which part of its words the facts have, 0 to 1.
    """

    facts: tuple[Fact, ...] = ()
    unknown: tuple[str, ...] = ()
    coverage: float = 1.0

    @property
    def doubtful(self) -> bool:
        """Whether it may be about something else: 'red cup' where only cups were recognized."""
        return bool(self.unknown)


def find_facts(
    reader: StoreReader, words: Sequence[str], span: Span, event: EventKind | None = None
) -> Found:
    """What the record says about words in a time.

    Answers that have all of the words count first; then things that were recognized, for words
    that name one; then answers that have most of the words, and at last Standby that lasted.

    Args:
        reader: the store.
        words: what it must be about.
        span: when.
        event: what happened; notes of the same event in other words count, too.
    """
    if not words:
        return Found(_events(reader, reader.answers(span)))
    about = without_verb(words, event) if event else ()
    if event and about and (found := _of_event(reader, about, span, event)):
        return found
    # Whatever was there has come, which no note need say; but to be moved is not to come.
    required = about if event is EventKind.ARRIVE and about else tuple(words)
    every = [fact for fact in _of_all(reader, required, span) if _may_tell_of(fact, event)]
    if every:
        return Found(tuple(every))
    named, others = _named(required, reader.kinds())
    if named:
        seen = reader.sightings(span, named)
        return Found(tuple(seen), tuple(others), 1 - len(others) / (len(required) + 1))
    some = _some(reader, required, span, event)
    return some if some.facts else _standby(reader, required, span)


def _of_event(
    reader: StoreReader, words: Sequence[str], span: Span, event: EventKind
) -> Found | None:
    """Notes of this event, or when a thing that was recognized was last seen; None if none."""
    facts = [fact for fact in _of_all(reader, words, span) if kind_of(fact) is event]
    things = [word for word in words if word not in ANYBODY]
    if not facts and event is EventKind.MOVE and 0 < len(things) < len(words):
        # What was moved was moved by somebody.
        facts = [fact for fact in _of_all(reader, things, span) if kind_of(fact) is event]
    if facts:
        return Found(tuple(facts))
    named, others = _named(words, reader.kinds())
    if event is EventKind.LEAVE and named and not others:
        return Found(tuple(reader.sightings(span, named)))
    return None


def _of_all(reader: StoreReader, words: Sequence[str], span: Span) -> list[Fact]:
    """Events whose answers have all of the words."""
    answers = _affirmed(reader.answers(span, _query(words, ' AND ')))
    return list(_events(reader, answers))


def _events(reader: StoreReader, answers: Sequence[Fact]) -> tuple[Fact, ...]:
    return tuple(one_per_event(answers, reader.frame_before))


def _may_tell_of(fact: Fact, event: EventKind | None) -> bool:
    """Whether an answer may be about an arrival, where that is what is asked for."""
    return event is not EventKind.ARRIVE or kind_of(fact) in (None, event)


def _query(words: Sequence[str], join: str) -> str:
    return join.join(f'({" OR ".join(map(_quoted, forms(word)))})' for word in words)


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '') + '"'


def _affirmed(answers: Sequence[Fact]) -> list[Fact]:
    """Those that say that something is: 'No, it is empty' is no event."""
    return [answer for answer in answers if not denies(answer)]


def _some(reader: StoreReader, words: Sequence[str], span: Span, event: EventKind | None) -> Found:
    best = Found()
    by_part: dict[float, list[Fact]] = {}
    for answer in _affirmed(reader.answers(span, _query(words, ' OR '))):
        part = _part(words, f'{answer.text} {answer.about}')
        if part >= _ENOUGH and _may_tell_of(answer, event):
            by_part.setdefault(part, []).append(answer)
    if by_part:
        part = max(by_part)
        facts = _events(reader, by_part[part])
        missing = _missing(words, f'{facts[-1].text} {facts[-1].about}')
        best = Found(facts, missing, part)
    return best


def _standby(reader: StoreReader, words: Sequence[str], span: Span) -> Found:
    return Found(
        tuple(
            run
            for run in reader.states(span, State.STANDBY)
            if run.frames >= _STOOD_BY and not _missing(words, run.about)
        )
    )


def _missing(words: Sequence[str], text: str) -> tuple[str, ...]:
    there = stems(content_words(text))
    return tuple(word for word in words if not stems(forms(word)) & there)


def _part(words: Sequence[str], text: str) -> float:
    return 1 - len(_missing(words, text)) / len(words)


def _named(words: Sequence[str], kinds: Sequence[str]) -> tuple[list[str], list[str]]:
    """The kinds that words name, and the words that name none."""
    names = _names()
    known = set(kinds)
    named: list[str] = []
    used: set[int] = set()
    for size in (3, 2, 1):
        for at in range(len(words) - size + 1):
            part = ' '.join(words[at : at + size])
            kind = names.get(part, part)
            if kind in known and not used & set(range(at, at + size)):
                named.append(kind)
                used |= set(range(at, at + size))
    return named, [word for at, word in enumerate(words) if at not in used]


@cache
def _names() -> dict[str, str]:
    return {
        text: kind.name
        for kind in KINDS
        for word in kind.words
        for text in (word.one, word.many)
        if text
    }
