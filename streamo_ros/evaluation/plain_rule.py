# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The plain rule that a language model must beat: a score above a threshold, seen twice.

It is told what a case is about, so it need not understand the instruction.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

from streamo_ros.core.protocol import State
from streamo_ros.evaluation.case_runner import CaseResult
from streamo_ros.evaluation.case_runner import GivenAnswer
from streamo_ros.worlds.objects import answers
from streamo_ros.worlds.objects.subject import Subject

THRESHOLD = 0.4
RULE = 'plain rule'
Say = Callable[[int, int], str]
"""What is said when a number of things, seen twice, follows another; '' for nothing."""


def rule_result(
    family: str, subject: Subject, counts: Sequence[Sequence[int]], sights: int = 2
) -> CaseResult | None:
    """What the rule decides.

    Args:
        family: of the case.
        subject: what it is about.
        counts: for each kind of the subject, how many are above the threshold in each frame.
        sights: frames in a row after which a number is believed.

    Returns:
        None for a family that the rule does not know.
    """
    if family == 'together':
        both = [int(all(row)) for row in zip(*counts, strict=True)]
        says = (lambda old, new: answers.together(subject) if new > old else ''), 0
        return _watch(both, *says, sights)
    known = _says(subject).get(family)
    return None if known is None else _watch(counts[0], *known, sights)


def _says(subject: Subject) -> dict[str, tuple[Say, int | None]]:
    """What is said for each family, and the number before the first frame.

    None: what the first frame shows.
    """
    limit = subject.number
    return {
        'appear': (lambda old, new: answers.appeared(subject) if new > old else '', None),
        'leave': (lambda old, new: answers.left(subject) if new < old else '', None),
        'count': (lambda _, new: answers.number(subject, new), -1),
        'presence': (_yes_no, -1),
        'more': (
            lambda old, new: answers.there_are(subject, new) if old <= limit < new else '',
            0,
        ),
    }


def _yes_no(old: int, new: int) -> str:
    changed = old < 0 or (old > 0) != (new > 0)
    return answers.yes_no(new > 0) if changed else ''


def _watch(counts: Sequence[int], say: Say, before: int | None, sights: int) -> CaseResult:
    result = CaseResult([State.SILENCE] * len(counts))
    believed = counts[0] if before is None else before
    for frame, count in enumerate(counts):
        if count == believed:
            continue
        if frame >= sights - 1 and set(counts[frame - sights + 1 : frame + 1]) == {count}:
            text, believed = say(believed, count), count
            if text:
                result.states[frame] = State.RESPONSE
                result.answers.append(GivenAnswer(frame, text))
        elif say(believed, count):
            result.states[frame] = State.STANDBY
    return result
