# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The plain rule on what a model with a detector watches, and the best rule in hindsight.

The latter takes for each case the threshold and the number of sights that turn out best. Nobody
could know them before, so it says what the detector shows: who misses more than it decides badly,
and what it misses no threshold finds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any
from typing import TypeAlias

from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case_runner import CaseResult
from streamo_ros.evaluation.metrics import f1
from streamo_ros.evaluation.object_streams import ObjectCase
from streamo_ros.evaluation.plain_rule import rule_result
from streamo_ros.evaluation.plain_rule import THRESHOLD
from streamo_ros.evaluation.score import answers
from streamo_ros.evaluation.score import Pair
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.subject import Subject

Sights: TypeAlias = Sequence[tuple[str, float]]
"""Kind and score of each detection of a frame."""
_THRESHOLDS = [step / 20 for step in range(2, 19)]
_SIGHTS = (1, 2, 3)


def rule_on_streams(cases: Sequence[ObjectCase]) -> list[Pair]:
    """What the rule decides of simulated streams, where it can watch."""
    pairs = []
    for stream_case in cases:
        stream, subject = stream_case.stream, stream_case.subject
        sure = stream.scores > THRESHOLD
        counts = [
            (sure & (stream.kind == kind) & _colored(stream_case, place)).sum(1).tolist()
            for place, kind in enumerate(subject.kinds)
        ]
        result = rule_result(stream_case.task, subject, counts) if counts else None
        pairs += [(stream_case.case, result)] if result else []
    return pairs


def _colored(stream_case: ObjectCase, place: int) -> Any:
    color = stream_case.subject.color if not place else -1
    return (stream_case.stream.color.argmax(-1) == color) | (color < 0)


def rule_on_clip(frames: Sequence[Sights], cases: Sequence[Case]) -> list[Pair]:
    """What the rule decides of the detections of a clip."""
    pairs = [(case, _decided(case, frames)) for case in cases]
    return [(case, result) for case, result in pairs if result]


def hindsight_on_clip(
    frames: Sequence[Sights], cases: Sequence[Case], tolerance: float
) -> list[Pair]:
    """What the best of the rules decides of each case in which something is due.

    Args:
        frames: the detections of the clip.
        cases: what is asked of it.
        tolerance: most seconds between an answer due and one given.
    """
    pairs = []
    for case in cases:
        results = [_decided(case, frames, *rule) for rule in product(_THRESHOLDS, _SIGHTS)]
        known = [result for result in results if result]
        if known and answers(case, known[0], tolerance).due:
            pairs.append((case, max(known, key=lambda result: _timing(case, result, tolerance))))
    return pairs


def _timing(case: Case, result: CaseResult, tolerance: float) -> float:
    scored = answers(case, result, tolerance)
    return f1(len(scored.pairs(tolerance)), len(scored.due), len(scored.said)) or 0.0


def _decided(
    case: Case, frames: Sequence[Sights], threshold: float = THRESHOLD, sights: int = 2
) -> CaseResult | None:
    index = next(kind.index for kind in KINDS if kind.name == case.kind)
    seen = [[kind for kind, score in frame if score > threshold] for frame in frames]
    family = 'appear' if case.alarms_only else case.family
    return rule_result(family, Subject((index,)), [[f.count(case.kind) for f in seen]], sights)
