# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Thresholds and eligibility."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from streamo_ros.core.decision import decide
from streamo_ros.core.decision import probabilities
from streamo_ros.core.decision import redecide
from streamo_ros.core.decision import Sample
from streamo_ros.core.decision import Thresholds
from streamo_ros.core.protocol import State


def test_probabilities_sum_to_one_and_do_not_overflow() -> None:
    chances = probabilities(np.array([1000.0, 1000.0, 0.0], np.float32))
    assert chances == pytest.approx((0.5, 0.5, 0.0))


def test_nan_stays_nan() -> None:
    assert all(map(math.isnan, probabilities(np.array([np.nan, 0, 0], np.float32))))


@pytest.mark.parametrize(
    ('chances', 'thresholds', 'state'),
    [
        ((0.5, 0.3, 0.2), Thresholds(), State.SILENCE),
        ((0.3, 0.4, 0.3), Thresholds(), State.STANDBY),
        ((0.3, 0.3, 0.4), Thresholds(), State.RESPONSE),
        ((0.1, 0.2, 0.7), Thresholds(response=0.8), State.STANDBY),
        ((0.6, 0.1, 0.3), Thresholds(response=0.25), State.RESPONSE),
        ((0.6, 0.3, 0.1), Thresholds(standby=0.25), State.STANDBY),
        ((0.6, 0.2, 0.2), Thresholds(standby=0.25, response=0.25), State.SILENCE),
    ],
)
def test_thresholds(chances: tuple, thresholds: Thresholds, state: State) -> None:
    assert decide(chances, thresholds) is state


def test_no_response_during_a_cooldown() -> None:
    assert decide((0.1, 0.2, 0.7), Thresholds(), may_respond=False) is State.STANDBY
    assert decide((0.2, 0.1, 0.7), Thresholds(), may_respond=False) is State.SILENCE


def responses(rises: list[float], thresholds: Thresholds) -> list[int]:
    """Which of the frames are answered, by p(Response); the rest is Silence's."""
    samples = [Sample(at, (1 - rise, 0.0, rise)) for at, rise in enumerate(rises)]
    states = redecide(samples, thresholds)
    return [at for at, state in enumerate(states) if state is State.RESPONSE]


@pytest.mark.parametrize(
    ('rises', 'hysteresis', 'answered'),
    [
        # Off: every frame that reaches the threshold.
        ([0.2, 0.8, 0.9, 0.55, 0.8], 0.0, [1, 2, 4]),
        # It swings about the threshold: one event.
        ([0.2, 0.8, 0.55, 0.8, 0.5, 0.9], 0.125, [1]),
        # It has fallen, and rises again.
        ([0.2, 0.8, 0.45, 0.8, 0.9], 0.125, [1, 3]),
        # It must fall below 0.475; on it is not below.
        ([0.8, 0.475, 0.8], 0.125, [0]),
        # Before the first Response nothing has to fall.
        ([0.6, 0.6], 0.59, [0]),
    ],
)
def test_after_a_response_the_probability_must_fall(
    rises: list[float], hysteresis: float, answered: list[int]
) -> None:
    assert responses(rises, Thresholds(response=0.6, hysteresis=hysteresis)) == answered


def test_where_the_most_probable_state_decides_it_must_fall_below_that_one() -> None:
    # Silence has 1 - p: the margin is 1 - 2 p.
    thresholds = Thresholds(hysteresis=0.25)
    assert responses([0.8, 0.45, 0.8, 0.4, 0.8, 0.37, 0.8], thresholds) == [0, 6]


def test_with_a_gate_its_score_must_fall() -> None:
    thresholds = Thresholds(0.2, 0.5, True, 0.125)
    assert responses([0.6, 0.4, 0.6, 0.3, 0.6], thresholds) == [0, 4]
    states = redecide([Sample(at, (0.0, 0.0, 0.6)) for at in range(2)], thresholds)
    assert states == [State.RESPONSE, State.STANDBY]


def test_frames_without_probabilities_are_no_fall_and_a_new_stream_is_a_new_event() -> None:
    high = (0.1, 0.0, 0.9)
    samples = [Sample(1, high), Sample(2, None), Sample(3, high), Sample(1, high, 2)]
    states = redecide(samples, Thresholds(response=0.5, hysteresis=0.1))
    assert [int(state) for state in states] == [3, 0, 1, 3]


@pytest.mark.parametrize(
    ('given', 'wanted'),
    [
        ({}, Thresholds(0.175, 0.35, True)),
        ({'activation': 0.5}, Thresholds(0.25, 0.5, True)),
        ({'activation': 0.5, 'standby': 0.1, 'response': 0.9}, Thresholds(0.1, 0.5, True)),
    ],
)
def test_with_a_gate_its_own_threshold_counts(given: dict, wanted: Thresholds) -> None:
    info = SimpleNamespace(gate='objects', response_threshold=0.35)
    assert Thresholds.for_model(info, **given) == wanted


def test_every_kind_of_answer_is_a_response() -> None:
    """A dialect may tell remarks and summaries from answers: their logits follow the states'."""
    logits = np.log(np.array([0.4, 0.1, 0.1, 0.15, 0.25], np.float32))
    chances = probabilities(logits)
    assert chances == pytest.approx((0.4, 0.1, 0.5))
    assert decide(chances, Thresholds()) is State.RESPONSE
