# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which frames call for an answer."""

from __future__ import annotations

from fractions import Fraction

import pytest

from streamo_ros.core.protocol import State
from streamo_ros.training.activation.labels import activation_labels
from streamo_ros.training.activation.labels import draw_share
from streamo_ros.training.labeled_dialogue import LabeledTurn

STATES = {'s': State.SILENCE, 't': State.STANDBY, 'r': State.RESPONSE}


def turns(states: str, instruction: str = 'a cup') -> list[LabeledTurn]:
    return [
        LabeledTurn(Fraction(k), Fraction(k + 1), STATES[name], 'A cup.' * (name == 'r'))
        for k, name in enumerate(states)
    ]


@pytest.mark.parametrize(
    ('states', 'share', 'due'),
    [
        ('ssss', 0.5, '....'),
        # Even a share of nothing leaves the frame that shows the whole event.
        ('sttttts', 0.0, '.......'),
        ('stttrs', 0.0, '....x.'),
        ('stttrs', 0.5, '...xx.'),
        ('stttttttttr', 0.3, '........xxx'),
        # An instant has one frame; neighbors do not run together.
        ('srs', 0.5, '.x.'),
        ('trttr', 1.0, 'xxxxx'),
        ('rtttr', 0.5, 'x..xx'),
        # What never ends, or is broken off, calls for nothing.
        ('tttt', 0.5, '....'),
        ('ttsr', 1.0, '...x'),
    ],
)
def test_the_last_part_of_an_event_calls(states, share, due):
    assert activation_labels(turns(states), share) == [mark == 'x' for mark in due]


def test_each_lane_draws_a_share_of_its_own_and_always_the_same():
    lanes = [turns('s' * k + 'tttr') for k in range(40)]
    shares = [draw_share(lane, 0.5, seed=0) for lane in lanes]
    assert shares == [draw_share(lane, 0.5, seed=0) for lane in lanes]
    assert len(set(shares)) == len(lanes)
    assert 0 <= min(shares) < 0.1
    assert 0.4 < max(shares) <= 0.5
    assert shares != [draw_share(lane, 0.5, seed=1) for lane in lanes]
