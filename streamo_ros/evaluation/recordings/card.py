# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scores one instruction in one recording: what was caught, missed, late, repeated and made up."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from streamo_ros.evaluation.metrics import match_spans
from streamo_ros.evaluation.metrics import mean
from streamo_ros.evaluation.metrics import Span
from streamo_ros.evaluation.metrics import span_distance
from streamo_ros.evaluation.metrics import weighted_f1
from streamo_ros.evaluation.recordings.truth import Event
from streamo_ros.evaluation.recordings.truth import Truth

Answer = tuple[float, str]
"""Seconds since the first frame, and text."""


class Verdict(enum.Enum):
    """What became of an event."""

    CAUGHT = 'caught'
    LATE = 'late'
    WRONG = 'wrong words'
    MISSED = 'missed'


@dataclass(frozen=True)
class Limits:
    """What counts as in time.

    Attributes:
        tolerance: seconds that an answer may be before the start or after the end of its event.
        late: seconds after the end within which an answer is still about it, but late.
    """

    tolerance: float = 2.0
    late: float = 10.0


@dataclass(frozen=True)
class EventResult:
    """One event and its answer.

    Attributes:
        answer: (seconds, text); None if it was missed.
    """

    event: Event
    verdict: Verdict
    answer: Answer | None = None

    @property
    def delay(self) -> float | None:
        """Seconds from the start of the event to its answer; None if it was missed."""
        return self.answer[0] - self.event.start if self.answer else None


@dataclass(frozen=True)
class Card:
    """How well one instruction was watched for in one recording.

    Attributes:
        events: those that happened while it was watched for, in the order of time.
        duplicates: further answers while an event lasted that had its answer.
        false_alarms: answers that are about nothing.
        hours: how long it was watched for, without the stretches that are not sure.
        outside: how many events happened while it was not watched for.
    """

    truth: Truth
    events: tuple[EventResult, ...]
    duplicates: tuple[Answer, ...]
    false_alarms: tuple[Answer, ...]
    hours: float
    outside: int = 0


def score_track(
    truth: Truth, answers: Sequence[Answer], watched: Span, limits: Limits | None = None
) -> Card:
    """Score the answers to one instruction in one recording.

    Of the answers with accepted words and in time, as many as can be are matched with events, one
    to one; then late ones, and then those with other words.

    Args:
        truth: what is due.
        answers: what was said, in the order of time.
        watched: from when to when it was watched for, seconds.
        limits: what counts as in time; None = the defaults.
    """
    limits = limits or Limits()
    events = [event for event in truth.events if _within(event, watched)]
    results = _match(events, answers, limits)
    used = {answer for _, answer in results.values()}
    duplicates, alarms = [], []
    for number, (at, _) in enumerate(answers):
        if number in used:
            continue
        near = [k for k in results if span_distance(events[k].span, at) <= limits.tolerance]
        if near:
            duplicates.append(answers[number])
        elif not any(start <= at <= end for start, end in truth.unsure):
            alarms.append(answers[number])
    event_results = tuple(
        EventResult(event, results[k][0], answers[results[k][1]])
        if k in results
        else EventResult(event, Verdict.MISSED)
        for k, event in enumerate(events)
    )
    return Card(
        truth,
        event_results,
        tuple(duplicates),
        tuple(alarms),
        _hours(watched, truth.unsure),
        len(truth.events) - len(events),
    )


def _within(event: Event, watched: Span) -> bool:
    """Whether an event can be answered: it does not end before the instruction is active."""
    return event.end >= watched[0] and event.start <= watched[1]


def _match(
    events: Sequence[Event], answers: Sequence[Answer], limits: Limits
) -> dict[int, tuple[Verdict, int]]:
    """The verdict and the answer, by its number, of each event that has one, by its number."""
    spans = [event.span for event in events]
    nexts = [*(event.start for event in events[1:]), math.inf]
    overdue = [
        (event.end, max(event.end, min(event.end + limits.late, before)))
        for event, before in zip(events, nexts, strict=False)
    ]
    matches: dict[int, tuple[Verdict, int]] = {}
    for verdict, windows, tolerance in (
        (Verdict.CAUGHT, spans, limits.tolerance),
        (Verdict.LATE, overdue, 0.0),
        (Verdict.WRONG, spans, limits.tolerance),
    ):
        used = {number for _, number in matches.values()}
        open_ones = [k for k in range(len(events)) if k not in matches]
        # Hours of answers are far from any event: they need not be tried.
        near = [
            n
            for n, (at, _) in enumerate(answers)
            if n not in used and any(span_distance(windows[k], at) <= tolerance for k in open_ones)
        ]
        pairs = match_spans(
            [windows[k] for k in open_ones],
            [answers[n][0] for n in near],
            tolerance,
            _fits([events[k] for k in open_ones], [answers[n] for n in near], verdict),
        )
        matches |= {open_ones[i]: (verdict, near[j]) for i, j in pairs}
    return matches


def _fits(events: Sequence[Event], answers: Sequence[Answer], verdict: Verdict) -> Any:
    def fits(i: int, j: int) -> bool:
        return verdict is Verdict.WRONG or events[i].accepts(answers[j][1])

    return fits


def _hours(watched: Span, unsure: Iterable[Span]) -> float:
    """Length of the watched time without the stretches, which may overlap."""
    total, reached = watched[1] - watched[0], watched[0]
    for start, end in sorted(unsure):
        first, last = max(start, reached), min(end, watched[1])
        total -= max(0.0, last - first)
        reached = max(reached, last)
    return max(0.0, total) / 3600


def figures(cards: Sequence[Card]) -> dict[str, Any]:
    """The figures of several cards together.

    Keys: events, caught, late, wrong_words, missed, caught_share, median_delay and p95_delay
    (seconds from the start of an event to its answer, caught and late ones), sw_f1 (see
    `weighted_f1`; the window is that of an event with its tolerance), duplicates,
    false_alarms, hours (an hour in which three instructions are watched for counts three times),
    false_alarms_per_hour, outside. None: there was nothing of that kind.
    """
    results = [result for card in cards for result in card.events]
    counts = {verdict: sum(result.verdict is verdict for result in results) for verdict in Verdict}
    delays = [
        result.delay
        for result in results
        if result.verdict in (Verdict.CAUGHT, Verdict.LATE) and result.delay is not None
    ]
    hours = sum(card.hours for card in cards)
    alarms = sum(len(card.false_alarms) for card in cards)
    return {
        'events': len(results),
        'caught': counts[Verdict.CAUGHT],
        'late': counts[Verdict.LATE],
        'wrong_words': counts[Verdict.WRONG],
        'missed': counts[Verdict.MISSED],
        'caught_share': mean([result.verdict is Verdict.CAUGHT for result in results]),
        'median_delay': float(np.median(delays)) if delays else None,
        'p95_delay': float(np.percentile(delays, 95)) if delays else None,
        'sw_f1': weighted_f1(
            counts[Verdict.CAUGHT], len(results) - counts[Verdict.CAUGHT], alarms
        ),
        'duplicates': sum(len(card.duplicates) for card in cards),
        'false_alarms': alarms,
        'hours': hours,
        'false_alarms_per_hour': alarms / hours if hours else None,
        'outside': sum(card.outside for card in cards),
    }
