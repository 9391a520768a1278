# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Figures of parts of real clips that are easy to see: people, large things, small numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.real_clips import REAL_TOLERANCE
from streamo_ros.evaluation.score import answers
from streamo_ros.evaluation.score import Pair
from streamo_ros.evaluation.score import report
from streamo_ros.evaluation.score import standing_right

_EVENTS = ('appear', 'leave')
_MOST = 4


def parts(pairs: Sequence[Pair]) -> dict[str, dict[str, Any]]:
    """What `score.report` says of some of the cases, by the names of these parts.

    Args:
        pairs: cases of real clips and what was decided in them.

    Returns:
        For 'people' (persons who appear and leave) and 'large' (things that do, where all of their
        kind in the clip are large): timing_f1, answer_accuracy, and due, the number of events.
        For 'numbers': standing_right, the share of the frames at which the last number given is
        right, where it is 1 to 4. None: there is none.
    """
    events = [pair for pair in pairs if pair[0].family in _EVENTS]
    return {
        'people': _events([pair for pair in events if pair[0].kind == 'person']),
        'large': _events([pair for pair in events if pair[0].large]),
        'numbers': {
            'standing_right': standing_right(
                [(_few(case), result) for case, result in pairs if case.family == 'count']
            )
        },
    }


def _events(pairs: Sequence[Pair]) -> dict[str, Any]:
    figures = report(pairs, REAL_TOLERANCE)
    due = sum(len(answers(case, result, REAL_TOLERANCE).due) for case, result in pairs)
    return {**{key: figures[key] for key in ('timing_f1', 'answer_accuracy')}, 'due': due}


def _few(case: Case) -> Case:
    """The case with the numbers that a person reads at a glance."""
    kept = (text if 1 <= _number(text) <= _MOST else '' for text in case.standing)
    return replace(case, standing=tuple(kept))


def _number(text: str) -> int:
    digits = text.split(' ', 1)[0]
    return int(digits) if digits.isdecimal() else 0
