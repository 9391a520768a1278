# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The thresholds that a ModelInfo names, as the page and the event log have them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from streamo_ros.config.params_file import effective
from streamo_ros.report.run_rows import StreamRow
from streamo_ros.report.run_rows import thresholds_of


def told(parameters: str) -> dict:
    """The thresholds that are read from a ModelInfo with such parameters."""
    names = ('model_id', 'model', 'architecture', 'protocol', 'dtype', 'device')
    more = ('vision_backend', 'vision_backend_version')
    sizes = ('tokens_per_frame', 'context_capacity', 'image_width', 'image_height')
    message = SimpleNamespace(
        **dict.fromkeys((*names, *more), ''),
        **dict.fromkeys(sizes, 0),
        sampling_rate=1.0,
        parameters=parameters,
    )
    return dict(StreamRow.from_message(message, '/camera').thresholds)


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
    values = effective(given)
    assert told(values.yaml()) == thresholds_of(values.all()) == wanted


def test_what_was_recorded_before_there_was_a_hysteresis_had_none():
    old = 'thresholds.response: 0.7\nthresholds.standby: 0.1\n'
    assert told(old)['hysteresis'] == 0


@pytest.mark.parametrize('text', ['', '[1]', '{', 'thresholds.response: high'])
def test_what_says_nothing_of_thresholds_gives_none(text):
    assert told(text) == {}
