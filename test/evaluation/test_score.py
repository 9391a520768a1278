# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cases watched through the real engine with a scripted model, and the figures of the report."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.protocol import State
from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.evaluation.case import moments
from streamo_ros.evaluation.case import VIDEO
from streamo_ros.evaluation.case import without_frames
from streamo_ros.evaluation.case_runner import run_case
from streamo_ros.evaluation.case_runner import settings_for
from streamo_ros.evaluation.score import report
from streamo_ros.training.labeled_dialogue import LabeledTurn

STATES = {'.': State.SILENCE, '-': State.STANDBY, '!': State.RESPONSE}


def case(name, drawn, text='the red ball', family='appear', begin=0):
    turns = [
        LabeledTurn(
            Fraction(begin + k), Fraction(begin + k + 1), STATES[mark], text if mark == '!' else ''
        )
        for k, mark in enumerate(drawn)
    ]
    return Case(
        name,
        family,
        name,
        moments(turns),
        lambda: (np.full((24, 32, 3), k, np.uint8) for k in range(len(turns))),
    )


def scripted(lines):
    """A model that does, for each instruction, what is drawn; its answer stands behind it."""

    def script(instruction, seconds):
        drawn, text = lines[instruction]
        state = STATES[drawn[int(seconds)]]
        return state, text if state is State.RESPONSE else ''

    return ScriptedBackbone(script, lanes=1)


def figures(truth, lines):
    backbone = scripted(lines)
    settings = settings_for(backbone)
    return report([(one, run_case(backbone, one, settings)) for one in truth])


def test_a_model_that_does_everything_right():
    truth = [case('a', '..--!...', begin=300), case('b', '........', family='never')]
    found = figures(truth, {'a': ('..--!...', ' the red ball'), 'b': ('........', '')})
    assert found['state_macro_f1'] == 1
    assert found['state_f1'] == {'silence': 1, 'standby': 1, 'response': 1}
    assert found['timing_f1'] == found['timing_f1_2s'] == 1
    assert found['answer_accuracy'] == found['answer_accuracy_matched'] == 1
    assert found['false_alarms_per_hour'] == 0
    assert found['duplicate_rate'] == 0
    assert found['interval_iou'] is None
    assert (found['episodes'], found['frames']) == (2, 16)
    assert found['latency_ms']['median'] > 0
    assert found['families']['never']['state_macro_f1'] == 1
    assert found['families']['never']['timing_f1'] is None


def test_late_wrong_repeated_and_false_answers_by_hand():
    truth = [
        case('late', '..--!.....'),
        case('wrong', '..--!.....'),
        case('twice', '..--!.....'),
        case('never', '.' * 10, family='never'),
    ]
    found = figures(
        truth,
        {
            'late': ('..---.!...', 'the red ball'),
            'wrong': ('..--!.....', 'the blue ball'),
            'twice': ('..--!..!..', 'the red ball'),
            'never': ('..!.......', 'the red ball'),
        },
    )
    # Due 3, said 5. Within 1 s: wrong and twice; within 2 s late as well.
    assert found['timing_f1'] == pytest.approx(2 * 2 / (3 + 5))
    assert found['timing_f1_2s'] == pytest.approx(2 * 3 / (3 + 5))
    assert found['answer_accuracy'] == pytest.approx(1 / 3)
    assert found['answer_accuracy_matched'] == pytest.approx(1 / 2)
    assert found['duplicate_rate'] == pytest.approx(1 / 5)
    assert found['never_hours'] == pytest.approx(10 / 3600)
    assert found['false_alarms_per_hour'] == pytest.approx(360)
    # Response: due 3, decided 5, right 2. Standby: due 6, decided 7, right 6.
    assert found['state_f1']['response'] == pytest.approx(2 * 2 / 8)
    assert found['state_f1']['standby'] == pytest.approx(2 * 6 / 13)
    assert found['families']['appear']['timing_f1'] == pytest.approx(2 * 2 / (3 + 4))


@pytest.mark.parametrize(
    ('said', 'text', 'right'),
    [
        ('..!......', 'the red ball', True),
        ('...!..!..', 'the red ball', True),
        ('..!......', 'the blue ball', False),
        ('.!.......', 'the red ball', False),
    ],
)
def test_what_is_rightly_told_in_doubt_need_not_be_told_again(said, text, right):
    drawn = case('a', '..----!..')
    hidden = [
        replace(moment, scored=not 2 <= number < 6, begun=2.0 if number == 6 else None)
        for number, moment in enumerate(drawn.moments)
    ]
    found = figures([replace(drawn, moments=tuple(hidden))], {'a': (said, text)})
    assert found['answer_accuracy'] == right
    assert (found['timing_f1'] == found['state_macro_f1'] == 1) == right


def test_interval_answers():
    truth = [
        case('a', '.-!..', text='0s to 10s', family='ground'),
        case('b', '.-!..', text='0s to 10s', family='ground'),
    ]
    found = figures(truth, {'a': ('.-!..', '5s to 10s'), 'b': ('.....', '')})
    assert found['interval_iou'] == pytest.approx(0.25)
    assert found['interval_iou_untimed'] == pytest.approx(0.25)
    assert found['answer_accuracy'] == 0


def test_a_right_interval_too_late_counts_where_timing_does_not():
    truth = [case('a', '.-!...', text='0s to 10s', family='ground')]
    found = figures(truth, {'a': ('.....!', '0s to 10s')})
    assert found['interval_iou'] == 0
    assert found['interval_iou_untimed'] == 1
    assert found['spurious_answers_per_hour'] == pytest.approx(3600 / 6)


def test_grounding_asked_in_mid_stream_is_scored_by_the_tags_that_the_lane_showed():
    """Asked at 5 s, the event is at 8 to 10 s: the lane's tags call that 3 to 5."""
    truth = [case('a', '...--!..', text='8s to 10s', family='ground', begin=5)]
    found = figures(truth, {'a': ('...--!..', '3s to 5s')})
    assert found['interval_iou'] == found['answer_accuracy'] == 1
    found = figures(truth, {'a': ('...--!..', '8s to 10s')})
    assert found['interval_iou'] == 0


def test_the_history_of_one_case_does_not_reach_the_next():
    backbone = scripted({'a': ('.-!', 'x'), 'b': ('...', '')})
    settings = settings_for(backbone)
    run_case(backbone, case('a', '.-!'), settings)
    assert not backbone.rows
    watched = run_case(backbone, case('b', '...'), settings)
    assert watched.states == [State.SILENCE] * 3


def test_an_undecided_frame_counts_against_the_model():
    def script(instruction, seconds):
        return (State.UNKNOWN if seconds == 1 else State.SILENCE), ''

    backbone = ScriptedBackbone(script, lanes=1)
    one = case('a', '...')
    found = report([(one, run_case(backbone, one, settings_for(backbone)))])
    assert found['state_f1']['silence'] == pytest.approx(2 * 2 / 5)


def test_lost_frames_shift_what_is_due():
    one = case('a', '.-!-!..!', text='x')
    seen = set()
    for seed in range(60):
        cut = without_frames(one, 0.4, seed)
        kept = [round(moment.seconds) for moment in cut.moments]
        seen.add(tuple(kept))
        assert kept[0] == 0
        assert [m.tick.index for m in cut.moments] == list(range(len(kept)))
        assert [int(image[0, 0, 0]) for image in cut.images()] == kept
        due = {round(moment.seconds): moment.text for moment in cut.moments if moment.text}
        wanted: dict[int, str] = {}
        for second in (2, 4, 7):
            first = next((k for k in kept if k >= second), None)
            if first is not None:
                wanted[first] = f'{wanted[first]} x' if first in wanted else 'x'
        assert due == wanted
    assert len(seen) > 10
    assert without_frames(one, 0.0, 1).moments == one.moments
    assert without_frames(one, 0.4, 7).moments == without_frames(one, 0.4, 7).moments


def silent_case(name, times):
    turns = [LabeledTurn(time, time + Fraction(1, 2), State.SILENCE) for time in times]
    return Case(name, VIDEO, 'tell me', moments(turns), list)


def test_a_video_in_which_nothing_happens():
    one = silent_case('real', [Fraction(k, 2) for k in range(7200)])
    assert one.hours == pytest.approx(1)
    assert not one.fires
    with pytest.raises(EvaluationError, match='no frame'):
        silent_case('empty', [])


def test_seconds_of_an_answer_count_from_the_begin_though_the_tags_began_anew():
    drawn = '.' * 12 + '-!' + '.' * 3
    (truth,) = [case('when', drawn, 'From 12s to 13s.')]
    told = []

    def script(_, seconds):
        told.append(seconds)
        due = drawn[len(told) - 1]
        return STATES[due], f'From {seconds - 1:g}s to {seconds:g}s.' if due == '!' else ''

    backbone = ScriptedBackbone(script, lanes=1)
    settings = AssistantSettings(limits=ContextLimits(max_frames=4, max_time=10))
    watched = run_case(backbone, truth, settings)
    assert max(told) < 10
    assert [answer.text for answer in watched.answers] == ['From 12s to 13s.']
    assert report([(truth, watched)])['interval_iou'] == 1


def test_the_weakest_family_is_named():
    truth = [
        case('a', '..--!...'),
        case('b', '..--!...', family='leave'),
        case('c', '........', family='never'),
    ]
    found = figures(
        truth,
        {
            'a': ('..--!...', 'the red ball'),
            'b': ('..--!...', 'a blue box'),
            'c': ('....!...', 'what'),
        },
    )
    assert found['weakest']['answer_accuracy'] == ('leave', 0)
    assert found['weakest']['timing_f1'][1] == 1
    assert found['weakest']['state_macro_f1'][0] == 'never'
    assert found['families']['never']['false_alarms'] == 1
    assert found['false_alarms_per_minute'] is None
