# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scenes one after another: each thing is there in its own scene alone."""

from __future__ import annotations

import numpy as np
import pytest

from streamo_ros.worlds.objects.cuts import joined
from streamo_ros.worlds.objects.cuts import joined_recorded
from streamo_ros.worlds.objects.cuts import part_lengths
from streamo_ros.worlds.objects.observer import observe_kind
from streamo_ros.worlds.objects.recorded import RecordedStream
from streamo_ros.worlds.objects.scenario import draw_scenario
from streamo_ros.worlds.objects.simulation import draw_stream

PERSON, DOG = 0, 16


def scene(*kinds, frames=12, seed=0):
    return draw_stream(np.random.default_rng(seed), kinds, frames)


@pytest.mark.parametrize('frames', [1, 5, 7, 24, 216])
def test_scenes_last_a_few_seconds_and_fill_the_stream(frames):
    for seed in range(20):
        lengths = part_lengths(frames, np.random.default_rng(seed))
        assert sum(lengths) == frames
        assert len(lengths) == 1 or min(lengths) >= 6


def test_things_are_in_their_own_scene_alone():
    first, second = scene(PERSON, PERSON, DOG), scene(PERSON, frames=8, seed=1)
    both = joined([first, second])
    assert both.frames == 20
    assert [thing.kind for thing in both.things] == [PERSON, PERSON, DOG, PERSON]
    for stream, begin in ((first, 0), (second, 12)):
        own = slice(begin, begin + stream.frames)
        np.testing.assert_array_equal(both.kind[own], stream.kind)
        np.testing.assert_array_equal(both.box[own], stream.box)
        np.testing.assert_array_equal(both.color[own], stream.color)
    for frame, place in zip(*np.nonzero(both.owner >= 0), strict=True):
        thing = both.things[both.owner[frame, place]]
        assert thing.kind == both.kind[frame, place]
        assert thing.score[frame] > 0
    for number, thing in enumerate(both.things):
        outside = np.r_[12:20] if number < 3 else np.r_[0:12]
        assert not thing.present[outside].any()
        assert not thing.score[outside].any()


def test_one_scene_is_itself():
    alone = scene(PERSON, DOG)
    again = joined([alone])
    np.testing.assert_array_equal(again.owner, alone.owner)
    for one, other in zip(again.things, alone.things, strict=True):
        np.testing.assert_array_equal(one.box, other.box)
        np.testing.assert_array_equal(one.present, other.present)


def test_what_is_there_after_a_cut_has_appeared_and_what_was_there_has_left():
    arrived = departed = 0
    for seed in range(40):
        both = joined([scene(seed=seed), scene(PERSON, seed=seed + 100), scene(DOG, seed=seed)])
        seen = observe_kind(both, 0, PERSON)
        arrived += seen.arrived[:24].any()
        departed += seen.departed[24:].any()
        assert not seen.arrived[:12].any()
    assert arrived > 20
    assert departed > 20


def test_a_kind_is_as_clear_as_where_it_is_least_so():
    stream = scene()
    parts = [
        RecordedStream(stream, (1, 2, 3), (4,), frozenset({5})),
        RecordedStream(stream, (6,), (1, 7), frozenset({2})),
    ]
    whole = joined_recorded(parts)
    assert (whole.present, whole.doubted, whole.unclear) == ((1, 3, 6), (4, 7), frozenset({2, 5}))


def test_what_is_asked_for_is_in_some_scenes_and_not_in_others():
    scenes = []
    for seed in range(60):
        scenario = draw_scenario('appear', 60, np.random.default_rng(seed), cut=True)
        (kind,) = scenario.subject.kinds
        present = np.zeros(60, bool)
        for thing in scenario.stream.things:
            present |= thing.present & (thing.kind == kind)
        scenes.append(present.mean())
    assert 0.1 < np.mean(scenes) < 0.8
    assert min(scenes) == 0
    quiet = draw_scenario('appear', 60, np.random.default_rng(3), cut=True, absent=True)
    assert all(thing.kind != quiet.subject.kinds[0] for thing in quiet.stream.things)
