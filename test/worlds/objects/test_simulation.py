# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated streams of detections: what a detector could have seen, and the same again."""

from __future__ import annotations

import numpy as np
import pytest

from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.noise import LOW_SCORE
from streamo_ros.worlds.objects.noise import Noise
from streamo_ros.worlds.objects.paths import Habit
from streamo_ros.worlds.objects.scenario import draw_scenario
from streamo_ros.worlds.objects.simulation import draw_stream
from streamo_ros.worlds.objects.stream import NOTHING
from streamo_ros.worlds.objects.stream import PLACES
from streamo_ros.worlds.objects.tasks import label_stream

QUIET = Noise(
    clear=1.0,
    waver=(0.0, 0.0),
    blink=(0.0, 0.0),
    doubled=0.0,
    confused=0.0,
    false=0.0,
    lasting=0.0,
)
PERSON, DOG = 0, 16


def stream(kinds, seed=0, frames=30, noise=None):
    return draw_stream(np.random.default_rng(seed), kinds, frames, noise)


def test_there_are_the_80_kinds_of_coco_in_its_order():
    names = [kind.name for kind in KINDS]
    assert len(names) == len(set(names)) == 80
    assert (names[0], names[39], names[41], names[79]) == ('person', 'bottle', 'cup', 'toothbrush')
    words = [word.one for kind in KINDS for word in kind.words]
    assert len(words) == len(set(words)), 'no word means two kinds'


@pytest.mark.parametrize('seed', range(5))
def test_a_seed_gives_the_same_stream_again(seed):
    first, again = stream([PERSON, DOG], seed), stream([PERSON, DOG], seed)
    for name in ('kind', 'box', 'color', 'owner'):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))


def test_who_comes_back_is_where_another_of_the_kind_was():
    near = []
    for seed in range(60):
        seen = draw_stream(np.random.default_rng(seed), [DOG] * 2, 60, QUIET, again=1.0)
        first, second = seen.things
        if first.present.any() and not first.present[-6:].any():
            left, there = np.flatnonzero(first.present), np.flatnonzero(second.present)
            assert not len(there) or there[0] >= left[-1] + 3
            middle = first.box[left[len(left) // 2]]
            away = np.abs(second.box[there] - middle).max(1) / middle[2:].max()
            near.append(len(there) > 0 and away.min() < 0.5)
    assert len(near) > 10
    assert np.mean(near) > 0.6


@pytest.mark.parametrize('seed', range(20))
def test_places_are_in_order_of_falling_score_and_empty_ones_are_zero(seed):
    seen = stream([PERSON, PERSON, DOG], seed)
    scores = seen.scores
    assert seen.kind.shape == (30, PLACES)
    assert (np.diff(scores, axis=1) <= 1e-6).all()
    empty = seen.kind == NOTHING
    assert not seen.box[empty].any()
    assert not seen.color[empty].any()
    assert (scores[~empty] >= LOW_SCORE - 1e-6).all()
    np.testing.assert_allclose(seen.color[~empty].sum(-1), 1, atol=1e-5)
    assert ((seen.box[..., 1:3] >= 0) & (seen.box[..., 1:3] <= 1)).all()


@pytest.mark.parametrize('seed', range(20))
def test_a_detector_without_errors_sees_a_thing_when_it_is_there_and_then_alone(seed):
    seen = stream([PERSON], seed, noise=QUIET)
    found = (seen.kind == PERSON).any(1)
    np.testing.assert_array_equal(found, seen.things[0].score > 0)
    assert not (found & ~seen.things[0].present).any()


def test_an_empty_room_gives_empty_frames():
    assert (stream([], noise=QUIET).kind == NOTHING).all()


def test_a_stream_of_some_frames_keeps_what_they_show():
    whole = stream([PERSON, DOG])
    part = whole.at([3, 5, 9])
    np.testing.assert_array_equal(part.kind, whole.kind[[3, 5, 9]])
    np.testing.assert_array_equal(part.things[1].score, whole.things[1].score[[3, 5, 9]])


def test_habits_make_a_thing_do_what_is_waited_for():
    habits = {
        0: Habit(stay=(4, 20)),
        1: Habit(stay=(0, 30), comes_to=(0.7, 0.9)),
        2: Habit(moves=True),
    }
    for seed in range(8):
        seen = draw_stream(np.random.default_rng(seed), [DOG] * 3, 30, QUIET, habits)
        visitor, comer, _ = seen.things
        shown = np.flatnonzero(visitor.present)
        assert 4 <= shown[0] <= shown[-1] < 20
        size = np.sqrt(comer.box[:, 2:].prod(1))
        assert size[-1] > 1.3 * size[0]


@pytest.mark.parametrize('family', ['near', 'closer', 'back', 'move', 'together'])
def test_what_a_family_waits_for_happens_often(family):
    rng, firing = np.random.default_rng(0), 0
    for _ in range(40):
        scenario = draw_scenario(family, 30, rng)
        starts = [str(frame) for frame in range(30)]
        firing += label_stream(family, scenario.subject, scenario.stream, 0, starts).fires
    assert firing >= 8


def test_what_is_waited_for_and_absent_is_what_the_detector_often_takes_for_a_thing():
    def false_detections(suspected):
        seen = [
            draw_stream(np.random.default_rng(seed), [PERSON] * 2, 30, suspected=suspected)
            for seed in range(60)
        ]
        kinds = np.concatenate([one.kind[(one.owner < 0) & (one.kind != NOTHING)] for one in seen])
        return float((kinds == DOG).mean())

    assert false_detections(None) < 0.05
    assert 0.2 < false_detections(DOG) < 0.4


def test_an_unknown_thing_is_no_kind_that_false_detections_could_be_of():
    scenario = draw_scenario('unknown', 30, np.random.default_rng(0))
    assert scenario.subject.kinds == ()


def test_what_is_faint_is_left_out_and_the_things_stay_known():
    stream = draw_scenario('count', 30, np.random.default_rng(3)).stream
    without = stream.without(0.3)
    kept = stream.scores > 0.3
    assert (without.kind[kept] == stream.kind[kept]).all()
    assert (without.kind[~kept] == NOTHING).all()
    assert not without.box[~kept].any()
    assert (without.owner[~kept] == -1).all()
    assert without.things is stream.things
    np.testing.assert_array_equal(stream.without(0).kind, stream.kind)
