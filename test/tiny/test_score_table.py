# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The card's table of events holds what `streamo score` and `streamo calibrate` printed."""

from __future__ import annotations

from streamo_ros.tiny.score_table import COUNTS
from streamo_ros.tiny.score_table import score_table


def figures(name, caught, alarms, hours):
    counts = dict.fromkeys(COUNTS, 0) | {'events': 3, 'caught': caught, 'missed': 3 - caught}
    return counts | {'name': name, 'false_alarms': alarms, 'hours': hours}


RECORDINGS = [
    figures('out/count_1000005', 2, 1, 0.25),
    figures('out/count_1000018', 3, 0, 0.25),
    figures('out/store_aisle.mp4', 1, 2, 0.5),
]
SCORE = figures('', 6, 3, 1.0) | {
    'events': 9,
    'missed': 3,
    'model_id': 'abc',
    'recordings': RECORDINGS,
}
POINT = {'response': 0.4, 'hysteresis': 0.1, 'cooldown': 5.0, 'caught': 7, 'events': 9}
CALIBRATION = {
    'parameter': 'response',
    'wanted_false_alarms_per_hour': 1.0,
    'quietest': 2.5,
    'chosen': POINT | {'alarms': 1, 'hours': 2.0},
    'cross_validated': POINT | {'alarms': 4, 'hours': 2.0},
}


def test_drawn_worlds_are_put_together_by_family_and_clips_are_not():
    table = score_table(SCORE, None, 'abc')
    assert table.startswith('Model `abc`:\n\n| | events | caught |')
    assert '| **all** | 9 | 6 | 0 | 0 | 3 | 0 | 3 | 3.00 | 1.00 |' in table
    assert '| count | 6 | 5 | 0 | 0 | 1 | 0 | 1 | 2.00 | 0.50 |' in table
    assert '| store_aisle | 3 | 1 | 0 | 0 | 2 | 0 | 2 | 4.00 | 0.50 |' in table


def test_thresholds_stand_below_with_their_forecast():
    table = score_table(SCORE, CALIBRATION, 'abc')
    assert '`thresholds.hysteresis` 0.1, `notify.cooldown` 5 s:\n7 of 9 caught, 0.50' in table
    assert 'cross-validated:\n7 of 9 caught, 2.00 false alarms an hour.' in table
    loud = CALIBRATION | {'chosen': None, 'cross_validated': None}
    assert 'no threshold is that quiet; the quietest has 2.50' in score_table(SCORE, loud, 'abc')


def test_figures_of_another_model_are_none():
    assert score_table(SCORE, CALIBRATION, 'other') == 'Not measured.'
    assert score_table(None, CALIBRATION, 'abc') == 'Not measured.'
