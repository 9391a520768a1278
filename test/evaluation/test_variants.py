# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Variants of real clips: other pictures of the same scene, the same ones each time."""

from __future__ import annotations

import pickle
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.cli import main
from streamo_ros.core.protocol import State
from streamo_ros.evaluation.objects import Decisions
from streamo_ros.evaluation.real_clips import RealClip
from streamo_ros.evaluation.variants import Appearance
from streamo_ros.evaluation.variants import variant_cases

TRUTH = {
    'tracks': [
        {'class': 'dog', 'start_s': 1, 'end_s': 3, 'enters': 'left', 'leaves': 'left'},
    ],
    'absent': ['car', 'potted plant'],
}
CLIP = RealClip(Path('hall.mp4'), TRUTH, tuple(Fraction(k, 2) for k in range(8)))
PLAIN = Appearance((0.0, 0.0, 1.0, 1.0), False, 1.0, (1.0, 1.0, 1.0), 0.0, 0)
PICTURE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3) * 3


def seen(look):
    return next(look.images([PICTURE]))


def test_only_what_is_absent_is_asked_for():
    cases = variant_cases(CLIP, 3)
    assert [case.name for case in cases] == [
        'hall, variant 3: never car',
        'hall, variant 3: never potted plant',
    ]
    assert all(case.alarms_only for case in cases)
    assert len(cases[0].moments) == 8


def test_a_variant_is_the_same_each_time_and_unlike_the_others():
    looks = [pickle.dumps(variant_cases(CLIP, number)[0].images) for number in (1, 1, 2)]
    assert looks[0] == looks[1] != looks[2]


def test_its_frames_fall_between_those_of_the_clip():
    times = variant_cases(CLIP, 1)[0].images.args[0].__self__.times
    assert all(
        0 < time - own < Fraction(1, 2) for time, own in zip(times, CLIP.times, strict=True)
    )


def test_a_look_that_changes_nothing_keeps_the_picture():
    np.testing.assert_array_equal(seen(PLAIN), PICTURE)


@pytest.mark.parametrize(
    ('change', 'expected'),
    [
        ({'mirrored': True}, PICTURE[:, ::-1]),
        ({'crop': (0.5, 0.0, 1.0, 0.5)}, PICTURE[:2, 3:]),
        ({'gains': (0.0, 1.0, 1.0)}, PICTURE * np.array([0, 1, 1], np.uint8)),
    ],
)
def test_a_look_crops_mirrors_and_colors(change, expected):
    np.testing.assert_array_equal(seen(replace(PLAIN, **change)), expected)


def test_a_look_brightens_and_adds_noise_within_the_range():
    assert seen(replace(PLAIN, gamma=0.6)).mean() > PICTURE.mean()
    noisy = seen(replace(PLAIN, noise=60.0))
    assert noisy.dtype == np.uint8
    assert not np.array_equal(noisy, PICTURE)


def test_variants_need_clips(capsys):
    assert main(['evaluate', 'models/streamo-objects', '--streams', '1', '--variants', '2']) == 2
    assert 'add --real FOLDER' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('extra', 'named'),
    [
        (('--workers', '2'), '--workers'),
        (('--blind',), '--blind and --last-frame-only'),
        (('--response-threshold', '2'), '--response-threshold must be'),
    ],
)
def test_options_that_would_not_count_are_refused(extra, named, capsys):
    assert main(['evaluate', 'models/streamo-objects', '--streams', '1', *extra]) == 2
    assert named in capsys.readouterr().err


def test_decisions_reach_the_assistant():
    scripted = ScriptedBackbone(lambda instruction, second: (State.SILENCE, ''))
    settings = Decisions(9, 0.25, 0.1).settings(scripted)
    assert (settings.limits.max_frames, settings.thresholds.response) == (9, 0.25)
    assert settings.thresholds.hysteresis == 0.1
