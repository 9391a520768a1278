# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Time tags of training windows: those that a lane has, also after they have restarted."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from streamo_ros.core.frame import Tick
from streamo_ros.core.turn import restarted
from streamo_ros.core.turn import Turn
from streamo_ros.tiny.objects.windows import answer_starts
from streamo_ros.tiny.objects.windows import evicted_count
from streamo_ros.tiny.objects.windows import frame_numbers
from streamo_ros.tiny.objects.windows import MAX_ANSWERS
from streamo_ros.tiny.objects.windows import tag_starts

HALF = Fraction(1, 2)


@pytest.mark.parametrize('seed', range(60))
def test_tags_count_on_and_stay_where_they_are_often_seen(seed):
    rng = np.random.default_rng(seed)
    family = ('ground', 'appear')[seed % 2]
    evicted = evicted_count(family, rng)
    numbers, step = frame_numbers(evicted + 16, rng)
    tags = tag_starts(numbers, evicted, step, rng)
    assert family != 'ground' or tags[0] >= 0
    asked = sorted(rng.choice(evicted, min(MAX_ANSWERS, evicted), replace=False))
    answers = answer_starts([tags[at] for at in asked], tags[: evicted + 1], step, rng)
    shown = [*answers, *tags[evicted:]]
    assert shown == sorted(set(shown))
    assert shown[0] >= 0
    assert shown[-1] < 60


def test_answers_stand_where_a_restart_puts_them():
    rng = np.random.default_rng(5)
    frames = [number * HALF for number in range(-30, 41)]
    given = [frames[3], frames[20], frames[55]]
    moved = answer_starts(given, frames, HALF, rng)
    since = next(frame for frame in frames if frame > moved[1])
    old = sum(start < since for start in given)
    # The same by the engine: a restart whose first frame that stays is `since`.
    turns = [Turn(_ticks(start), (), answered=True) for start in given[:old]]
    seen = Turn(_ticks(since), (object(),))
    now = _ticks(since + Fraction(20))[0]
    kept = restarted([*turns, seen], now, Fraction(60))
    assert [turn.tick.start for turn in kept[:-1]] == moved[:old]
    assert moved[old:] == given[old:]


def test_nothing_is_moved_that_has_a_tag_still():
    rng = np.random.default_rng(0)
    frames = [number * HALF for number in range(20)]
    drawn = [answer_starts([frames[2]], frames, HALF, rng)[0] for _ in range(40)]
    assert frames[2] in drawn
    assert len(set(drawn)) > 5
    assert answer_starts([], frames, HALF, rng) == []


def _ticks(start: Fraction) -> tuple[Tick, ...]:
    return (Tick(int(start * 10**9), start, start + HALF, 0, 1),)
