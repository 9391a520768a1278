# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Questions about the past: whether they were answered right, and whether they could be.

What a question is about counts as in the record when the notes about it are all that happened and
only that, each at its frame or soon after. The other questions show what is lost before anything
is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timezone
from fractions import Fraction
from pathlib import Path

import numpy as np

from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.memory.ask import Answer
from streamo_ros.memory.ask import Asker
from streamo_ros.memory.ask import AskOutcome
from streamo_ros.memory.reader import StoreReader

START = 1_790_000_000 * SECOND
"""Stamp of the first frame."""
MOST_LISTED = 8
"""Events that an answer lists at most."""

Happenings = Sequence[tuple[int, str]]
"""What happened or was noted: the number of the frame that shows it first, and what it was."""


@dataclass(frozen=True)
class AskedPast:
    """A question and its truth.

    Attributes:
        kind: what is asked for.
        text: the question.
        frames: frames of the events that it is about.
        answer: what the answer must contain.
        about: what a note must say to be about the same, whether true or not.
        span: frames among which the notes count; None = all.
    """

    kind: str
    text: str
    frames: tuple[int, ...]
    answer: str = ''
    about: str = ''
    span: tuple[int, int] | None = None


@dataclass(frozen=True)
class Pace:
    """How frames follow one another.

    Attributes:
        rate: frames per second.
        tolerance: frames that a note may be late.
    """

    rate: int = 1
    tolerance: int = 1

    def stamp(self, frame: int) -> int:
        """Stamp of a frame in nanoseconds."""
        return START + frame * SECOND // self.rate

    def tick(self, frame: int) -> Tick:
        """When a frame was taken."""
        start = Fraction(frame, self.rate)
        return Tick(self.stamp(frame), start, start + Fraction(1, self.rate), frame, 1)

    def frame(self, stamp: int) -> int:
        """Number of the frame with a stamp."""
        return round((stamp - START) * self.rate / SECOND)

    def late(self, true: Sequence[int], told: Sequence[int]) -> list[int]:
        """Those of the true events that are told."""
        return [at for at in true if any(at + late in told for late in range(self.tolerance + 1))]

    def match(self, true: Sequence[int], told: Sequence[int]) -> bool:
        """Whether both name the same events."""
        return len(true) == len(told) == len(self.late(true, told))


def noted(reader: StoreReader, pace: Pace) -> Happenings:
    """What the model noted of what happened."""
    facts = reader.answers((START, 2**62))
    return [(pace.frame(fact.end), fact.text.strip()) for fact in facts]


def noted_right(truth: Happenings, notes: Happenings, pace: Pace) -> int:
    """How many of the events were noted."""
    return sum(
        any((at + late, text) in notes for late in range(pace.tolerance + 1)) for at, text in truth
    )


def is_right(question: AskedPast, answer: Answer, pace: Pace) -> bool:
    """Whether an answer names the events that truly happened, and their number."""
    if not question.frames:
        return answer.outcome is AskOutcome.NOT_FOUND
    told = sorted(pace.frame(stamp) for stamp in answer.evidence)
    if question.kind == 'was there':
        return answer.outcome is AskOutcome.ANSWERED and bool(pace.late(question.frames, told))
    return (
        answer.outcome is AskOutcome.ANSWERED
        and question.answer in answer.text
        and pace.match(question.frames[-MOST_LISTED:], told)
    )


def is_in_record(question: AskedPast, truth: Happenings, notes: Happenings, pace: Pace) -> bool:
    """Whether the notes about the same are all that happened, and only that."""
    about = question.about
    true = [at for at, text in truth if about and about in text]
    told = [at for at, text in notes if about and about in text]
    if not pace.match(true, told):
        return False
    if question.span is None:
        return True
    first, last = question.span
    inside = [at for at, _ in notes if first <= at <= last + pace.tolerance and at not in told]
    return pace.match(question.frames, inside)


def ask(folder: Path, questions: Iterable[AskedPast], truth: Happenings, pace: Pace) -> list[dict]:
    """Ask a store everything about one stream; a row for each question."""
    rows = []
    with closing(StoreReader(folder)) as reader:
        notes = noted(reader, pace)
        for question in questions:
            asker = Asker(reader, timezone.utc)
            answer = asker.from_record(asker.recall(question.text))
            rows.append(
                {
                    'kind': question.kind,
                    'question': question.text,
                    'right': is_right(question, answer, pace),
                    'in_record': is_in_record(question, truth, notes, pace),
                    'answer': answer.text or answer.message,
                    'frames': question.frames,
                }
            )
    return rows


def shares(rows: list[dict]) -> dict[str, dict]:
    """By kind: how many questions, how many in the record, and the share right of each."""
    result = {}
    kinds = ('all', 'all that happened', 'all that did not')
    for kind in (*kinds, *dict.fromkeys(row['kind'] for row in rows)):
        asked = [
            row
            for row in rows
            if kind in ('all', row['kind'])
            or (kind == 'all that happened' and not row['kind'].startswith('never'))
            or (kind == 'all that did not' and row['kind'].startswith('never'))
        ]
        kept = [row for row in asked if row['in_record']]
        result[kind] = {
            'questions': len(asked),
            'right': round(float(np.mean([row['right'] for row in asked])), 3),
            'in_record': len(kept),
            'right_in_record': round(float(np.mean([row['right'] for row in kept])), 3)
            if kept
            else None,
        }
    return result
