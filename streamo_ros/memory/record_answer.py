# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Answers a question from the record alone, in plain sentences that say so.

For models that were never taught to answer about the past, and where no model is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

from streamo_ros.core.frame import SECOND
from streamo_ros.memory.clock_times import CaptureClock
from streamo_ros.memory.question import AskedQuestion
from streamo_ros.memory.question import QuestionKind
from streamo_ros.memory.record import Fact
from streamo_ros.memory.search import Found

_MOST = 8
_ROWS = ('upper', 'middle', 'lower')
_COLUMNS = ('left', 'center', 'right')


def say_found(question: AskedQuestion, found: Found, clock: CaptureClock) -> str:
    """The answer where something was found.

    Args:
        question: what was asked.
        found: what was found; at least one fact.
        clock: says stamps in words.
    """
    text = {
        QuestionKind.WHEN: _when,
        QuestionKind.HOW_OFTEN: _how_often,
        QuestionKind.HOW_LONG: _how_long,
        QuestionKind.WHERE: _where,
        QuestionKind.WHAT: _what,
        QuestionKind.WAS_THERE: _was_there,
    }[question.kind](facts_asked_for(question, found), clock)
    return f'From the record: {text}'


def facts_asked_for(question: AskedQuestion, found: Found) -> tuple[Fact, ...]:
    """What was found, or only the first or the last of it, where only that is asked for."""
    if not question.order:
        return found.facts
    return found.facts[:1] if question.order == 'first' else found.facts[-1:]


def _when(facts: Sequence[Fact], clock: CaptureClock) -> str:
    if len(facts) == 1:
        return f'{clock.say_span(facts[0].start, facts[0].end)}{_quoted(facts[0])}.'
    return f'{_times(len(facts))}: {_list(facts, clock)}.'


def _how_often(facts: Sequence[Fact], clock: CaptureClock) -> str:
    return f'{_times(len(facts))}, {_list(facts, clock)}.'


def _how_long(facts: Sequence[Fact], clock: CaptureClock) -> str:
    total = sum(fact.end - fact.start for fact in facts) // SECOND
    return f'{_length(total)} in all, {_list(facts, clock)}.'


def _was_there(facts: Sequence[Fact], clock: CaptureClock) -> str:
    return f'yes, {_when(facts, clock)}'


def _where(facts: Sequence[Fact], clock: CaptureClock) -> str:
    last = facts[-1]
    if last.box:
        return f'{_place(last.box)} of the picture, at {clock.say(last.end)}.'
    return f'at {clock.say(last.end)}{_quoted(last)}.'


def _what(facts: Sequence[Fact], clock: CaptureClock) -> str:
    lines = [f'{clock.say(fact.end)}{_quoted(fact)}' for fact in facts[-_MOST:]]
    more = len(facts) - len(lines)
    before = f'{more} earlier ones, and ' if more else ''
    return f'{before}{"; ".join(lines)}.'


def _quoted(fact: Fact) -> str:
    if fact.kind == 'sighting':
        return f', {fact.text}'
    if fact.kind == 'state':
        return f', as far as {fact.about!r} goes'
    return f', “{fact.text.strip()}”'


def _list(facts: Sequence[Fact], clock: CaptureClock) -> str:
    said = [clock.say_span(fact.start, fact.end) for fact in facts[-_MOST:]]
    more = len(facts) - len(said)
    return ('last ' if more else '') + ', '.join(said)


def _times(count: int) -> str:
    return {1: 'once', 2: 'twice'}.get(count, f'{count} times')


def _length(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, 'h'), (minutes, 'min'), (rest, 's')]
    return ' '.join(f'{count} {unit}' for count, unit in parts if count) or 'less than a second'


def _place(box: Sequence[float]) -> str:
    """Where the middle of a box is, e.g. 'in the upper left'."""
    across, down = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    row = _ROWS[min(2, int(down * 3))]
    column = _COLUMNS[min(2, int(across * 3))]
    return 'in the middle' if (row, column) == ('middle', 'center') else f'in the {row} {column}'
