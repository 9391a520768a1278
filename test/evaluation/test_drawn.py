# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cases out of drawn worlds: families, aspects and seeds, and a whole run of the command."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.evaluation.case import without_frames
from streamo_ros.evaluation.drawn import drawn_cases
from streamo_ros.evaluation.drawn import DrawnSettings
from streamo_ros.evaluation.drawn import never_cases
from streamo_ros.evaluation.evaluate import main
from streamo_ros.evaluation.score import report
from streamo_ros.evaluation.watch import settings_for
from streamo_ros.evaluation.watch import watch
from streamo_ros.protocol import State
from streamo_ros.training.worlds.phrasing import FAMILIES

KEYS = {'state_macro_f1', 'state_f1', 'timing_f1', 'answer_accuracy', 'false_alarms_per_hour',
        'duplicate_rate', 'episodes'}


def knowing(case):
    """A model that knows what is due, by the seconds of its tag."""
    due = {float(one.tick.start): (one.state, one.text) for one in case.moments}
    return ScriptedBackbone(lambda _, seconds: due[seconds], lanes=1)


@pytest.mark.parametrize('settings', [
    DrawnSettings(seed=3), DrawnSettings(seed=4, rate=Fraction(2), frames=32),
    DrawnSettings(seed=5, rate=Fraction(1, 2), frames=12, held_out=True)])
def test_a_model_that_knows_everything_scores_one(settings):
    pairs = []
    for case in drawn_cases(26, settings):
        backbone = knowing(case)
        pairs.append((case, watch(backbone, case, settings_for(backbone))))
    found = report(pairs)
    assert set(found['families']) == {*FAMILIES, 'never'}
    assert found['state_macro_f1'] == found['timing_f1'] == found['answer_accuracy'] == 1
    assert found['interval_iou'] in (1, None)
    assert found['false_alarms_per_hour'] == found['duplicate_rate'] == 0


def test_every_family_comes_in_every_aspect():
    shapes = {}
    for case in drawn_cases(4 * 13, DrawnSettings(frames=2)):
        image = next(iter(case.images()))
        shapes.setdefault(case.family, set()).add(image.shape)
    assert all(len(found) == 3 for found in shapes.values())


def test_images_are_those_of_the_moments_and_the_same_each_time():
    (case,) = drawn_cases(1, DrawnSettings(seed=1, frames=6))
    one, two = list(case.images()), list(case.images())
    assert len(one) == len(case.moments)
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_other_seeds_are_other_worlds_and_the_same_seed_the_same():
    def names(seed):
        return [case.name for case in drawn_cases(5, DrawnSettings(seed=seed, frames=2))]

    assert names(1) == names(1)
    assert not set(names(1)) & set(names(2))


def test_never_streams_are_as_long_as_asked_for_and_nothing_is_due():
    cases = list(never_cases(0.05, DrawnSettings(frames=24, regular=True)))
    assert sum(case.hours for case in cases) == pytest.approx(0.05, rel=0.15)
    assert not any(case.fires for case in cases)
    assert {case.family for case in cases} == {'never'}


def test_lost_frames_are_lost_from_complete_streams():
    for case in drawn_cases(13, DrawnSettings(complete=True)):
        assert len(case.moments) == 24
        cut = without_frames(case, 0.2, 0)
        backbone = knowing(cut)
        found = report([(cut, watch(backbone, cut, settings_for(backbone)))])
        assert found['timing_f1'] in (1, None)


def test_the_command(tmp_path, capsys):
    script = tmp_path / 'silent.yaml'
    script.write_text('[]')
    arguments = [str(script), '--worlds', '13', '--seed', '9', '--frames', '8', '--json']
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) >= KEYS
    assert found['episodes'] == 13
    assert found['state_f1']['response'] == 0
    assert found['answer_accuracy'] == 0
    assert found['false_alarms_per_hour'] == 0
    assert main([*arguments, '--family', 'juggle']) == 1
    assert 'appear' in capsys.readouterr().err


def test_the_truth_is_not_all_silence():
    states = [one.state for case in drawn_cases(26, DrawnSettings(seed=2))
              for one in case.moments]
    for state in (State.STANDBY, State.RESPONSE):
        assert states.count(state) > 20
