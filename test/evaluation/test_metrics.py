# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every metric against a small case worked out by hand."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations
from itertools import permutations

import pytest

from streamo_ros.core.protocol import State
from streamo_ros.evaluation import metrics
from streamo_ros.training.intervals import is_before
from streamo_ros.training.intervals import named_interval
from streamo_ros.training.intervals import shift_interval

S, B, R, U = State.SILENCE, State.STANDBY, State.RESPONSE, State.UNKNOWN


def test_state_f1_by_hand():
    truth = [S, S, S, S, B, B, R, R]
    found = [S, S, S, B, B, R, R, U]
    table = metrics.confusion(truth, found)
    assert table.tolist() == [[3, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
    # Silence: precision 3/3, recall 3/4: 6/7. Standby: 1/2, 1/2: 1/2. Response: 1/2, 1/2: 1/2.
    assert metrics.state_f1(table) == pytest.approx((6 / 7, 1 / 2, 1 / 2))
    assert metrics.macro_f1(table) == pytest.approx((6 / 7 + 1) / 3)


def test_a_state_that_is_never_due_does_not_count():
    table = metrics.confusion([S, S, R], [S, B, R])
    # Silence 2/3, Response 1; a false Standby costs Silence its recall, not a third class.
    assert metrics.state_f1(table) == (pytest.approx(2 / 3), None, 1.0)
    assert metrics.macro_f1(table) == pytest.approx(5 / 6)


def test_always_silent():
    table = metrics.confusion([S] * 8 + [B, R], [S] * 10)
    assert metrics.macro_f1(table) == pytest.approx((16 / 18) / 3)


@pytest.mark.parametrize(
    ('due', 'said', 'tolerance', 'pairs'),
    [
        ([5], [5], 1, [(0, 0)]),
        ([5], [6], 1, [(0, 0)]),
        ([5], [6.1], 1, []),
        ([5], [6.1], 2, [(0, 0)]),
        ([5], [4, 5, 6], 1, [(0, 1)]),
        ([5, 6], [6], 1, [(1, 0)]),
        ([5, 6], [6, 7], 1, [(0, 0), (1, 1)]),
        ([0, 1], [1, 2], 1, [(0, 0), (1, 1)]),
        ([6, 5], [5.4, 7], 1, [(0, 1), (1, 0)]),
        ([5, 6], [5.4, 7], 1, [(0, 0), (1, 1)]),
        ([], [1], 1, []),
    ],
)
def test_matching_is_one_to_one_and_the_nearest_of_the_largest(due, said, tolerance, pairs):
    assert metrics.match(due, said, tolerance) == pairs


def test_f1():
    # 2 matched of 3 due and 5 said: precision 2/5, recall 2/3.
    assert metrics.f1(2, 3, 5) == pytest.approx(2 * (2 / 5) * (2 / 3) / (2 / 5 + 2 / 3))
    assert metrics.f1(0, 0, 0) is None
    assert metrics.f1(0, 0, 4) == 0.0


@pytest.mark.parametrize(
    ('due', 'said', 'same'),
    [
        ('the red ball', 'the red  ball ', True),
        ('the red ball', 'the Red ball', False),
        ('3', '3.', False),
        ('', '', True),
    ],
)
def test_answers_are_compared_word_by_word(due, said, same):
    assert metrics.same_answer(due, said) is same


@pytest.mark.parametrize(
    ('text', 'found'),
    [
        ('Given event occurred between 34s to 50s.', (34, 50)),
        ('occurs during 48s - 66s', (48, 66)),
        ('from 3.5 seconds until 7 s', (3.5, 7)),
        ('12s to 15s.', (12, 15)),
        ('between 1\u20132', (1, 2)),
        ('3 red balls and a cross', None),
        ('7s to 3s', None),
        ('nothing', None),
        ('It starts at 8s and ends at 10s.', (8, 10)),
        ('00:08 to 01:10', (8, 70)),
        ('start: 3s, end: 7s', (3, 7)),
        ('from second 2 until second 5', (2, 5)),
        ('[34, 50]', (34, 50)),
        ('34~50', (34, 50)),
        ('34s through 50s', (34, 50)),
        ('The event begins at 2.5 seconds and finishes at 4 seconds', (2.5, 4)),
    ],
)
def test_intervals_are_read_tolerantly(text, found):
    assert named_interval(text) == found


def test_interval_iou_by_hand():
    assert metrics.interval_iou((10, 20), (15, 25)) == pytest.approx(5 / 15)
    assert metrics.interval_iou((10, 20), (10, 20)) == 1
    assert metrics.interval_iou((5, 5), (5, 5)) == 1
    assert metrics.interval_iou((10, 20), (20, 30)) == 0
    assert metrics.interval_iou((10, 20), None) == 0


def test_a_duplicate_says_the_same_again_with_nothing_due_between():
    # Due at 5 and 20. 'a' at 5 is right, at 8 again; 'b' at 9 is false but new; 'a' at 20 is due.
    said = [(5.0, 'a'), (8.0, 'a'), (9.0, 'b'), (20.0, 'a')]
    assert metrics.duplicates([5.0, 20.0], said, [(0, 0), (1, 3)]) == 1
    # The answer at 20 comes twice; what was due at 20 is the first one's own.
    said = [(19.0, 'a'), (21.0, 'a')]
    assert metrics.duplicates([20.0], said, [(0, 0)]) == 1
    # An answer due in between, missed, may be answered late: that is no duplicate.
    assert metrics.duplicates([5.0, 10.0], [(5.0, 'a'), (13.0, 'a')], [(0, 0)]) == 0


def test_matching_is_the_largest_there_is():
    rng = random.Random(3)
    for _ in range(200):
        due = [rng.randrange(12) / 2 for _ in range(rng.randrange(5))]
        said = [rng.randrange(12) / 2 for _ in range(rng.randrange(5))]
        pairs = metrics.match(due, said, 1)
        assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
        every = [
            [abs(due[i] - said[j]) for i, j in zip(chosen, order, strict=True)]
            for count in range(min(len(due), len(said)) + 1)
            for chosen in combinations(range(len(due)), count)
            for order in permutations(range(len(said)), count)
        ]
        allowed = [distances for distances in every if max(distances, default=0) <= 1]
        largest = max(len(distances) for distances in allowed)
        least = min(sum(distances) for distances in allowed if len(distances) == largest)
        assert len(pairs) == largest
        assert sum(abs(due[i] - said[j]) for i, j in pairs) == pytest.approx(least)


@pytest.mark.parametrize(
    ('text', 'moved'),
    [
        ('Between 34s to 50s.', 'Between 24s to 40s.'),
        ('from 00:12 to 01:15', 'from 00:02 to 01:05'),
        ('starts at 8s and ends at 12.5s', 'starts at 0s and ends at 2.5s'),
        ('The score is 13 to 14.', 'The score is 13 to 14.'),
        ('[30, 40]', '[20, 30]'),
    ],
)
def test_seconds_move_with_the_tags_and_scores_do_not(text, moved):
    assert shift_interval(text, Fraction(-10)) == moved
    assert not is_before(text, Fraction(9))


def test_overlap_is_found_whenever_it_was_said():
    assert metrics.best_ious([(0, 10)], [None, (0, 5), (0, 10)]) == [1.0]
    assert metrics.best_ious([(0, 10), (20, 30)], [(0, 10)]) == [1.0, 0.0]
    assert metrics.best_ious([(0, 10)], []) == [0.0]
