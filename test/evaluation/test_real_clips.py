# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Real clips with truth: what is due when, and what must not be scored."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from streamo_ros.core.protocol import State
from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.evaluation.real_clips import clip_cases
from streamo_ros.evaluation.real_clips import groups
from streamo_ros.evaluation.real_clips import read_clips
from streamo_ros.evaluation.real_clips import REAL_TOLERANCE
from streamo_ros.evaluation.real_clips import RealClip
from streamo_ros.evaluation.rule_runs import hindsight_on_clip
from streamo_ros.evaluation.rule_runs import rule_on_clip

TRUTH = {
    'tracks': [
        {
            'class': 'person',
            'start_s': 2.2,
            'end_s': 6.0,
            'enters': 'left',
            'leaves': 'right',
        },
        {
            'class': 'person',
            'start_s': 0,
            'end_s': 10.0,
            'enters': 'present_at_start',
            'leaves': 'present_at_end',
        },
    ],
    'counts': [
        {'class': 'person', 'from_s': 0, 'to_s': 2.2, 'count': 1},
        {'class': 'person', 'from_s': 2.6, 'to_s': 6.0, 'count': 2},
    ],
    'unsure': [{'class': 'person', 'from_s': 8.0, 'to_s': 9.0, 'why': 'fog'}],
    'absent': ['car', 'potted plant'],
}


@pytest.fixture
def cases():
    times = tuple(Fraction(k, 2) for k in range(20))
    return {case.name: case for case in clip_cases(RealClip(Path('hall.mp4'), TRUTH, times))}


def due(case):
    return {
        moment.seconds: moment.text for moment in case.moments if moment.state is State.RESPONSE
    }


def test_events_are_due_at_the_second_frame_that_shows_them(cases):
    assert due(cases['hall: appear person']) == {3.0: 'A person has appeared.'}
    assert due(cases['hall: leave person']) == {6.5: 'A person has left.'}


def test_what_is_unsure_is_not_scored(cases):
    unscored = [
        moment.seconds for moment in cases['hall: appear person'].moments if not moment.scored
    ]
    assert unscored == [8.0, 8.5, 9.0]


@pytest.mark.parametrize(('frames', 'unscored'), [(12, []), (13, [6.0]), (14, [])])
def test_what_happens_at_the_very_end_may_be_said_at_once(frames, unscored):
    times = tuple(Fraction(k, 2) for k in range(frames))
    clip = RealClip(Path('hall.mp4'), TRUTH, times)
    leave = {case.name: case for case in clip_cases(clip)}['hall: leave person']
    assert set(due(leave)) == ({6.5} if frames > 13 else set())
    assert [moment.seconds for moment in leave.moments if not moment.scored] == unscored


def test_numbers_are_scored_where_they_are_certain(cases):
    case = cases['hall: count person']
    assert due(case) == {0.5: '1 person.', 3.5: '2 people.'}
    assert case.standing[1] == case.standing[4] == '1 person.'
    assert case.standing[5] == case.standing[6] == ''
    assert case.standing[8] == case.standing[12] == '2 people.'
    assert case.standing[13] == ''


def test_absent_kinds_only_count_as_false_alarms(cases):
    case = cases['hall: never potted plant']
    assert case.alarms_only
    assert not case.fires
    assert case.instruction == 'tell me when a potted plant appears'


def test_the_best_rule_in_hindsight_finds_all_that_a_threshold_can(cases):
    # Surely there from 2.5 s to 6 s, and hardly seen; what the plain rule would need is above 0.4.
    frames = [[('person', 0.9), *([('person', 0.25)] if 5 <= k <= 12 else [])] for k in range(20)]
    appear = cases['hall: appear person']
    assert [result.answers for _, result in rule_on_clip(frames, [appear])] == [[]]
    ((case, best),) = hindsight_on_clip(frames, list(cases.values())[:1], REAL_TOLERANCE)
    assert case is appear
    assert [answer.text for answer in best.answers] == ['A person has appeared.']
    assert not hindsight_on_clip(frames, [cases['hall: never car']], REAL_TOLERANCE)


def test_cases_are_watched_in_groups(cases):
    assert [len(group) for group in groups(list(cases.values()), 2)] == [2, 2, 1]


def test_a_folder_without_clips_or_with_a_broken_truth_is_refused(tmp_path):
    with pytest.raises(EvaluationError, match='give another folder'):
        read_clips(tmp_path)
    truth = tmp_path / 'hall.json'
    truth.write_text(json.dumps(TRUTH))
    with pytest.raises(EvaluationError, match='add the video'):
        read_clips(tmp_path)
    (tmp_path / 'hall.mp4').write_bytes(b'')
    for broken in ('[]', '{"tracks": [{"class": "dragon"}]}', '{'):
        truth.write_text(broken)
        with pytest.raises(EvaluationError, match='is not a truth file'):
            read_clips(tmp_path)
