# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two signs of a wrong threshold, each with its cure."""

from __future__ import annotations

import pytest

from streamo_ros.core.delivery import Held
from streamo_ros.core.events import Decided
from streamo_ros.core.events import HeldBack
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.protocol import State
from streamo_ros.core.sink import Step
from streamo_ros.node.answer_health import AnswerHealth


@pytest.fixture
def watch(frame):
    health = AnswerHealth()

    def take(second, state, response, key=3, active=(3, 4)):
        chances = (1 - response, 0.0, response)
        event = Decided(frame(second), key, state, probabilities=chances)
        instructions = tuple(Instruction(number, 'watch') for number in active)
        health.take(Step((event,), instructions=instructions))
        return health.sentences()

    take.health = health
    return take


def test_never_an_answer_although_one_was_near(watch):
    assert watch(0, State.SILENCE, 0.02) == []
    assert watch(300, State.SILENCE, 0.34) == []
    (sentence,) = watch(600, State.SILENCE, 0.02)
    assert 'instruction 3 has never left Silence in 10 min' in sentence
    assert 'rose to 0.34: set thresholds.response below that' in sentence
    # Once it has left Silence, all is well.
    assert watch(601, State.STANDBY, 0.2) == []
    assert watch(1300, State.SILENCE, 0.3) == []


def test_silence_is_right_where_nothing_was_near(watch):
    for second in (0, 600, 1200):
        assert watch(second, State.SILENCE, 0.05) == []


def test_an_answer_after_every_frame(watch):
    for second in range(9):
        assert watch(second, State.RESPONSE, 0.6 + second / 100) == []
    (sentence,) = watch(9, State.RESPONSE, 0.9)
    assert 'each of its last 10 frames: set thresholds.response above 0.60' in sentence
    assert watch(10, State.STANDBY, 0.3) == []


def test_a_new_stream_starts_over_and_a_canceled_instruction_is_forgotten(watch):
    watch(700, State.SILENCE, 0.3)
    assert watch(0, State.SILENCE, 0.3) == []
    assert watch(600, State.SILENCE, 0.05)
    assert watch(601, State.SILENCE, 0.05, key=4, active=(4,)) == []


def test_what_is_held_back_is_counted_by_its_reason(watch, frame):
    watch.health.take(Step((HeldBack(frame(1), 3, Held.COOLDOWN),)))
    assert watch.health.held == {'cooldown': 1}
