# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Metrics over times in seconds, states and texts.

A metric that is undefined because nothing of its kind was due is None, never 0 or 1.

Sources: timing F1 after OVO-Timing (one-to-one, nearest first, within a tolerance); intersection
over union after Streamo, arXiv 2512.21334, eqs. 8-10.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import seconds_text
from streamo_ros.core.protocol import State

SLACK = 1e-6
"""Seconds by which a time may exceed a tolerance due to float rounding."""

_NUMBER = r'(\d+(?:\.\d+)?)\s*(?:s|sec|secs|seconds?)?'
_INTERVAL = re.compile(rf'{_NUMBER}\s*(?:to|until|and|till|-|\u2013)\s*{_NUMBER}(?![\d.])')


def confusion(truth: Sequence[State], decided: Sequence[State]) -> NDArray[np.int64]:
    """Count frames by state due (rows: Silence, Standby, Response) and state decided (columns).

    Returns:
        Shape (3, 4); the last column counts undecided frames.
    """
    table = np.zeros((3, 4), np.int64)
    for due, state in zip(truth, decided, strict=True):
        column = DECISIONS.index(state) if state in DECISIONS else 3
        table[DECISIONS.index(due), column] += 1
    return table


def state_f1(table: NDArray[np.int64]) -> tuple[float | None, ...]:
    """F1 of each state; None for a state that was never due."""
    scores: list[float | None] = []
    for k in range(3):
        due, decided = int(table[k].sum()), int(table[:, k].sum())
        scores.append(2 * int(table[k, k]) / (due + decided) if due else None)
    return tuple(scores)


def macro_f1(table: NDArray[np.int64]) -> float | None:
    """Mean F1 over the states that were ever due."""
    return mean([score for score in state_f1(table) if score is not None])


def match(due: Sequence[float], said: Sequence[float], tolerance: float) -> list[tuple[int, int]]:
    """Match answers due with answers given, one to one, nearest pairs first.

    Args:
        due: times, seconds.
        said: times, seconds.
        tolerance: most seconds between the two answers of a pair.

    Returns:
        (index in `due`, index in `said`), ordered by the former. Ties go to the earlier answer
        due, then to the earlier answer given.
    """
    near = sorted(
        (abs(time - due_time), i, j)
        for i, due_time in enumerate(due)
        for j, time in enumerate(said)
        if abs(time - due_time) <= tolerance + SLACK
    )
    pairs: dict[int, int] = {}
    for _, i, j in near:
        if i not in pairs and j not in pairs.values():
            pairs[i] = j
    return sorted(pairs.items())


def f1(matched: int, due: int, said: int) -> float | None:
    """2 matched / (due + said); None if nothing was due and nothing was said."""
    return 2 * matched / (due + said) if due + said else None


def same_answer(due: str, said: str) -> bool:
    """Whether two answers are equal except for whitespace."""
    return due.split() == said.split()


def interval(text: str) -> tuple[float, float] | None:
    """The interval that an answer names ('34s to 50s', '48 - 66 s'), in seconds."""
    match = _INTERVAL.search(text)
    if match is None:
        return None
    start, end = float(match[1]), float(match[2])
    return (start, end) if start <= end else None


def interval_moved(text: str, seconds: Fraction) -> str:
    """The answer with the interval it names shifted by this many seconds."""
    match = _INTERVAL.search(text)
    if match is None:
        return text
    first, last = (seconds_text(Fraction(match[k]) + seconds) for k in (1, 2))
    between = text[match.end(1) : match.start(2)]
    return f'{text[: match.start(1)]}{first}{between}{last}{text[match.end(2) :]}'


def interval_iou(due: tuple[float, float], said: tuple[float, float] | None) -> float:
    """Intersection over union; 0 if no interval was said, 1 for two equal points."""
    if said is None:
        return 0.0
    if due == said:
        return 1.0
    overlap = max(0.0, min(due[1], said[1]) - max(due[0], said[0]))
    union = (due[1] - due[0]) + (said[1] - said[0]) - overlap
    return overlap / union if union > 0 else 0.0


def duplicates(
    due: Sequence[float], said: Sequence[tuple[float, str]], pairs: Sequence[tuple[int, int]]
) -> int:
    """Count answers that repeat an earlier one.

    An unmatched answer counts if it has the words of an earlier answer and no other answer was
    due in between.
    """
    matched = {j for _, j in pairs}
    count = 0
    for j, (time, text) in enumerate(said):
        earlier = [at for at, words in said[:j] if same_answer(words, text)]
        if j in matched or not earlier:
            continue
        last = earlier[-1]
        answered = {due[i] for i, k in pairs if said[k][0] == last}
        count += not any(last < at <= time and at not in answered for at in due)
    return count


def mean(values: Sequence[float]) -> float | None:
    """Arithmetic mean; None for an empty sequence."""
    return float(np.mean(values)) if len(values) else None
