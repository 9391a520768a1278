# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cases out of drawn worlds: families, aspects and seeds, and a whole run of the command."""

from __future__ import annotations

import json
import pickle
from fractions import Fraction

import numpy as np
import pytest

from streamo_ros import cli
from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.protocol import State
from streamo_ros.evaluation.case import blinded
from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.evaluation.case import without_frames
from streamo_ros.evaluation.case_runner import run_case
from streamo_ros.evaluation.case_runner import settings_for
from streamo_ros.evaluation.score import report
from streamo_ros.evaluation.synthetic import never_cases
from streamo_ros.evaluation.synthetic import synthetic_cases
from streamo_ros.evaluation.synthetic import SyntheticSettings
from streamo_ros.worlds.phrasing import FAMILIES
from streamo_ros.worlds.phrasing import HELD_OUT


def main(argv):
    return cli.main(['evaluate', *argv])


def knowing(case):
    """A model that knows what is due, by the seconds of its tag."""
    due = {float(moment.tick.start): (moment.state, moment.text) for moment in case.moments}
    return ScriptedBackbone(lambda _, seconds: due[seconds], lanes=1)


@pytest.mark.parametrize(
    'settings',
    [
        SyntheticSettings(seed=3),
        SyntheticSettings(seed=4, rate=Fraction(2), frames=32),
        SyntheticSettings(seed=5, rate=Fraction(1, 2), frames=12, phrasings=HELD_OUT),
    ],
)
def test_a_model_that_knows_everything_scores_one(settings):
    pairs = []
    for case in synthetic_cases(26, settings):
        backbone = knowing(case)
        pairs.append((case, run_case(backbone, case, settings_for(backbone))))
    found = report(pairs)
    assert set(found['families']) == {*FAMILIES, 'never'}
    assert found['state_macro_f1'] == found['timing_f1'] == found['answer_accuracy'] == 1
    assert found['interval_iou'] in (1, None)
    assert found['false_alarms_per_hour'] == found['duplicate_rate'] == 0


def test_a_user_says_it_in_words_of_his_own():
    said = {'count': ['how many?'], 'leave': ['no {c} {s} anymore? tell me']}
    cases = list(synthetic_cases(12, SyntheticSettings(seed=2, phrasings=said)))
    assert [case.family for case in cases[:3]] == ['leave', 'count', 'never']
    for case in cases:
        if case.family == 'count':
            assert case.instruction == 'how many?'
        else:
            assert case.instruction.endswith('anymore? tell me')
    with pytest.raises(EvaluationError, match='one of count'):
        list(
            synthetic_cases(
                1, SyntheticSettings(families=('see',), phrasings={'count': ['how many?']})
            )
        )


def test_every_family_comes_in_every_aspect():
    shapes = {}
    for case in synthetic_cases(4 * 13, SyntheticSettings(frames=2)):
        image = next(iter(case.images()))
        shapes.setdefault(case.family, set()).add(image.shape)
    assert all(len(found) == 3 for found in shapes.values())


def test_images_are_those_of_the_moments_and_the_same_each_time():
    (case,) = synthetic_cases(1, SyntheticSettings(seed=1, frames=6))
    one, two = list(case.images()), list(case.images())
    assert len(one) == len(case.moments)
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_other_seeds_are_other_worlds_and_the_same_seed_the_same():
    def names(seed):
        return [case.name for case in synthetic_cases(5, SyntheticSettings(seed=seed, frames=2))]

    assert names(1) == names(1)
    assert not set(names(1)) & set(names(2))


def test_never_streams_are_as_long_as_asked_for_and_nothing_is_due():
    cases = list(never_cases(0.05, SyntheticSettings(frames=24)))
    hours = [case.hours for case in cases]
    # Frames that a bad camera loses at the end are not watched, and not counted.
    assert sum(hours[:-1]) < 0.0499 < sum(hours)
    assert max(hours) == pytest.approx(1 / 60, rel=0.02)
    assert not any(case.fires for case in cases)
    assert {case.family for case in cases} == {'never'}
    assert not list(never_cases(0, SyntheticSettings()))


def test_never_streams_count_for_the_false_alarms_alone():
    def figures(cases):
        return report([(case, run_case(backbone, case, settings_for(backbone))) for case in cases])

    backbone = ScriptedBackbone(
        lambda _, seconds: (State.RESPONSE if seconds == 5 else State.SILENCE, 'now'), lanes=1
    )
    settings = SyntheticSettings(frames=8, families=('move', 'never'), regular=True)
    cases = list(synthetic_cases(4, settings))
    never = list(never_cases(0.05, settings))
    alone, both = figures(cases), figures([*cases, *never])
    for key in ('state_macro_f1', 'timing_f1', 'duplicate_rate', 'episodes', 'frames'):
        assert both[key] == alone[key]
    quiet = [case for case in [*cases, *never] if not case.fires]
    assert both['false_alarms'] == len(quiet)
    assert both['never_hours'] == pytest.approx(sum(case.hours for case in quiet))
    assert both['false_alarms_per_hour'] == pytest.approx(
        both['false_alarms'] / both['never_hours']
    )


def test_complete_streams_are_those_from_which_frames_are_lost():
    whole = list(synthetic_cases(13, SyntheticSettings(complete=True)))
    for case in whole:
        cut = without_frames(case, 0.2, 0)
        stamps = {one.tick.stamp: number for number, one in enumerate(case.moments)}
        kept = [stamps[moment.tick.stamp] for moment in cut.moments]
        images = list(case.images())
        assert len(kept) == len(cut.moments)
        assert all(
            np.array_equal(images[number], image)
            for number, image in zip(kept, cut.images(), strict=True)
        )
    assert sum(len(without_frames(case, 0.2, 0).moments) for case in whole) < 0.9 * 13 * 24


def test_black_frames_keep_the_truth():
    (case,) = synthetic_cases(1, SyntheticSettings(seed=1, frames=6))
    blind = blinded(case)
    assert blind.moments == case.moments
    assert blind.instruction == case.instruction
    for image, black in zip(case.images(), blind.images(), strict=True):
        assert black.shape == image.shape
        assert black.dtype == np.uint8
        assert image.any()
        assert not black.any()


def test_a_case_can_be_watched_by_another_process():
    for case in synthetic_cases(2, SyntheticSettings(frames=4, complete=True)):
        made = blinded(without_frames(case, 0.3, 1))
        again = pickle.loads(pickle.dumps(made))
        assert again.moments == made.moments
        assert len(list(again.images())) == len(made.moments)


def test_lost_frames_are_lost_from_complete_streams():
    for case in synthetic_cases(13, SyntheticSettings(complete=True)):
        assert len(case.moments) == 24
        cut = without_frames(case, 0.2, 0)
        backbone = knowing(cut)
        found = report([(cut, run_case(backbone, cut, settings_for(backbone)))])
        assert found['timing_f1'] in (1, None)


def test_the_command(tmp_path, capsys, score_names):
    script = tmp_path / 'silent.yaml'
    script.write_text('[]')
    arguments = [str(script), '--worlds', '13', '--seed', '9', '--frames', '8', '--json']
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) >= score_names
    assert found['episodes'] == 13
    assert found['state_f1']['response'] == 0
    assert found['answer_accuracy'] == 0
    assert found['false_alarms_per_hour'] == 0
    assert main([*arguments, '--family', 'juggle']) == 2
    assert 'appear' in capsys.readouterr().err


def test_the_truth_is_not_all_silence():
    states = [
        one.state
        for case in synthetic_cases(26, SyntheticSettings(seed=2))
        for one in case.moments
    ]
    for state in (State.STANDBY, State.RESPONSE):
        assert states.count(state) > 20


@pytest.mark.parametrize(
    ('flag', 'control'),
    [([], None), (['--blind'], 'blind'), (['--last-frame-only'], 'last_frame')],
)
def test_the_command_says_what_it_did(tmp_path, capsys, flag, control):
    script = tmp_path / 'silent.yaml'
    script.write_text('[]')
    arguments = [str(script), '--worlds', '13', '--seed', '9', '--frames', '8', *flag]
    assert main([*arguments, '--json']) == 0
    found = json.loads(capsys.readouterr().out)
    assert found['control'] == control
    assert found['complete'] is False
    assert found['episode_frames'] == 8
    assert found['weakest']['answer_accuracy'][1] == 0
    assert main([*arguments, '--complete', '--json']) == 0
    assert json.loads(capsys.readouterr().out)['complete'] is True
    assert main([*arguments, '--drop', '0.2', '--json']) == 0
    assert json.loads(capsys.readouterr().out)['complete'] is True


def test_several_processes_find_the_same(tmp_path, capsys):
    script = tmp_path / 'eager.yaml'
    script.write_text("""[{instruction: '', period: 7, say: [
        {from: 2, to: 4, state: standby}, {from: 4, to: 5, state: response, text: 'Yes.'}]}]""")
    found = []
    for workers in (1, 2):
        assert (
            main(
                [
                    str(script),
                    '--worlds',
                    '13',
                    '--frames',
                    '12',
                    '--drop',
                    '0.2',
                    '--json',
                    '--workers',
                    str(workers),
                ]
            )
            == 0
        )
        found.append(json.loads(capsys.readouterr().out))
        found[-1].pop('latency_ms')
    assert found[0] == found[1]
    assert found[0]['state_f1']['response'] > 0


def test_a_model_that_no_process_can_load_is_one_sentence(tmp_path, capsys):
    assert main([str(tmp_path / 'none'), '--worlds', '2', '--workers', '2']) == 2
    assert 'none' in capsys.readouterr().err
