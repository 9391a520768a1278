# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What leaves a window as the released runtimes of other checkpoints have it."""

from __future__ import annotations

from streamo_ros.core.eviction import Action
from streamo_ros.core.eviction import TurnSize
from streamo_ros.core.eviction import WindowLimits
from streamo_ros.core.eviction.oldest import OldestPolicy
from streamo_ros.core.eviction.restart import RestartPolicy
from streamo_ros.core.eviction.rewrite import RewritePolicy

LIMITS = WindowLimits(capacity=10_000, sink=50, max_frames=45, max_answers=8)
SILENT, SPOKEN, TEXT = TurnSize(40, 20, False), TurnSize(60, 20, True), TurnSize(40, 0, True)


def test_the_oldest_step_leaves_whole_even_if_it_was_answered():
    turns = [SPOKEN, *[SILENT] * 44]
    assert OldestPolicy().plan(turns, 40, LIMITS) == (Action.DROP, *[Action.KEEP] * 44)
    assert OldestPolicy().plan(turns[:44], 40, LIMITS) is None


def test_more_of_the_oldest_leave_where_tokens_are_short():
    limits = WindowLimits(capacity=50 + 4 * 40, sink=50, max_frames=45, max_answers=8)
    plan = OldestPolicy().plan([SILENT] * 6, 40, limits)
    assert plan == (*[Action.DROP] * 3, *[Action.KEEP] * 3)


def test_a_full_window_starts_over():
    assert RestartPolicy().plan([SILENT] * 44, 40, LIMITS) is None
    assert RestartPolicy().plan([SPOKEN] * 45, 40, LIMITS) == (Action.DROP,) * 45


def test_of_45_rounds_30_stay_and_older_answers_become_text():
    turns = [SPOKEN, *[SILENT] * 9, *[SPOKEN] * 2, *[SILENT] * 33]
    assert RewritePolicy().plan(turns[:44], 40, LIMITS) is None
    plan = RewritePolicy().plan(turns, 40, LIMITS)
    silent = (Action.DROP,) * 9
    old = (Action.STRIP, *silent, Action.STRIP, Action.STRIP, *[Action.DROP] * 4)
    # The coming round is the thirtieth.
    assert plan == (*old, *[Action.KEEP] * 29)


def test_the_first_and_the_last_three_answers_are_kept_as_text():
    turns = [*[TEXT] * 4, *[SPOKEN] * 45]
    plan = RewritePolicy().plan(turns, 40, LIMITS)
    assert plan is not None
    assert [at for at, action in enumerate(plan) if action is Action.STRIP] == [0, 17, 18, 19]


def test_a_window_without_room_is_emptied_rather_than_overrun():
    limits = WindowLimits(capacity=100, sink=50, max_frames=45, max_answers=8)
    assert RewritePolicy().plan([SPOKEN], 40, limits) == (Action.DROP,)
