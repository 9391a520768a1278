# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What was found for a question, and the text in which a model is asked."""

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


def _newest_first(
    recall: Recall, tiers: Tiers, before: Sequence[tuple[str, str]], clock: CaptureClock
) -> Iterator[str]:
    for question, answer in reversed(before):
        yield f'Asked before: {question} {answer}'
    for fact in reversed(recall.found.facts[-_FACTS:]):
        if fact.kind != 'state':
            yield f'Noted at {clock.say(fact.end)}: {" ".join(fact.text.split())}'
    yield from reversed(tiers.lines)
