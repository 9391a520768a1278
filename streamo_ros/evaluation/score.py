# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From cases and what a model made of them to one table of figures, whole and for each family.

Knows which metric is taken over what. The metrics themselves stand in `metrics`.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import State
from streamo_ros.evaluation import metrics
from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import VIDEO
from streamo_ros.evaluation.case_runner import CaseResult

TOLERANCE = 1.0
WIDE_TOLERANCE = 2.0
EACH = ('state_macro_f1', 'timing_f1', 'answer_accuracy')
"""Figures that every family must reach, and not only the average."""

Pair = tuple[Case, CaseResult]


@dataclass(frozen=True)
class AnswerScore:
    """Answers of one case: those due and those given, as (seconds, text)."""

    due: list[tuple[float, str]]
    said: list[tuple[float, str]]

    def pairs(self, tolerance: float) -> list[tuple[int, int]]:
        """See `metrics.match`."""
        return metrics.match(
            [time for time, _ in self.due], [time for time, _ in self.said], tolerance
        )


def answers(case: Case, watched: CaseResult) -> AnswerScore:
    """What was due and what was given, timed by the capture time of the frames."""
    due = [(one.seconds, one.text) for one in case.moments if one.state is State.RESPONSE]
    said = [(case.moments[one.moment].seconds, one.text) for one in watched.answers]
    return AnswerScore(due, said)


def report(pairs: Sequence[Pair]) -> dict[str, Any]:
    """All figures.

    Keys: state_macro_f1, state_f1 (by state), timing_f1 (within 1 s), timing_f1_2s,
    answer_accuracy (exact and within 1 s, over all answers due), answer_accuracy_matched (over
    those matched), interval_iou (over answers due that name an interval), false_alarms_per_hour
    (on cases in which nothing is due), false_alarms and never_hours (it is their quotient),
    duplicate_rate (share of the answers given), episodes, frames, families (the same by family),
    weakest (figures of `EACH`: family in which it is least, and its value),
    false_alarms_per_minute (on real videos in which nothing is due), latency_ms (median, p95 of
    encode and extend). None: nothing of that kind was due.
    """
    names = sorted({case.family for case, _ in pairs})
    families = {
        name: _figures([pair for pair in pairs if pair[0].family == name]) for name in names
    }
    videos = _false_alarms([pair for pair in pairs if pair[0].family == VIDEO])
    hourly = videos['false_alarms_per_hour']
    return {
        **_figures(pairs),
        'false_alarms_per_minute': None if hourly is None else hourly / 60,
        'latency_ms': _latency(pairs),
        'weakest': _weakest(families),
        'families': families,
    }


def _weakest(families: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, float] | None]:
    found: dict[str, tuple[str, float] | None] = {}
    for key in EACH:
        # Where no answer is due one false alarm makes timing F1 0: no measure of the timing.
        values = [
            (name, one[key])
            for name, one in families.items()
            if one[key] is not None and not (key == 'timing_f1' and one['answer_accuracy'] is None)
        ]
        found[key] = min(values, key=lambda item: item[1], default=None)
    return found


def _figures(every: Sequence[Pair]) -> dict[str, Any]:
    pairs = [(case, watched) for case, watched in every if not case.alarms_only]
    table = sum(
        (
            metrics.confusion([one.state for one in case.moments], watched.states)
            for case, watched in pairs
        ),
        np.zeros((3, 4), np.int64),
    )
    spoken = [answers(case, watched) for case, watched in pairs]
    scores = zip(DECISIONS, metrics.state_f1(table), strict=True)
    return {
        'state_macro_f1': metrics.macro_f1(table),
        'state_f1': {state.name.lower(): score for state, score in scores},
        'timing_f1': _timing(spoken, TOLERANCE),
        'timing_f1_2s': _timing(spoken, WIDE_TOLERANCE),
        **_answer_figures(spoken),
        **_false_alarms(every),
        'duplicate_rate': _duplicate_rate(spoken),
        'episodes': len(pairs),
        'frames': int(table.sum()),
    }


def _timing(spoken: Sequence[AnswerScore], tolerance: float) -> float | None:
    matched = sum(len(one.pairs(tolerance)) for one in spoken)
    due, said = sum(len(one.due) for one in spoken), sum(len(one.said) for one in spoken)
    return metrics.f1(matched, due, said)


def _answer_figures(spoken: Sequence[AnswerScore]) -> dict[str, float | None]:
    right, overlap = [], []
    matched = 0
    for one in spoken:
        heard = {i: one.said[j][1] for i, j in one.pairs(TOLERANCE)}
        matched += len(heard)
        for i, (_, text) in enumerate(one.due):
            right.append(metrics.same_answer(text, heard[i]) if i in heard else False)
            span = metrics.interval(text)
            if span is not None:
                overlap.append(metrics.interval_iou(span, metrics.interval(heard.get(i, ''))))
    return {
        'answer_accuracy': metrics.mean(right),
        'answer_accuracy_matched': sum(right) / matched if matched else None,
        'interval_iou': metrics.mean(overlap),
    }


def _false_alarms(pairs: Sequence[Pair]) -> dict[str, float | None]:
    never = [(case, watched) for case, watched in pairs if not case.fires]
    hours = sum(case.hours for case, _ in never)
    alarms = sum(len(watched.answers) for _, watched in never)
    return {
        'false_alarms_per_hour': alarms / hours if hours else None,
        'false_alarms': alarms,
        'never_hours': hours,
    }


def _duplicate_rate(spoken: Sequence[AnswerScore]) -> float | None:
    given = sum(len(one.said) for one in spoken)
    again = sum(
        metrics.duplicates([time for time, _ in one.due], one.said, one.pairs(TOLERANCE))
        for one in spoken
    )
    return again / given if given else None


def _latency(pairs: Sequence[Pair]) -> dict[str, float | None]:
    passes = [1000 * one for _, watched in pairs for one in watched.passes]
    if not passes:
        return {'median': None, 'p95': None}
    median, p95 = np.percentile(passes, [50, 95]).tolist()
    return {'median': round(median, 3), 'p95': round(p95, 3)}
