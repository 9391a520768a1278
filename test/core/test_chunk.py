# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames that leave in whole chunks, and lanes that do so at different times."""

from __future__ import annotations

from streamo_ros.core.eviction import Action
from streamo_ros.core.eviction import TurnSize
from streamo_ros.core.eviction import WindowLimits
from streamo_ros.core.eviction.chunk import ChunkPolicy

LIMITS = WindowLimits(capacity=10_000, sink=50, max_frames=16, max_answers=2)


def rollovers(policy, frames=100, limits=LIMITS):
    """The frames before which something left, and how many frames stayed each time."""
    turns, found = [], []
    for at in range(frames):
        actions = policy.plan(turns, 40, limits)
        if actions is not None:
            kept = zip(turns, actions, strict=True)
            turns = [turn for turn, action in kept if action is Action.KEEP]
            found.append((at, len(turns)))
        turns.append(TurnSize(40, 20, False))
    return found


def test_a_chunk_ends_when_it_is_full_and_the_newest_quarter_stays():
    assert rollovers(ChunkPolicy()) == [(at, 4) for at in range(16, 100, 12)]


def test_lanes_that_began_together_roll_over_one_after_the_other():
    policy = ChunkPolicy()
    times = [[at for at, _ in rollovers(policy.for_lane(lane, 4))] for lane in range(4)]
    assert [first[0] for first in times] == [16, 13, 10, 7]
    assert len({at for lane in times for at in lane}) == sum(map(len, times))


def test_a_chunk_ends_early_where_tokens_are_short():
    limits = WindowLimits(capacity=50 + 8 * 40, sink=50, max_frames=100, max_answers=2)
    assert rollovers(ChunkPolicy(), 30, limits) == [(8, 2), (14, 2), (20, 2), (26, 2)]


def test_answers_outlive_their_frames():
    turns = [TurnSize(60, 20, True), *[TurnSize(40, 20, False)] * 15]
    actions = ChunkPolicy().plan(turns, 40, LIMITS)
    assert actions == (Action.STRIP, *[Action.DROP] * 11, *[Action.KEEP] * 4)
