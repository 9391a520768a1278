# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated streams as cases, and the plain rule that watches them, too."""

from __future__ import annotations

import numpy as np
import pytest

from streamo_ros.core.protocol import State
from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.evaluation.case_runner import CaseResult
from streamo_ros.evaluation.case_runner import GivenAnswer
from streamo_ros.evaluation.object_streams import FAMILIES
from streamo_ros.evaluation.object_streams import NEVER
from streamo_ros.evaluation.object_streams import object_cases
from streamo_ros.evaluation.object_streams import ObjectSettings
from streamo_ros.evaluation.objects import refused
from streamo_ros.evaluation.plain_rule import rule_result
from streamo_ros.evaluation.score import report
from streamo_ros.worlds.objects.answers import UNKNOWN_WORD_REPLY
from streamo_ros.worlds.objects.subject import Subject

PERSON = Subject((0,))
MARKS = {State.SILENCE: '.', State.STANDBY: '-', State.RESPONSE: '!'}


def drawn(family, counts, subject=PERSON):
    result = rule_result(family, subject, [[int(digit) for digit in counts]])
    return ''.join(MARKS[state] for state in result.states), [
        answer.text for answer in result.answers
    ]


def test_cases_come_again_with_the_same_seed_and_differ_with_another():
    def texts(seed):
        return [
            object_case.case.instruction
            for object_case in object_cases(17, ObjectSettings(seed=seed))
        ]

    assert texts(1) == texts(1) != texts(2)


def test_families_come_in_turn_and_nothing_is_due_in_never():
    cases = [
        object_case.case
        for object_case in object_cases(3 * len(FAMILIES), ObjectSettings(frames=24))
    ]
    assert {case.family for case in cases} == set(FAMILIES)
    assert not any(case.fires for case in cases if case.family == NEVER)


def test_a_frame_is_an_array_of_detections():
    one = next(object_cases(1, ObjectSettings(frames=8)))
    frames = list(one.case.images())
    assert len(frames) == len(one.case.moments) == 8
    assert frames[0].shape == (20, 17)
    assert frames[0].dtype == np.float32
    np.testing.assert_array_equal(frames[3][:, 0], one.stream.kind[3])


def test_an_unknown_family_is_refused():
    with pytest.raises(EvaluationError, match='--family one of appear'):
        next(object_cases(1, ObjectSettings(families=('juggle',))))


def test_the_plain_rule_says_what_was_seen_twice():
    assert drawn('appear', '0011101') == ('..-!...', ['A person has appeared.'])
    assert drawn('leave', '1110001') == ('...-!..', ['A person has left.'])
    assert drawn('count', '1122') == ('-!-!', ['1 person.', '2 people.'])
    assert drawn('presence', '0012') == ('-!--', ['No.'])
    assert drawn('more', '0122', Subject((0,), number=1)) == ('..-!', ['There are 2 people.'])
    assert rule_result('narrate', PERSON, [[0]]) is None
    thrice = rule_result('appear', PERSON, [[0, 1, 1, 0, 1, 1, 1]], 3)
    assert ''.join(MARKS[state] for state in thrice.states) == '.--.--!'


def test_what_is_said_where_nobody_could_know_counts_for_nothing():
    one = next(
        object_case
        for object_case in object_cases(200, ObjectSettings(families=('appear',), frames=24))
        if object_case.case.fires and any(not moment.scored for moment in object_case.case.moments)
    )
    case = one.case
    states = [moment.state if moment.scored else State.RESPONSE for moment in case.moments]
    answers = [
        GivenAnswer(number, moment.text or 'A person has appeared.')
        for number, moment in enumerate(case.moments)
        if moment.state is State.RESPONSE and moment.scored
    ]
    figures = report([(case, CaseResult(states, answers))])
    assert figures['state_macro_f1'] == figures['timing_f1'] == figures['answer_accuracy'] == 1


def test_refusals_are_counted_for_unknown_and_for_known_things():
    refusal = [GivenAnswer(0, UNKNOWN_WORD_REPLY.format(word='kettle'))]
    named = [GivenAnswer(1, 'A person has appeared.')]
    families = ('unknown', 'unknown', 'appear', 'count', 'count')
    said = (refusal, named, named, refusal, [])
    cases = [
        next(object_cases(1, ObjectSettings(families=(family,), frames=8))).case
        for family in families
    ]
    pairs = [
        (case, CaseResult([State.SILENCE] * len(case.moments), answers))
        for case, answers in zip(cases, said, strict=True)
    ]
    assert refused(pairs) == {'unknown': 0.5, 'known': pytest.approx(1 / 3)}
    assert refused(pairs[2:])['unknown'] is None
