# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Makes one event of the answers that tell of it, given again or by several instructions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from streamo_ros.core.frame import SECOND
from streamo_ros.memory.event_words import event_kind
from streamo_ros.memory.event_words import EventKind
from streamo_ros.memory.event_words import without_verb
from streamo_ros.memory.question import content_words
from streamo_ros.memory.question import stem
from streamo_ros.memory.record import Fact

_NO = re.compile(r"(?:no|not|nothing|none|nobody|i do not|i don't|there is no)\b", re.IGNORECASE)
_JOIN = 5 * SECOND
_AFFIRMATION = 'yes'

FrameBefore = Callable[[int, int], int]
"""The stamp of the frame before a stamp, in a stream; the stamp itself where there is none."""


@dataclass
class _Event:
    """An event, as far as it has been told.

    Attributes:
        fact: what is known of it.
        told: stamp of the newest answer about it.
        tellers: instructions whose answers tell of it.
        subject: stems of what it happened to; of the answer that says most.
        kind: what happened; None for anything else.
    """

    fact: Fact
    told: int
    tellers: set[str]
    subject: frozenset[str]
    kind: EventKind | None

    def is_that_of(self, other: _Event) -> bool:
        """Whether two instructions tell of one event: the same of the same, one perhaps briefly.

        An instruction answers once a frame, so two answers on one frame are of two instructions,
        also where their texts are the same.
        """
        return (
            denies(self.fact) == denies(other.fact)
            and (self.kind is other.kind or None in (self.kind, other.kind))
            and (self.subject <= other.subject or other.subject <= self.subject)
            and (not self.tellers & other.tellers or self.told == other.told)
        )

    def join(self, other: _Event) -> None:
        """Take up what another instruction tells of it; the answer that says more is kept."""
        longest = other if self.subject < other.subject else self
        self.fact = replace(
            longest.fact,
            start=min(self.fact.start, other.fact.start),
            end=max(self.fact.end, other.fact.end),
            score=max(self.fact.score, other.fact.score),
            frames=max(self.fact.frames, other.fact.frames),
        )
        self.told = other.told
        self.tellers |= other.tellers
        self.subject, self.kind = longest.subject, self.kind or other.kind

    def repeat(self, fact: Fact) -> None:
        """Take up an answer of an instruction that has told of it before."""
        self.fact = replace(
            self.fact,
            end=fact.end,
            text=fact.text,
            score=max(self.fact.score, fact.score),
            box=(),
            frames=self.fact.frames + fact.frames,
        )
        self.told = fact.end


def one_per_event(facts: Sequence[Fact], frame_before: FrameBefore) -> list[Fact]:
    """Answers, one for each event.

    Answers to one instruction that say the same soon after each other are one event; one with a
    Standby of its own before it is an event of its own. What two instructions tell of the same
    thing on the same frame, or on two frames in a row, is one event as well.

    Args:
        facts: answers, in the order of time.
        frame_before: see `FrameBefore`.
    """
    events: list[_Event] = []
    last: dict[tuple[int, str, frozenset[str]], _Event] = {}
    fresh: defaultdict[int, list[_Event]] = defaultdict(list)
    for fact in facts:
        key = fact.stream, fact.about, stems(content_words(fact.text))
        known = last.get(key)
        if known and fact.start == fact.end and fact.start - known.fact.end <= _JOIN:
            known.repeat(fact)
            continue
        event = _told(fact)
        earliest = max(frame_before(fact.stream, fact.end), fact.end - _JOIN)
        fresh[fact.stream] = [old for old in fresh[fact.stream] if old.told >= earliest]
        same = next((old for old in fresh[fact.stream] if old.is_that_of(event)), None)
        if same:
            same.join(event)
        else:
            events.append(event)
            fresh[fact.stream].append(event)
        last[key] = same or event
    return [event.fact for event in events]


def denies(fact: Fact) -> bool:
    """Whether an answer says that something is not: 'No, it is empty' is no event."""
    return bool(_NO.match(fact.text.strip()))


def kind_of(fact: Fact) -> EventKind | None:
    """What an answer says to have happened, or else what was watched for."""
    return event_kind(fact.text) or event_kind(fact.about)


def stems(words: Sequence[str]) -> frozenset[str]:
    """The stems of words."""
    return frozenset(stem(word) for word in words)


def _told(fact: Fact) -> _Event:
    kind = kind_of(fact)
    subject = _subject(fact.text, kind) or _subject(fact.about, kind)
    return _Event(fact, fact.end, {fact.about}, subject, kind)


def _subject(text: str, kind: EventKind | None) -> frozenset[str]:
    """Stems of what a text is about, without what happened to it."""
    words = content_words(text)
    about = without_verb(words, kind) if kind else words
    return stems(about) - {_AFFIRMATION}
