# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whoever serves a checkpoint otherwise than it was trained is told so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.trained_service import service_remarks

INFO = BackboneInfo('id', 'mine', 'a', 'special_tokens', 'float32', 'cpu')
TRAINED = replace(INFO, max_frames=16, max_time=600.0, sampling_rate=2.0, max_pixels=50176)


def test_what_it_was_trained_with_needs_no_remark():
    limits = ContextLimits.for_checkpoint(TRAINED)
    assert not service_remarks(TRAINED, limits, 2.0, 0)
    assert not service_remarks(TRAINED, limits, 2.0, 50176)
    # A checkpoint that asks for nothing may be served in any way.
    assert not service_remarks(INFO, ContextLimits(7, max_time=3), 5.0, 9)


@pytest.mark.parametrize(
    ('limits', 'rate', 'pixels', 'name'),
    [
        (ContextLimits(120, max_time=600), 2.0, 0, 'context.max_frames'),
        (ContextLimits(16, max_time=60), 2.0, 0, 'context.max_time'),
        (ContextLimits(16, max_time=600), 1.0, 0, 'sampling.rate'),
        (ContextLimits(16, max_time=600), 2.0, 100352, 'model.max_pixels'),
    ],
)
def test_each_difference_is_a_sentence(limits, rate, pixels, name):
    (remark,) = service_remarks(TRAINED, limits, rate, pixels)
    assert remark.startswith('mine was trained with ')
    assert f'set {name} to 0' in remark
