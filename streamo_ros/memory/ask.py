# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Questions about the past: from the words of a question to what the record says and shows."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.past_frame import PastFrame
from streamo_ros.core.restored_turns import PastTurn
from streamo_ros.memory.clock_times import CaptureClock
from streamo_ros.memory.clock_times import TimeError
from streamo_ros.memory.event_words import event_kind
from streamo_ros.memory.prompt import question_prompt
from streamo_ros.memory.prompt import Recall
from streamo_ros.memory.question import AskedQuestion
from streamo_ros.memory.question import content_words
from streamo_ros.memory.question import MOST_CHARACTERS
from streamo_ros.memory.question import QuestionKind
from streamo_ros.memory.question import read_question
from streamo_ros.memory.reader import EVER
from streamo_ros.memory.reader import Span
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.recall import in_order
from streamo_ros.memory.recall import recall_frames
from streamo_ros.memory.record import KeptFrame
from streamo_ros.memory.record_answer import facts_asked_for
from streamo_ros.memory.record_answer import say_found
from streamo_ros.memory.restart import turns_before
from streamo_ros.memory.search import find_facts
from streamo_ros.memory.search import Found
from streamo_ros.memory.tiers import read_tiers
from streamo_ros.memory.tiers import TierCounts

_DIALOGUE = 4
_FOLLOW_UP = 600.0
"""Seconds after which a question is no longer a follow-up of the one before."""


class AskError(StreamoError, ValueError):
    """A question cannot be asked; the message says why."""


class AskOutcome(enum.IntEnum):
    """What came of a question; the values are those of Ask.action."""

    UNKNOWN = 0
    ANSWERED = 1
    NOT_FOUND = 2
    CANCELED = 3
    ERROR = 4


@dataclass(frozen=True)
class Answer:
    """The answer to a question.

    Attributes:
        text: the answer; '' where there is none.
        message: why there is none, or what else there is to say; ''.
        evidence: capture times that it rests on, nanoseconds.
        probability: how sure it is, 0 to 1.
    """

    outcome: AskOutcome
    text: str = ''
    message: str = ''
    evidence: tuple[int, ...] = ()
    probability: float = 0.0


class Asker:
    """Answers the questions of one client, one after another.

    A question that says nothing of its own, such as 'and how often?', is about what the one
    before it was about.

    Args:
        reader: the store.
        zone: whose times of day are meant.
        counts: how much of the past a model is told in words.
    """

    def __init__(
        self, reader: StoreReader, zone: tzinfo, counts: TierCounts | None = None
    ) -> None:
        self._reader = reader
        self._zone = zone
        self._counts = counts or TierCounts()
        self._asked: tuple[tuple[str, str], ...] = ()
        self._before: AskedQuestion | None = None
        self._asked_at = 0.0

    def clock(self, now: int = 0) -> CaptureClock:
        """What stamps are in words.

        Args:
            now: capture time that counts as now, nanoseconds; 0 = that of the newest frame.
        """
        newest = self._reader.newest()
        return CaptureClock(
            now or (newest.stamp if newest else 0), self._zone, self._reader.span()[0]
        )

    def close(self) -> None:
        """Close the reader."""
        self._reader.close()

    def past_frames(self, recall: Recall) -> tuple[PastFrame, ...]:
        """What a model is shown: the pictures that were found, read when it is their turn."""
        return self._past(recall.frames)

    def spread_frames(self, start: int, end: int, limit: int) -> tuple[PastFrame, ...]:
        """Kept frames of a time, spread over it, as one stream would have shown them.

        Args:
            start: capture time, nanoseconds.
            end: the same; not included.
            limit: most frames.
        """
        frames = in_order(self._reader.frames((start, end - 1)))
        step = (len(frames) - 1) / max(1, limit - 1)
        if len(frames) > limit:
            frames = [frames[round(at * step)] for at in range(limit)]
        return self._past(frames)

    def turns_before(
        self, instruction: Instruction, answers: Sequence[PastTurn], limit: int
    ) -> list[PastTurn]:
        """See `restart.turns_before`."""
        return turns_before(self._reader, instruction, answers, limit)

    def _past(self, frames: Sequence[KeptFrame]) -> tuple[PastFrame, ...]:
        pictures = self._reader.pictures
        return tuple(PastFrame(frame.stamp, partial(pictures.image, frame.id)) for frame in frames)

    def prompt(self, recall: Recall, now: int = 0) -> str:
        """The question as a model is asked; see `prompt.question_prompt`."""
        clock = self.clock(now)
        tiers = read_tiers(self._reader, clock.now, self._zone, self._counts)
        return question_prompt(recall, tiers, self._asked, clock)

    def remember(self, recall: Recall, text: str) -> None:
        """Keep an answer for the questions that follow."""
        self._asked = (*self._asked, (recall.question.text, text))[-_DIALOGUE:]

    def recall(
        self, text: str, span: Span = EVER, limit: int = 8, *, now: int = 0, at: float = 0.0
    ) -> Recall:
        """Find what a question is about.

        Args:
            text: the question.
            span: capture times that it is limited to, besides what it says itself.
            limit: most pictures.
            now: see `clock`.
            at: seconds of a steady clock, to tell a follow-up from a new question.

        Raises:
            AskError: it is empty or too long, or the span ends before it begins.
            TimeError: its time is in the future, or makes no sense.
            StoreError: the store cannot be read.
        """
        text = ' '.join(text.split())
        if not text or len(text) > MOST_CHARACTERS:
            raise AskError(
                f'the question has {len(text)} characters: ask with 1 to {MOST_CHARACTERS}'
            )
        if span[0] > span[1]:
            raise AskError('the time range ends before it begins')
        clock = self.clock(now)
        if not clock.now:
            nothing = AskedQuestion(
                text, QuestionKind.WHAT, (), read_question('what', clock).times
            )
            return Recall(
                nothing, span, Found(), (), 'the store is empty: nothing was watched yet'
            )
        if span[0] > clock.now:
            raise TimeError(
                f'the time range is in the future: the record ends at {clock.say(clock.now)}'
            )
        if at - self._asked_at > _FOLLOW_UP:
            self._before, self._asked = None, ()
        before = self._before
        question = read_question(text, clock, before)
        self._before, self._asked_at = question, at
        return self._search(question, span, limit, clock)

    def from_record(self, recall: Recall, now: int = 0) -> Answer:
        """The answer that the record alone gives."""
        if recall.problem:
            return Answer(AskOutcome.NOT_FOUND, message=recall.problem)
        clock, facts = self.clock(now), recall.found.facts
        question = recall.question
        if not facts and question.like_now and recall.frames:
            shown = ', '.join(clock.say(frame.stamp) for frame in recall.frames)
            return Answer(
                AskOutcome.ANSWERED,
                f'From the record: the pictures that look most like now are of {shown}.',
                evidence=_stamps(recall),
                probability=0.5,
            )
        if facts and not recall.found.doubtful:
            sure = max(fact.score for fact in facts) * recall.found.coverage
            return Answer(
                AskOutcome.ANSWERED,
                say_found(question, recall.found, clock),
                self._without_pictures(recall),
                _evidence(recall),
                sure,
            )
        return self._nothing(recall, clock)

    def _search(
        self, question: AskedQuestion, span: Span, limit: int, clock: CaptureClock
    ) -> Recall:
        times = question.times
        if times.anchor:
            anchored = self._anchored(question, clock)
            if anchored is None:
                problem = f'the record says nothing of {times.anchor!r}'
                return Recall(question, span, Found(), (), problem)
            asked = anchored
        else:
            asked = times.start, times.end
        span = max(span[0], asked[0]), min(span[1], asked[1], clock.now)
        if span[0] > span[1] or not self._reader.has_frames(span):
            return Recall(question, span, Found(), (), self._unwatched(span, clock))
        found = find_facts(self._reader, question.words, span, question.event)
        if not question.words and question.kind is QuestionKind.WHAT:
            seen = [*found.facts, *self._reader.sightings(span)]
            found = Found(tuple(sorted(seen, key=lambda fact: fact.end)))
        elif not question.words:
            found = Found()
        frames = recall_frames(self._reader, found.facts, span, limit, like_now=question.like_now)
        return Recall(question, span, found, tuple(frames))

    def _anchored(self, question: AskedQuestion, clock: CaptureClock) -> Span | None:
        """The times after, before or during another event: its last one."""
        times = question.times
        words = content_words(times.anchor)
        kind, ever = event_kind(times.anchor), (0, clock.now)
        facts = find_facts(self._reader, words, ever, kind).facts if words else ()
        if not facts:
            return None
        event = facts[-1]
        return {
            'after': (event.end + 1, clock.now),
            'before': (0, event.start - 1),
            'while': (event.start, event.end),
        }[times.relation]

    def _unwatched(self, span: Span, clock: CaptureClock) -> str:
        first, last = self._reader.span()
        when = clock.say_span(span[0], span[1]) if span[1] < EVER[1] else 'then'
        return f'nothing was watched {when}: the record goes {clock.say_span(first, last)}'

    def _without_pictures(self, recall: Recall) -> str:
        return '' if recall.frames else 'no picture of that time is left'

    def _nothing(self, recall: Recall, clock: CaptureClock) -> Answer:
        first, last = self._reader.span()
        span = max(first, recall.span[0]), min(last, recall.span[1])
        when = clock.say_span(*span)
        if recall.question.kind is QuestionKind.WHAT and not recall.question.words:
            return Answer(
                AskOutcome.ANSWERED,
                f'From the record: nothing was said or recognized {when}.',
                evidence=_stamps(recall),
                probability=1.0,
            )
        watched = self._reader.instructions(span)
        asked = ' '.join(recall.found.unknown or recall.question.words) or recall.question.text
        if facts := recall.found.facts:
            closest = f'{clock.say(facts[-1].end)} “{facts[-1].text.strip()}”'
            return Answer(
                AskOutcome.NOT_FOUND,
                message=f'the record says nothing of {asked!r} {when}; closest: {closest}',
            )
        for_what = '; '.join(map(repr, watched[:4])) or 'nothing'
        return Answer(
            AskOutcome.NOT_FOUND,
            message=f'the record says nothing of {asked!r} {when}; watched for: {for_what}',
        )


def _stamps(recall: Recall) -> tuple[int, ...]:
    return tuple(frame.stamp for frame in recall.frames)


def _evidence(recall: Recall) -> tuple[int, ...]:
    """The frames of the facts that the answer names."""
    return tuple(fact.end for fact in facts_asked_for(recall.question, recall.found)[-8:])
