# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scores case results: one set of metrics overall and one per family."""

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
from streamo_ros.training.intervals import named_interval

TOLERANCE = 1.0
WIDE_TOLERANCE = 2.0
EACH = ('state_macro_f1', 'timing_f1', 'answer_accuracy')
"""Metrics for which the weakest family is reported."""

Pair = tuple[Case, CaseResult]


@dataclass(frozen=True)
class AnswerScore:
    """Answers of one case, due and given, as (seconds, text)."""

    due: list[tuple[float, str]]
    said: list[tuple[float, str]]

    def pairs(self, tolerance: float) -> list[tuple[int, int]]:
        """See `metrics.match`."""
        return metrics.match(
            [time for time, _ in self.due], [time for time, _ in self.said], tolerance
        )


def answers(case: Case, result: CaseResult, tolerance: float = TOLERANCE) -> AnswerScore:
    """The answers due and given, timed by the capture times of their frames.

    An answer at a moment that is not scored counts only where it may be one that is due. One that
    is right before that is clear counts as given when it is due, unless it is given then, too.
    """
    due = [
        (moment.seconds, moment.text)
        for moment in case.moments
        if moment.state is State.RESPONSE and moment.scored
    ]
    said = [
        (case.moments[answer.moment].seconds, answer.text, case.moments[answer.moment].scored)
        for answer in result.answers
    ]
    counted = [
        (seconds, text)
        for seconds, text, scored in said
        if scored or _is_near(seconds, [time for time, _ in due], tolerance)
    ]
    early = [case.moments[number] for number in _told_early(case, result, tolerance)]
    return AnswerScore(due, sorted(counted + [(moment.seconds, moment.text) for moment in early]))


def _told_early(case: Case, result: CaseResult, tolerance: float) -> list[int]:
    """The moments whose answer was given before, as the last one, while it was in doubt.

    Those near which another answer was given, or of an answer that may be another one due, are
    left out.
    """
    told = list[int]()
    due = [moment.seconds for moment in case.moments if moment.text and moment.scored]
    given = [(case.moments[answer.moment].seconds, answer.text) for answer in result.answers]
    for number, moment in enumerate(case.moments):
        if moment.begun is None or not moment.scored:
            continue
        if _is_near(moment.seconds, [seconds for seconds, _ in given], tolerance):
            continue
        before = [row for row in given if moment.begun <= row[0] < moment.seconds]
        if not before or not metrics.same_answer(before[-1][1], moment.text):
            continue
        if not _is_near(before[-1][0], due, tolerance):
            told.append(number)
    return told


def _is_near(time: float, others: Sequence[float], tolerance: float) -> bool:
    return any(abs(time - other) <= tolerance for other in others)


def report(pairs: Sequence[Pair], tolerance: float = TOLERANCE) -> dict[str, Any]:
    """All metrics.

    Args:
        pairs: cases and what was decided in them.
        tolerance: most seconds between an answer due and one given; 1 below.

    Keys: state_macro_f1, state_f1 (by state), timing_f1 (within 1 s), timing_f1_2s,
    answer_accuracy (exact and within 1 s, over all answers due), answer_accuracy_matched (over
    the matched ones), interval_iou (over answers due that name an interval, within 1 s),
    interval_iou_untimed (the same whenever it was said), spurious_answers_per_hour (in streams
    with answers due, those that match none of them within 2 s), false_alarms and never_hours
    (over cases in which nothing is due), false_alarms_per_hour (their quotient),
    duplicate_rate (fraction of the answers given), episodes, frames, families (the same by
    family), standing_right (share of the moments at which the last answer is the right one),
    weakest (for each metric of `EACH`, the family with the lowest value),
    false_alarms_per_minute (on real videos in which nothing is due), latency_ms (median and p95
    of encode and extend). None: nothing of that kind was due.
    """
    names = sorted({case.family for case, _ in pairs})
    families = {
        name: _figures([pair for pair in pairs if pair[0].family == name], tolerance)
        for name in names
    }
    videos = _false_alarms([pair for pair in pairs if pair[0].family == VIDEO])
    hourly = videos['false_alarms_per_hour']
    return {
        **_figures(pairs, tolerance),
        'false_alarms_per_minute': None if hourly is None else hourly / 60,
        'latency_ms': _latency(pairs),
        'weakest': _weakest(families),
        'families': families,
    }


def _weakest(families: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, float] | None]:
    weakest: dict[str, tuple[str, float] | None] = {}
    for key in EACH:
        # Where no answer is due, one false alarm makes timing F1 0: it does not measure timing.
        values = [
            (name, figures[key])
            for name, figures in families.items()
            if figures[key] is not None
            and not (key == 'timing_f1' and figures['answer_accuracy'] is None)
        ]
        weakest[key] = min(values, key=lambda item: item[1], default=None)
    return weakest


def _figures(all_pairs: Sequence[Pair], tolerance: float) -> dict[str, Any]:
    pairs = [(case, result) for case, result in all_pairs if not case.alarms_only]
    table = sum(
        (metrics.confusion(*_scored_states(case, result, tolerance)) for case, result in pairs),
        np.zeros((3, 4), np.int64),
    )
    scored = [answers(case, result, tolerance) for case, result in pairs]
    scores = zip(DECISIONS, metrics.state_f1(table), strict=True)
    return {
        'state_macro_f1': metrics.macro_f1(table),
        'state_f1': {state.name.lower(): score for state, score in scores},
        'timing_f1': _timing(scored, tolerance),
        'timing_f1_2s': _timing(scored, WIDE_TOLERANCE),
        **_answer_figures(scored, tolerance),
        **_false_alarms(all_pairs),
        **_spurious(pairs),
        'duplicate_rate': _duplicate_rate(scored),
        'standing_right': standing_right(pairs),
        'episodes': len(pairs),
        'frames': int(table.sum()),
    }


def standing_right(pairs: Sequence[Pair]) -> float | None:
    """Share of the moments at which the last answer given is the one that should stand."""
    right = list[bool]()
    for case, result in pairs:
        given = {answer.moment: answer.text for answer in result.answers}
        last = ''
        for number, text in enumerate(case.standing):
            last = given.get(number, last)
            right += [metrics.same_answer(text, last)] if text else []
    return metrics.mean(right)


def _scored_states(
    case: Case, result: CaseResult, tolerance: float
) -> tuple[list[State], list[State]]:
    """The states due and decided at the moments that are scored."""
    early = _told_early(case, result, tolerance)
    pairs = [
        (State.SILENCE if number in early else moment.state, state)
        for number, (moment, state) in enumerate(zip(case.moments, result.states, strict=True))
        if moment.scored
    ]
    return [due for due, _ in pairs], [state for _, state in pairs]


def _timing(scored: Sequence[AnswerScore], tolerance: float) -> float | None:
    matched = sum(len(score.pairs(tolerance)) for score in scored)
    due, said = sum(len(s.due) for s in scored), sum(len(s.said) for s in scored)
    return metrics.f1(matched, due, said)


def _answer_figures(scored: Sequence[AnswerScore], tolerance: float) -> dict[str, float | None]:
    correct, timed, untimed = [], [], []
    matched = 0
    for score in scored:
        given = {i: score.said[j][1] for i, j in score.pairs(tolerance)}
        matched += len(given)
        intervals = []
        for i, (_, text) in enumerate(score.due):
            correct.append(metrics.same_answer(text, given[i]) if i in given else False)
            interval = named_interval(text)
            if interval is not None:
                intervals.append(interval)
                timed.append(metrics.interval_iou(interval, named_interval(given.get(i, ''))))
        untimed += metrics.best_ious(intervals, [named_interval(text) for _, text in score.said])
    return {
        'answer_accuracy': metrics.mean(correct),
        'answer_accuracy_matched': sum(correct) / matched if matched else None,
        'interval_iou': metrics.mean(timed),
        'interval_iou_untimed': metrics.mean(untimed),
    }


def _spurious(pairs: Sequence[Pair]) -> dict[str, float | None]:
    """Answers in eventful streams that are not within 2 s of any answer due."""
    eventful = [(case, result) for case, result in pairs if case.fires]
    scored = [answers(case, result) for case, result in eventful]
    hours = sum(case.hours for case, _ in eventful)
    count = sum(len(score.said) - len(score.pairs(WIDE_TOLERANCE)) for score in scored)
    return {'spurious_answers_per_hour': count / hours if hours else None}


def _false_alarms(pairs: Sequence[Pair]) -> dict[str, float | None]:
    never = [(case, result) for case, result in pairs if not case.fires]
    hours = sum(case.hours for case, _ in never)
    alarms = sum(len(answers(case, result).said) for case, result in never)
    return {
        'false_alarms_per_hour': alarms / hours if hours else None,
        'false_alarms': alarms,
        'never_hours': hours,
    }


def _duplicate_rate(scored: Sequence[AnswerScore]) -> float | None:
    given = sum(len(score.said) for score in scored)
    repeated = sum(
        metrics.duplicates([time for time, _ in score.due], score.said, score.pairs(TOLERANCE))
        for score in scored
    )
    return repeated / given if given else None


def _latency(pairs: Sequence[Pair]) -> dict[str, float | None]:
    passes = [1000 * seconds for _, result in pairs for seconds in result.passes]
    if not passes:
        return {'median': None, 'p95': None}
    median, p95 = np.percentile(passes, [50, 95]).tolist()
    return {'median': round(median, 3), 'p95': round(p95, 3)}
