# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The table of parameters: what is refused, with which sentence."""

from __future__ import annotations

from array import array
from dataclasses import replace
from datetime import date

import pytest
import yaml

from streamo_ros.config.parameter import ParameterError
from streamo_ros.config.parameter_table import TABLE
from streamo_ros.config.parameters import check_change
from streamo_ros.config.parameters import markdown
from streamo_ros.config.parameters import NAMES
from streamo_ros.config.parameters import unknown
from streamo_ros.config.params_file import effective
from streamo_ros.config.params_file import read_parameters
from streamo_ros.config.settings import assistant_settings
from streamo_ros.config.settings import check_settings
from streamo_ros.config.settings import Values
from streamo_ros.core.interface import BackboneInfo

PLAIN = BackboneInfo('id', 'name', 'architecture', 'special_tokens', 'float32', 'cpu')


def test_every_default_is_allowed_and_every_row_says_what_it_does() -> None:
    for row in TABLE:
        assert row.check(row.default) == row.default
        assert row.text.endswith('.')
    assert len(NAMES) == len(TABLE)


@pytest.mark.parametrize(
    ('name', 'value', 'sentence'),
    [
        ('sampling.rate', -1.0, 'sampling.rate is -1.0: 0 to 60 is allowed'),
        ('sampling.rate', None, 'sampling.rate is empty: give a number'),
        ('sampling.rate', True, 'sampling.rate is true: give a number'),
        ('sampling.rate', date(2024, 1, 2), 'sampling.rate is 2024-01-02: give a number'),
        ('sampling.rate', 'fast', "sampling.rate is 'fast': give a number, such as 0.0"),
        ('thresholds.response', 1.5, '0 to 1 is allowed'),
        ('generation.budget', 2.5, 'give a whole number'),
        ('generation.budget', True, 'give a whole number'),
        ('model.device', 'tpu', 'choose one of auto, cpu, cuda'),
        ('publish.response_delta', 'yes', 'give a boolean'),
        ('instructions', 'one text', 'give a list of strings'),
        ('instructions', array('q', [1, 2]), 'instructions is [1, 2]: give a list of strings'),
        ('instructions', ['fine', 'x' * 2001], '2001 characters'),
        ('instructions', ['say </Silence>'], 'control token'),
    ],
)
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


def test_what_a_parameter_is_already_is_no_change_and_never_refused() -> None:
    given = {'model.path': '/models/mine', 'sampling.max_gap': 60.0, 'thresholds.standby': 0.5}
    values = Values(given)
    assert values.change({**given, 'sampling.max_gap': 60}, unconfigured=False) == {}
    for name, value in (('model.path', '/models/other'), ('journal.context', 0)):
        with pytest.raises(ParameterError):
            values.change({**given, name: value}, unconfigured=False)


def test_a_misspelt_name_is_found_and_corrected() -> None:
    assert 'did you mean sampling.rate' in unknown(['use_sim_time', 'sampling.rates'])
    assert not unknown(['use_sim_time', 'qos_overrides./image.subscription.depth', 'model.path'])


def test_no_value_is_a_prefix_of_another_so_that_a_dump_can_be_loaded() -> None:
    for name in NAMES:
        assert [other for other in NAMES if other.startswith(f'{name}.')] == []


def test_a_dump_is_read_as_it_was_written(tmp_path) -> None:
    values = Values({'instructions': ('the kettle',), 'max_instructions': 3}).all()
    # What `ros2 param dump` makes of dotted names.
    nested: dict = {}
    for name, value in values.items():
        *groups, last = name.split('.')
        branch = nested
        for group in groups:
            branch = branch.setdefault(group, {})
        branch[last] = list(value) if isinstance(value, tuple) else value
    path = tmp_path / 'dump.yaml'
    path.write_text(yaml.safe_dump({'/streamo': {'ros__parameters': nested}}))
    assert effective(read_parameters(path)).all() == values


def test_an_old_name_is_refused_with_the_new_one(tmp_path) -> None:
    path = tmp_path / 'old.yaml'
    path.write_text('/**: {ros__parameters: {instructions: {capacity: 4}}}')
    with pytest.raises(ParameterError, match=r'instructions\.capacity is now called max_instr'):
        effective(read_parameters(path))
    assert 'did you mean sampling.rate?' in unknown(['sampling_rate'])


def test_the_documented_table_names_every_parameter() -> None:
    table = markdown()
    assert all(f'| `{row.name}` |' in table for row in TABLE)
    assert len({line.count(' | ') for line in table.splitlines()} - {0}) == 1


@pytest.mark.parametrize(
    ('given', 'asked', 'gate', 'refused'),
    [
        ({'thresholds.hysteresis': 0.3}, 0.0, '', ''),
        ({'thresholds.hysteresis': 0.3, 'thresholds.response': 0.4}, 0.0, '', ''),
        ({'thresholds.hysteresis': 0.4, 'thresholds.response': 0.4}, 0.0, '', 'response'),
        # The threshold that the checkpoint asks for counts as well.
        ({'thresholds.hysteresis': 0.3}, 0.2, '', 'response'),
        ({'thresholds.hysteresis': 0.3}, 0.35, 'objects', ''),
        ({'thresholds.hysteresis': 0.5}, 0.35, 'objects', 'activation'),
    ],
)
def test_a_fall_that_cannot_be_is_refused(given, asked, gate, refused) -> None:
    info = replace(PLAIN, response_threshold=asked, gate=gate)
    if not refused:
        check_settings(Values(given), info)
        return
    with pytest.raises(ParameterError, match=f'set thresholds.hysteresis below .*{refused}$'):
        check_settings(Values(given), info)


def test_a_zero_leaves_it_to_the_checkpoint() -> None:
    asks = replace(PLAIN, max_frames=16, max_time=60.0, response_threshold=0.7)
    given = {'context.max_frames': 9, 'context.max_time': 5.0, 'thresholds.response': 0.4}
    left, told = (assistant_settings(Values(values), asks) for values in ({}, given))
    assert (left.limits.max_frames, left.limits.max_time, left.thresholds.response) == (
        16,
        60.0,
        0.7,
    )
    assert (told.limits.max_frames, told.limits.max_time, told.thresholds.response) == (
        9,
        5.0,
        0.4,
    )
