# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The table of parameters: what is refused, with which sentence."""

from __future__ import annotations

import pytest

from streamo_ros.node.parameters import check_change
from streamo_ros.node.parameters import markdown
from streamo_ros.node.parameters import NAMES
from streamo_ros.node.parameters import ParameterError
from streamo_ros.node.parameters import TABLE
from streamo_ros.node.parameters import unknown


def test_every_default_is_allowed_and_every_row_says_what_it_does() -> None:
    for row in TABLE:
        assert row.check(row.default) == row.default
        assert row.text.endswith('.')
    assert len(NAMES) == len(TABLE)


@pytest.mark.parametrize(('name', 'value', 'sentence'), [
    ('sampling.rate', 0.0, 'sampling.rate is 0.0: 0.01 to 60 is allowed'),
    ('sampling.rate', 'fast', "sampling.rate is 'fast': give a number, for example 1.0"),
    ('thresholds.response', 1.5, '0 to 1 is allowed'),
    ('generation.budget', 2.5, 'give a whole number'),
    ('generation.budget', True, 'give a whole number'),
    ('model.device', 'tpu', 'choose one of auto, cpu, cuda'),
    ('publish.response_delta', 'yes', 'give a boolean'),
    ('instructions', 'one text', 'give a list of strings'),
    ('instructions', ['fine', 'x' * 2001], '2001 characters'),
    ('instructions', ['say </Silence>'], 'control token'),
])
def test_a_wrong_value_is_refused_with_what_is_allowed(name, value, sentence) -> None:
    with pytest.raises(ParameterError, match=name) as refusal:
        check_change({name: value}, unconfigured=True)
    assert sentence in str(refusal.value)


def test_a_whole_number_is_a_number() -> None:
    assert check_change({'sampling.rate': 2}, unconfigured=True) == {'sampling.rate': 2.0}


def test_what_the_model_was_loaded_with_stays_until_cleanup() -> None:
    with pytest.raises(ParameterError, match='clean the node up first'):
        check_change({'model.path': '/models/other'}, unconfigured=False)
    with pytest.raises(ParameterError, match='next start'):
        check_change({'autostart': False}, unconfigured=True)
    assert check_change({'thresholds.standby': 0.5, 'use_sim_time': True}, unconfigured=False) == {
        'thresholds.standby': 0.5
    }


def test_a_misspelt_name_is_found_and_corrected() -> None:
    assert 'did you mean sampling.rate' in unknown(['use_sim_time', 'sampling.rates'])
    assert not unknown(['use_sim_time', 'qos_overrides./image.subscription.depth', 'model.path'])


def test_the_documented_table_names_every_parameter() -> None:
    table = markdown()
    assert all(f'| `{row.name}` |' in table for row in TABLE)
    assert len({line.count(' | ') for line in table.splitlines()} - {0}) == 1
