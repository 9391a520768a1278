# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of real clips: people, large things, and numbers that one reads at a glance."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from streamo_ros.core.protocol import State
from streamo_ros.evaluation.case_runner import CaseResult
from streamo_ros.evaluation.case_runner import GivenAnswer
from streamo_ros.evaluation.clip_parts import parts
from streamo_ros.evaluation.real_clips import clip_cases
from streamo_ros.evaluation.real_clips import RealClip


def track(kind, start, large):
    return {
        'class': kind, 'start_s': start, 'end_s': 9, 'enters': 'left', 'leaves': 'present_at_end',
        'large': large,
    }  # fmt: skip


TRUTH = {
    'tracks': [
        track('person', 2, True),
        track('person', 5, False),
        track('dog', 3, True),
        track('cup', 4, False),
    ],
    'counts': [
        {'class': 'person', 'from_s': 0, 'to_s': 2, 'count': 0},
        {'class': 'person', 'from_s': 2, 'to_s': 5, 'count': 1},
    ],
}


def watched(said):
    """The cases of the clip, with the moments and words of what was said in each."""
    times = tuple(Fraction(k, 2) for k in range(20))
    for case in clip_cases(RealClip(Path('hall.mp4'), TRUTH, times)):
        given = said.get((case.family, case.kind), [])
        states = [State.SILENCE] * len(case.moments)
        yield case, CaseResult(states, [GivenAnswer(*answer) for answer in given])


def test_people_and_large_things_are_scored_by_themselves():
    person = [(5, 'A person has appeared.'), (11, 'A person has left.')]
    dog = [(7, 'A dog has appeared.'), (16, 'A dog has appeared.')]
    found = parts(list(watched({('appear', 'person'): person, ('appear', 'dog'): dog})))
    assert found['people'] == {'timing_f1': 1.0, 'answer_accuracy': 0.5, 'due': 2}
    # One of the persons is small, so people are no large things here.
    assert found['large']['due'] == 1
    assert found['large']['timing_f1'] == 2 / 3


def test_numbers_count_from_one_to_four():
    # Wrong while nobody is there, which does not count; right for two of the three seconds.
    numbers = [(1, '3 people.'), (6, '1 person.'), (9, '2 people.')]
    found = parts(list(watched({('count', 'person'): numbers})))['numbers']['standing_right']
    assert found == 3 / 5


def test_nothing_of_a_kind_is_no_figure():
    found = parts([])
    assert found['people'] == {'timing_f1': None, 'answer_accuracy': None, 'due': 0}
    assert found['numbers'] == {'standing_right': None}
