# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Blocks are taken over once, with weights joined and padded, and give the same numbers."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.tower_block import gated_mlp
from streamo_ros.backbone.vision.tower_block import join
from streamo_ros.backbone.vision.tower_block import TowerBlock
from streamo_ros.backbone.vision.tower_operators import PlainOperators


@pytest.mark.parametrize(('width', 'padded'), [(44, 64), (100, 128), (64, 64), (72, 72)])
@pytest.mark.parametrize('bias', [False, True])
def test_a_width_that_a_gpu_cannot_address_is_padded(width, padded, bias):
    gate, up, down = (nn.Linear(*size, bias=bias) for size in ((16, width),) * 2 + ((width, 16),))
    first, last = gated_mlp(gate, up, down)
    assert first.weight.shape == (2 * padded, 16)
    assert last.weight.shape == (16, padded)
    x = torch.randn(5, 16)
    found = last(PlainOperators().gate(first(x)))
    torch.testing.assert_close(found, down(F.silu(gate(x)) * up(x)))


class Quantized(nn.Linear):
    """Has a weight, but not one that may be joined."""


def test_projections_that_cannot_be_joined_are_called_as_they_are():
    parts = nn.Linear(8, 4), Quantized(8, 6), nn.Linear(8, 4, bias=False)
    x = torch.randn(3, 8)
    torch.testing.assert_close(join(*parts)(x), torch.cat([part(x) for part in parts], -1))
    first, last = gated_mlp(Quantized(8, 5), nn.Linear(8, 5), down := nn.Linear(5, 8))
    assert last is down
    assert first(x).shape == (3, 10)


def test_a_missing_bias_is_zero_where_another_has_one():
    parts = nn.Linear(8, 4), nn.Linear(8, 4, bias=False)
    x = torch.randn(3, 8)
    torch.testing.assert_close(join(*parts)(x), torch.cat([part(x) for part in parts], -1))


def test_all_grids_share_the_weights_and_the_originals_are_released(qwen):
    found = read_checkpoint(qwen)
    model = found.model(torch.device('cpu'), torch.float32)
    original = weakref.ref(model.model.visual.blocks[0].mlp.gate_proj)
    family = find_family(found.architecture)
    towers = [family.tower(model, Grid(rows, 2, 14, 2)) for rows in (2, 3)]
    gc.collect()
    assert original() is None
    assert all(isinstance(block, TowerBlock) for block in towers[0].blocks)
    for one, other in zip(towers[0].parameters(), towers[1].parameters(), strict=True):
        assert one is other
