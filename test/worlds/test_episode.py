# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Episodes: seeds, sampling, and labels that the frames bear out."""

import subprocess
import sys
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from streamo_ros.core.instruction_text import check_instruction
from streamo_ros.core.protocol import State
from streamo_ros.worlds import draw_episode
from streamo_ros.worlds import EpisodeSampling
from streamo_ros.worlds import suggested_instructions
from streamo_ros.worlds import World
from streamo_ros.worlds import WorldError
from streamo_ros.worlds.episode import SEEDS
from streamo_ros.worlds.phrasing import FAMILIES
from streamo_ros.worlds.phrasing import HELD_OUT

REGULAR = EpisodeSampling(frames=16, jitter=0.0, drop=0.0)


@pytest.mark.parametrize('family', FAMILIES)
def test_a_seed_gives_the_same_episode_twice(family):
    one, two = (draw_episode(1_000_100, family) for _ in range(2))
    assert (one.instruction, one.times, one.states, one.texts) == (
        two.instruction,
        two.times,
        two.states,
        two.texts,
    )
    assert np.array_equal(one.render(3), two.render(3))
    assert draw_episode(1_000_101, family).times != one.times


@pytest.mark.parametrize('family', FAMILIES)
def test_some_episode_of_every_family_has_an_answer(family):
    drawn = [draw_episode(1_000_000 + k, family) for k in range(24)]
    assert any(State.RESPONSE in one.states for one in drawn)
    for one in drawn:
        check_instruction(one.instruction)
        assert all(
            bool(text) == (state is State.RESPONSE)
            for state, text in zip(one.states, one.texts, strict=True)
        )


def test_an_arrival_is_visible_in_the_frames():
    seen = 0
    for seed in range(1_000_000, 1_000_040):
        one = draw_episode(seed, 'appear', REGULAR)
        for k, state in enumerate(one.states):
            if state is not State.RESPONSE:
                continue
            look = [(t.color, t.shape) for t in one.view(k).things if t.whole]
            before = [(t.color, t.shape) for t in one.view(k - 1).things if t.whole]
            assert one.look in look
            assert one.look not in before
            seen += 1
    assert seen > 5


def test_standby_comes_before_most_arrivals():
    ready = [
        one.states[k - 1] is State.STANDBY
        for one in (draw_episode(s, 'appear', REGULAR) for s in range(1_000_000, 1_000_060))
        for k, state in enumerate(one.states)
        if state is State.RESPONSE
    ]
    assert np.mean(ready) > 0.8


def test_what_never_comes_is_never_answered():
    for seed in range(1_000_000, 1_000_030):
        one = draw_episode(seed, 'never')
        assert one.family == 'never'
        assert State.RESPONSE not in one.states
    with pytest.raises(WorldError, match='unknown family that waits'):
        draw_episode(1, 'count', never=True)
    with pytest.raises(
        WorldError, match='no phrasing waits for an event: provide phrasings of one of appear'
    ):
        draw_episode(1, 'never', phrasings={'count': ['how many?']})


def test_held_out_phrasings_are_never_those_of_training():
    free = {draw_episode(s, 'count').instruction for s in range(60)}
    held = {draw_episode(s, 'count', phrasings=HELD_OUT).instruction for s in range(60)}
    assert not free & held
    assert held == set(HELD_OUT['count'])


def test_regular_frames_come_evenly_and_tags_count_from_the_first():
    one = draw_episode(
        1_000_003, 'count', EpisodeSampling(frames=6, rate=2.0, jitter=0.0, drop=0.0)
    )
    assert np.allclose(np.diff(one.times), 0.5)
    assert [tick.start for tick in one.ticks] == [Fraction(k, 2) for k in range(6)]
    assert one.ticks[1].stamp - one.ticks[0].stamp == 500_000_000


def test_lost_frames_leave_gaps_in_the_tags():
    one = draw_episode(1_000_003, 'count', EpisodeSampling(frames=40, drop=0.5))
    starts = [tick.start for tick in one.ticks]
    assert starts[0] == 0
    assert 5 < len(starts) < 35
    assert max(b - a for a, b in pairwise(starts)) > 1
    assert [tick.index for tick in one.ticks] == list(range(len(starts)))


def test_pictures_have_the_aspect_asked_for():
    assert draw_episode(5, 'see', aspect='16:9').render(0).shape == (216, 384, 3)
    with pytest.raises(WorldError, match='16:9'):
        draw_episode(5, aspect='3:2')


def test_seeds_of_different_purposes_never_meet():
    ranges = sorted(SEEDS.values(), key=lambda one: one.start)
    assert all(a.stop <= b.start for a, b in pairwise(ranges))


def test_suggested_instructions_all_fire():
    found = suggested_instructions(World(2, 640, 480), seconds=45.0)
    assert len(found) == len(FAMILIES)
    assert suggested_instructions(World(2, 320, 240), seconds=45.0) == found


def test_worlds_need_no_torch():
    code = (
        'import sys, streamo_ros.worlds as w; w.draw_episode(3).render(0); '
        'sys.exit("torch" in sys.modules)'
    )
    assert subprocess.run([sys.executable, '-c', code], check=False).returncode == 0
