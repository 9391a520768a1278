# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Metrics over times in seconds, states and texts.

A metric that is undefined because nothing of its kind was due is None, never 0 or 1.

Sources: matching after OVO-Timing (one to one, as many pairs as can be, within a tolerance; its
averages differ, see docs/evaluation.md); intersection over union after Streamo, arXiv 2512.21334,
eqs. 8-10.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import State

Span: TypeAlias = tuple[float, float]
"""Start and end, seconds."""
SLACK = 1e-6
"""Seconds by which a time may exceed a tolerance due to float rounding."""


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
    """Match as many answers due with answers given as can be, one to one.

    Of the largest matchings it is the one with the least total distance.

    Args:
        due: times, seconds.
        said: times, seconds.
        tolerance: most seconds between the two answers of a pair.

    Returns:
        (index in `due`, index in `said`), ordered by the former.
    """
    return match_spans([(time, time) for time in due], said, tolerance)


def match_spans(
    due: Sequence[Span],
    said: Sequence[float],
    tolerance: float,
    fits: Callable[[int, int], bool] = lambda _, __: True,
) -> list[tuple[int, int]]:
    """Match answers with the events that they are about, one to one; see `match`.

    An answer within an event has no distance to it; of those the earliest is taken.

    Args:
        due: (start, end) of each event, seconds; none within another.
        said: times, seconds.
        tolerance: most seconds between an answer and its event.
        fits: whether an event, by its index in `due`, and an answer may be a pair.

    Returns:
        (index in `due`, index in `said`), ordered by the former.
    """
    rows, columns = _by_time(due), _by_time(said)
    # best[i][j]: pairs and negative distance of the first i due and the first j said. Pairs that
    # cross can be exchanged for ones that do not, at no greater distance.
    best = [[(0, 0.0)] * (len(columns) + 1) for _ in range(len(rows) + 1)]
    for i, row in enumerate(rows, 1):
        for j, column in enumerate(columns, 1):
            best[i][j] = max(best[i - 1][j], best[i][j - 1])
            distance = span_distance(due[row], said[column])
            if distance <= tolerance + SLACK and fits(row, column):
                pairs, cost = best[i - 1][j - 1]
                best[i][j] = max(best[i][j], (pairs + 1, cost - distance))
    return sorted(_trace(best, rows, columns))


def span_distance(span: Span, time: float) -> float:
    """Seconds from a time to a span; 0 within it."""
    return max(span[0] - time, time - span[1], 0.0)


def _by_time(times: Sequence[float] | Sequence[Span]) -> list[int]:
    return sorted(range(len(times)), key=times.__getitem__)


def _trace(
    best: list[list[tuple[int, float]]], rows: list[int], columns: list[int]
) -> Iterator[tuple[int, int]]:
    i, j = len(rows), len(columns)
    while i and j:
        if best[i][j] == best[i - 1][j]:
            i -= 1
        elif best[i][j] == best[i][j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            yield rows[i], columns[j]


def f1(matched: int, due: int, said: int) -> float | None:
    """2 matched / (due + said); None if nothing was due and nothing was said."""
    return 2 * matched / (due + said) if due + said else None


def weighted_f1(caught: int, missed: int, alarms: int) -> float | None:
    """SW-F1 with the published weights: caught and missed 2, a false alarm 0.2.

    Source: arXiv 2606.08615, whose window for an answer was not published: whoever counts says
    which one it was. None if nothing was due and nothing was said.
    """
    whole = 2.0 * caught + 2.0 * missed + 0.2 * alarms
    return 2.0 * caught / whole if whole else None


def same_answer(due: str, said: str) -> bool:
    """Whether two answers are equal except for whitespace."""
    return due.split() == said.split()


def interval_iou(due: tuple[float, float], said: tuple[float, float] | None) -> float:
    """Intersection over union; 0 if no interval was said, 1 for two equal points."""
    if said is None:
        return 0.0
    if due == said:
        return 1.0
    overlap = max(0.0, min(due[1], said[1]) - max(due[0], said[0]))
    union = (due[1] - due[0]) + (said[1] - said[0]) - overlap
    return overlap / union if union > 0 else 0.0


def best_ious(
    due: Sequence[tuple[float, float]], said: Sequence[tuple[float, float] | None]
) -> list[float]:
    """The overlap of each interval due with one that was said at any time, one to one.

    Pairs of the greatest overlap are formed first.
    """
    overlaps = sorted(
        (
            (interval_iou(interval, other), -i, -j)
            for i, interval in enumerate(due)
            for j, other in enumerate(said)
        ),
        reverse=True,
    )
    best: dict[int, float] = {}
    used: set[int] = set()
    for overlap, i, j in overlaps:
        if -i not in best and -j not in used:
            best[-i] = overlap
            used.add(-j)
    return [best.get(i, 0.0) for i in range(len(due))]


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
