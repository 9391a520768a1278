# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The towers' kernels give what torch gives: natively on a GPU, interpreted without one."""

from __future__ import annotations

import copy
import json

import pytest
import torch
from torch import nn

from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.engine.selftest import probe
from streamo_ros.backbone.vision.tower_operators import Norm
from streamo_ros.backbone.vision.tower_operators import PlainTowerOperators

kernels = pytest.importorskip(
    'streamo_ros.backbone.vision.tower_kernels', reason='Triton is missing'
)

DEVICE = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
FORMATS = [torch.float32, torch.float16]
if DEVICE.type == 'cuda':
    FORMATS.append(torch.bfloat16)  # the interpreter cuts off where a GPU rounds
# 3 x 5 has windows of four sizes, 4 x 4 of one. Interpreted, a tower takes half a minute.
GRIDS = {
    'uneven windows': (3, 5),
    'equal windows': pytest.param((4, 4), marks=() if DEVICE.type == 'cuda' else pytest.mark.slow),
}
plain, fused = PlainTowerOperators(), kernels.FusedTowerOperators()


def noise(*shape, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(DEVICE, dtype)


def close(found, expected):
    half = found.dtype != torch.float32
    bound = {torch.bfloat16: 2e-2, torch.float16: 3e-3}.get(found.dtype, 1e-5)
    torch.testing.assert_close(found.float(), expected.float(), atol=bound, rtol=8e-3 * half)


class RmsNorm(nn.Module):
    """As transformers has it."""

    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(noise(size))
        self.variance_epsilon = 1e-6


def make_norm(size, centered):
    layer = nn.LayerNorm(size, eps=1e-6)
    nn.init.normal_(layer.weight)
    nn.init.normal_(layer.bias)
    return Norm(layer if centered else RmsNorm(size)).to(DEVICE).requires_grad_(False)


@pytest.mark.parametrize('dtype', FORMATS)
@pytest.mark.parametrize('centered', [False, True], ids=['rms', 'layer'])
@pytest.mark.parametrize('size', [48, 128, 1280])
def test_a_residual_sum_and_its_norm(size, centered, dtype):
    norm = make_norm(size, centered).to(dtype)
    x, added, scale = (noise(*shape, dtype=dtype) for shape in ((5, size), (5, size), (size,)))
    x = x + 5  # a mean, which a layer norm takes away
    for more, factor in ((None, None), (added, None), (added, scale)):
        total, normed = fused.add_norm(x.clone(), more, factor, norm)
        single = [None if part is None else part.float() for part in (more, factor)]
        expected = plain.add_norm(x.float(), *single, copy.deepcopy(norm).float())[0]
        torch.testing.assert_close(total.float(), expected, atol=1e-5, rtol=8e-3)
        # The norm is that of the rounded sum.
        close(normed, copy.deepcopy(norm).float()(total.float()))


@pytest.mark.parametrize('dtype', FORMATS)
@pytest.mark.parametrize('width', [64, 1088])
def test_the_product_of_a_gated_mlp(width, dtype):
    gate_up = noise(3, 2 * width, dtype=dtype)
    close(fused.gate(gate_up), plain.gate(gate_up.float()))


@pytest.mark.parametrize('dtype', FORMATS)
@pytest.mark.parametrize(('heads', 'dim'), [(2, 24), (4, 32), (16, 72), (16, 80), (3, 64)])
def test_rotation_in_place(heads, dim, dtype):
    qkv = noise(6, 3, heads, dim, dtype=dtype)
    angle = noise(6, dim // 2)
    cos, sin = torch.cat([angle.cos()] * 2, -1), torch.cat((-angle.sin(), angle.sin()), -1)
    expected = plain.rotate(qkv.float(), cos, sin)
    found = fused.rotate(qkv, cos, sin)
    for one, other in zip(found, expected, strict=True):
        close(one, other)
        assert one.data_ptr() >= qkv.data_ptr()


def make_tower(checkpoint, sizes, device, dtype=torch.float32):
    found = read_checkpoint(checkpoint)
    config = json.loads((checkpoint / 'config.json').read_text())
    if 'image_grid_pinpoints' in config:
        pytest.skip('the frames of this family have one size')
    patch = config['vision_config']['patch_size']
    grid = Grid(*sizes, patch[0] if isinstance(patch, list) else patch, 2)
    model = found.model(device, dtype, layers=False)
    return find_family(found.architecture).tower(model, grid)


@pytest.mark.parametrize('sizes', GRIDS.values(), ids=GRIDS)
def test_a_tower_of_kernels_equals_the_plain_one(tower_checkpoint, sizes):
    tower = make_tower(tower_checkpoint, sizes, DEVICE)
    patches = probe(tower.grid)
    with torch.inference_mode():
        expected = make_tower(tower_checkpoint, sizes, torch.device('cpu'))(patches)
        tower.operators = fused
        found = tower(patches.to(DEVICE))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one.cpu(), other, atol=1e-4, rtol=1e-4)


@pytest.mark.gpu
@pytest.mark.skipif(DEVICE.type != 'cuda', reason='needs a CUDA device')
@pytest.mark.parametrize('sizes', GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_a_tower_in_half_precision_stays_near_float32_on_the_cpu(tower_checkpoint, sizes, dtype):
    tower = make_tower(tower_checkpoint, sizes, DEVICE, dtype)
    assert isinstance(tower.operators, kernels.FusedTowerOperators)
    patches = probe(tower.grid)
    with torch.inference_mode():
        expected = make_tower(tower_checkpoint, sizes, torch.device('cpu'))(patches)
        found = tower(patches.to(DEVICE, dtype))
    for one, other in zip(found, expected, strict=True):
        error = (one.cpu().float() - other).norm() / other.norm()
        assert error < (3e-2 if dtype == torch.bfloat16 else 5e-3)
