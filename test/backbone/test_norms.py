# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The RMS norm of the CPU path: torch's numbers, and torch's own elsewhere."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from streamo_ros.backbone.norms import rms_norm


@pytest.mark.parametrize('scale', [0.0, 1e-6, 1e-3, 1.0, 1e4])
@pytest.mark.parametrize('shape', [(33, 128), (5, 4, 32)])
def test_its_numbers_are_those_of_torch(scale, shape):
    x = torch.randn(shape) * scale
    weight = torch.rand(shape[-1]) + 0.5
    before = x.clone()
    with torch.inference_mode():
        found = rms_norm(x, weight, 1e-6)
    torch.testing.assert_close(found, F.rms_norm(x, weight.shape, weight, 1e-6))
    assert torch.equal(x, before)


def test_what_is_not_a_number_stays_none():
    x = torch.ones(2, 8)
    x[1, 3] = torch.nan
    with torch.inference_mode():
        found = rms_norm(x, torch.ones(8), 1e-6)
    assert found[0].isfinite().all()
    assert found[1].isnan().all()


def test_bfloat16_is_left_to_torch():
    x, weight = torch.randn(3, 64).bfloat16(), torch.ones(64).bfloat16()
    with torch.inference_mode():
        assert torch.equal(rms_norm(x, weight, 1e-6), F.rms_norm(x, (64,), weight, 1e-6))


def test_gradients_pass():
    x = torch.randn(3, 64, requires_grad=True)
    rms_norm(x, torch.ones(64), 1e-6).sum().backward()
    assert x.grad is not None
