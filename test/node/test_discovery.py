# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What lock-step takes for the node's sampling."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

from rclpy.parameter import Parameter

from streamo_ros.core.frame import SECOND
from streamo_ros.node.discovery import find_sampler


def test_a_number_that_was_set_as_an_integer_is_one() -> None:
    def ask(*_: object, names: list[str]) -> SimpleNamespace:
        values = (2, 1.5, 3600)
        pairs = zip(names, values, strict=True)
        return SimpleNamespace(
            values=[Parameter(name, value=value).get_parameter_value() for name, value in pairs]
        )

    sampler = find_sampler(SimpleNamespace(ask=ask), '/streamo')
    assert sampler.rate == Fraction(2)
    assert sampler.reorder_tolerance == 1.5 * SECOND
    assert sampler.max_gap == 3600 * SECOND
