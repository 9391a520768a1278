# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The towers' kernels give what torch gives: natively on a GPU, interpreted without one."""

from __future__ import annotations

import copy
import importlib
import json

import pytest
import torch
from torch import nn

from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.engine.selftest import probe
from streamo_ros.backbone.vision.tower_norm import Norm
from streamo_ros.backbone.vision.tower_operators import PlainOperators
from streamo_ros.backbone.vision.windows import find_windows

kernels = pytest.importorskip(
    'streamo_ros.backbone.vision.tower_kernels', reason='Triton is missing'
)
window_kernels = importlib.import_module('streamo_ros.backbone.vision.window_kernels')

DEVICE = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
FORMATS = [torch.float32, torch.float16]
if DEVICE.type == 'cuda':
    FORMATS.append(torch.bfloat16)  # the interpreter cuts off where a GPU rounds
# 3 x 5 has windows of four sizes, 4 x 4 of one.
GRIDS = {'uneven windows': (3, 5), 'equal windows': (4, 4)}
plain, fused = PlainOperators(), kernels.FusedOperators()


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


SHAPES = [(2, 24), (4, 32), (16, 72), (16, 80), (3, 64)]
"""Heads and their dimension."""


def angles(patches, dim):
    angle = noise(patches, dim // 2)
    return torch.cat([angle.cos()] * 2, -1), torch.cat((-angle.sin(), angle.sin()), -1)


@pytest.mark.parametrize('dtype', FORMATS)
@pytest.mark.parametrize(('heads', 'dim'), SHAPES)
def test_rotation_in_place(heads, dim, dtype):
    qkv, (cos, sin) = noise(6, 3, heads, dim, dtype=dtype), angles(6, dim)
    expected = qkv.float()
    swapped = expected[:, :2].roll(dim // 2, -1)
    expected[:, :2] = expected[:, :2] * cos[:, None, None] + swapped * sin[:, None, None]
    kernels.rotate(qkv, cos, sin)
    close(qkv, expected)


@pytest.mark.parametrize('dtype', FORMATS)
@pytest.mark.parametrize(('heads', 'dim'), SHAPES)
@pytest.mark.parametrize('runs', [[(2, 64)], [(1, 36), (2, 12), (1, 4)], [(3, 4)], [(1, 80)]])
def test_attention_within_windows(runs, heads, dim, dtype):
    patches = sum(count * size for count, size in runs)
    windows = find_windows(runs, DEVICE)
    qkv, (cos, sin) = noise(patches, 3, heads, dim, dtype=dtype), angles(patches, dim)
    qkv[:, 1] += 3  # a bias of the keys, which the softmax takes away
    expected = plain.attend(qkv.float(), cos, sin, windows)
    found = fused.attend(qkv, cos, sin, windows)
    error = (found.float() - expected).norm() / expected.norm()
    assert error < {torch.float32: 1e-5, torch.float16: 2e-3, torch.bfloat16: 1e-2}[dtype]


@pytest.mark.parametrize('queries', [16, 32])
def test_a_window_shared_by_several_programs(queries, monkeypatch):
    monkeypatch.setattr(window_kernels, '_most_queries', lambda device: queries)
    windows = find_windows([(1, 64), (1, 20), (2, 4)], DEVICE)
    qkv, (cos, sin) = noise(92, 3, 2, 80), angles(92, 80)
    close(fused.attend(qkv, cos, sin, windows), plain.attend(qkv, cos, sin, windows))


def make_tower(checkpoint, sizes, device, dtype=torch.float32):
    found = read_checkpoint(checkpoint)
    patch = json.loads((checkpoint / 'config.json').read_text())['vision_config']['patch_size']
    grid = Grid(*sizes, patch[0] if isinstance(patch, list) else patch, 2)
    model = found.model(device, dtype, layers=False)
    return find_family(found.architecture).tower(model, grid)


@pytest.mark.parametrize('sizes', GRIDS.values(), ids=GRIDS)
def test_a_tower_of_kernels_equals_the_plain_one(checkpoint, sizes):
    tower = make_tower(checkpoint, sizes, DEVICE)
    patches = probe(tower.grid)
    with torch.inference_mode():
        expected = make_tower(checkpoint, sizes, torch.device('cpu'))(patches)
        tower.operators = fused
        found = tower(patches.to(DEVICE))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one.cpu(), other, atol=1e-4, rtol=1e-4)


@pytest.mark.gpu
@pytest.mark.skipif(DEVICE.type != 'cuda', reason='needs a CUDA device')
@pytest.mark.parametrize('sizes', GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_a_tower_in_half_precision_stays_near_float32_on_the_cpu(checkpoint, sizes, dtype):
    tower = make_tower(checkpoint, sizes, DEVICE, dtype)
    assert isinstance(tower.operators, kernels.FusedOperators)
    patches = probe(tower.grid)
    with torch.inference_mode():
        expected = make_tower(checkpoint, sizes, torch.device('cpu'))(patches)
        found = tower(patches.to(DEVICE, dtype))
    for one, other in zip(found, expected, strict=True):
        error = (one.cpu().float() - other).norm() / other.norm()
        assert error < (3e-2 if dtype == torch.bfloat16 else 5e-3)


@pytest.mark.gpu
@pytest.mark.skipif(DEVICE.type != 'cuda', reason='needs a CUDA device')
@pytest.mark.parametrize('runs', [[(16, 64)], [(6, 64), (5, 16), (1, 4)]], ids=['448', 'default'])
def test_windows_of_the_published_shape_on_a_gpu(runs):
    patches = sum(count * size for count, size in runs)
    windows, (cos, sin) = find_windows(runs, DEVICE), angles(patches, 80)
    qkv = noise(patches, 3, 16, 80, dtype=torch.bfloat16)
    qkv[:, 1] += 3
    expected = plain.attend(qkv.float(), cos, sin, windows)
    error = (fused.attend(qkv, cos, sin, windows).float() - expected).norm() / expected.norm()
    assert error < 1e-2
