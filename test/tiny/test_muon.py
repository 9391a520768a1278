# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Muon in single precision does what torch's own does."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from streamo_ros.tiny.muon import Muon
from streamo_ros.tiny.muon import orthogonal


@pytest.mark.parametrize('shape', [(3, 32, 32), (2, 48, 24), (2, 24, 48)])
def test_singular_values_end_near_one(shape):
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
    assert values.min() > 0.3
    assert values.max() < 1.3


def test_steps_are_those_of_torch_but_for_rounding():
    torch.manual_seed(1)
    own, theirs = (nn.Parameter(torch.eye(40, 24)) for _ in range(2))
    ours = Muon([own], lr=0.01)
    reference = torch.optim.Muon(
        [theirs], lr=0.01, weight_decay=0.02, momentum=0.95, adjust_lr_fn='match_rms_adamw'
    )
    for _ in range(4):
        gradient = torch.randn(40, 24)
        for parameter, optimizer in ((own, ours), (theirs, reference)):
            parameter.grad = gradient.clone()
            optimizer.step()
    moved = (theirs - torch.eye(40, 24)).norm()
    assert (own - theirs).norm() < 0.05 * moved
