# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The texts in which a model is asked: a question about the past, and for a summary of it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from streamo_ros.memory.clock_times import CaptureClock
from streamo_ros.memory.question import AskedQuestion
from streamo_ros.memory.reader import Span
from streamo_ros.memory.record import KeptFrame
from streamo_ros.memory.search import Found
from streamo_ros.memory.tiers import Tiers

_FACTS = 8
_MOST_CHARACTERS = 2000
"""As many as an instruction may have."""

_COUNT = 40
"""Room for the number of what was left out."""


@dataclass(frozen=True)
class Recall:
    """What was found for a question, before anybody puts it into words.

    Attributes:
        question: taken apart.
        span: the capture times that are searched.
        found: what the record says.
        frames: the pictures to look at again, in the order of watching.
        problem: why nothing can be answered, in one sentence; '' when something can.
    """

    question: AskedQuestion
    span: Span
    found: Found
    frames: tuple[KeptFrame, ...] = ()
    problem: str = ''


def question_prompt(
    recall: Recall, tiers: Tiers, before: Sequence[tuple[str, str]], clock: CaptureClock
) -> str:
    """The text of the first turn: the past in words, what was asked before, the question.

    What there is no room for is left out: the oldest words first, the question never.

    Args:
        recall: what was found.
        tiers: the past in words.
        before: earlier questions and their answers, oldest first.
        clock: says stamps in words.
    """
    times = ', '.join(clock.say(frame.stamp) for frame in recall.frames)
    end = f'The frames were taken at {times}.\n{recall.question.text}'
    room = _MOST_CHARACTERS - len(end)
    if room < 0:
        return recall.question.text
    kept: list[str] = []
    for line in _newest_first(recall, tiers, before, clock):
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return '\n'.join([*kept[::-1], end])


def summary_prompt(
    parts: Sequence[str], stamps: Sequence[int], span: Span, clock: CaptureClock
) -> str:
    """The text of the first turn: what was noted, and what is to be written.

    What there is no room for is left out, the oldest first, and counted.

    Args:
        parts: what the rows say, in the order of time.
        stamps: capture times of the frames that are shown.
        span: what is to be summarized.
        clock: says stamps in words.
    """
    end = (
        f'The frames were taken at {", ".join(map(clock.say, stamps))}.\n'
        f'Say in one sentence what happened {clock.say_span(*span)}.'
    )
    room = _MOST_CHARACTERS - len(end) - _COUNT
    kept: list[str] = []
    for part in reversed(parts):
        line = f'Noted: {part}'
        room -= len(line) + 1
        if room < 0:
            kept.append(f'Noted before: {len(parts) - len(kept)} more')
            break
        kept.append(line)
    return '\n'.join([*kept[::-1], end])


def _newest_first(
    recall: Recall, tiers: Tiers, before: Sequence[tuple[str, str]], clock: CaptureClock
) -> Iterator[str]:
    for question, answer in reversed(before):
        yield f'Asked before: {question} {answer}'
    for fact in reversed(recall.found.facts[-_FACTS:]):
        if fact.kind != 'state':
            yield f'Noted at {clock.say(fact.end)}: {" ".join(fact.text.split())}'
    yield from reversed(tiers.lines)
