# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The thresholds that a ModelInfo names, as the page and the event log have them."""

from __future__ import annotations

import pytest

from streamo_ros.config.params_file import effective
from streamo_ros.report.run_rows import thresholds_of


@pytest.mark.parametrize(
    ('given', 'wanted'),
    [
        ({}, {'standby': 0.0, 'response': 0.0, 'hysteresis': 0.0, 'gate': False}),
        (
            {'thresholds.response': 0.7, 'thresholds.hysteresis': 0.2},
            {'standby': 0.0, 'response': 0.7, 'hysteresis': 0.2, 'gate': False},
        ),
        (
            {'model.gate': 'objects', 'thresholds.activation': 0.4, 'thresholds.response': 0.7},
            {'standby': 0.0, 'response': 0.4, 'hysteresis': 0.0, 'gate': True},
        ),
    ],
)
def test_thresholds_in_effect_are_read_from_what_a_node_publishes(given, wanted):
    assert thresholds_of(effective(given).yaml()) == wanted


def test_what_was_recorded_before_there_was_a_hysteresis_had_none():
    old = 'thresholds.response: 0.7\nthresholds.standby: 0.1\n'
    assert thresholds_of(old)['hysteresis'] == 0


@pytest.mark.parametrize('text', ['', '[1]', '{', 'thresholds.response: high'])
def test_what_says_nothing_of_thresholds_gives_none(text):
    assert thresholds_of(text) == {}
