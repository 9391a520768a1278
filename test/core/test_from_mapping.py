# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Settings read from YAML become a dataclass, or one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Literal

import pytest

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.from_mapping import from_mapping


@dataclass(frozen=True)
class Inner:
    rate: float = 1.0
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outer:
    output: str
    steps: int = 3
    kind: Literal['a', 'b'] = 'a'
    merge: bool = False
    rates: tuple[float, ...] = ()
    inner: Inner = field(default_factory=Inner)
    other: dict[str, Any] = field(default_factory=dict)


def test_values_get_the_types_of_their_fields():
    values = {
        'output': 'runs/x',
        'merge': True,
        'rates': [1, '5e-1'],
        'inner': {'rate': '1e-5', 'names': 'one'},
        'other': {'deep': {'learning_rate': '1e-5', 'word': 'e5'}},
    }
    assert from_mapping(Outer, values, StreamoError) == Outer(
        output='runs/x',
        merge=True,
        rates=(1.0, 0.5),
        inner=Inner(1e-5, ('one',)),
        other={'deep': {'learning_rate': 1e-5, 'word': 'e5'}},
    )


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        ({'speed': 1}, 'unknown setting speed: choose from inner, kind, merge'),
        ({'inner': {'speed': 1}}, r'unknown setting inner\.speed: choose from names, rate'),
        ({'inner': 3}, 'inner must be a mapping, not 3'),
        ({'inner': {'rate': 'fast'}}, r"inner\.rate is 'fast', not a number"),
        ({'kind': 'c'}, "kind is 'c': choose from 'a', 'b'"),
        ({'steps': 2.5}, 'steps is 2.5, not a whole number'),
        ({'steps': None}, 'steps is None, not a whole number'),
        ({'merge': 'no'}, "merge is 'no', not true or false"),
        ({'rates': 1}, 'rates is 1, not a list'),
        ({'output': 7}, 'output is 7, not a string'),
    ],
)
def test_what_does_not_fit_is_one_sentence(change, sentence):
    with pytest.raises(StreamoError, match=sentence):
        from_mapping(Outer, {'output': 'x', **change}, StreamoError)


def test_a_missing_setting_is_named():
    with pytest.raises(StreamoError, match='output is missing'):
        from_mapping(Outer, {}, StreamoError)
    with pytest.raises(StreamoError, match='the configuration must be a mapping'):
        from_mapping(Outer, ['output'], StreamoError)
