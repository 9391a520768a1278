# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Products with packed weights or in parts: the same numbers as in one."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from streamo_ros.backbone.products import divide_products
from streamo_ros.backbone.products import DividedLinear
from streamo_ros.backbone.products import divides
from streamo_ros.backbone.products import LARGE
from streamo_ros.backbone.products import PackedProduct
from streamo_ros.backbone.products import packs
from streamo_ros.backbone.products import PART
from streamo_ros.backbone.products import product


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.inference_mode():
        yield
    torch.set_num_threads(before)


def large(inputs: int = 512, extra: int = 100) -> torch.Tensor:
    """Weights that are divided, the last part smaller than the others."""
    parts = -(-LARGE // (inputs * PART))
    return torch.randn(parts * PART + extra, inputs)


@pytest.mark.parametrize('biased', [False, True])
@pytest.mark.parametrize('rows', [2, 38])
def test_parts_give_the_numbers_of_one_product(rows, biased):
    weight, x = large(), torch.randn(rows, 512)
    bias = torch.randn(len(weight)) if biased else None
    assert divides(x, weight)
    torch.testing.assert_close(product(x, weight, bias), F.linear(x, weight, bias))


@pytest.mark.parametrize('biased', [False, True])
@pytest.mark.parametrize('rows', [1, 2, 38, 600])
@pytest.mark.parametrize('weight', [large(), torch.randn(768, 128)], ids=['large', 'small'])
def test_packed_weights_give_the_numbers_of_one_product(weight, rows, biased):
    x = torch.randn(rows, weight.shape[1])
    bias = torch.randn(len(weight)) if biased else None
    packed = PackedProduct(weight, bias)
    # Sums of 512 numbers of deviation 1 in another order.
    torch.testing.assert_close(packed(x), F.linear(x, weight, bias), atol=1e-4, rtol=1e-5)
    assert packed.bytes == weight.nbytes + (bias.nbytes if biased else 0)


def test_a_packed_weight_is_its_own_copy():
    """The checkpoint's may be let go, or be mapped from a file."""
    weight, x = torch.randn(768, 128), torch.randn(4, 128)
    expected = F.linear(x, weight)
    packed = PackedProduct(weight, None)
    weight.zero_()
    torch.testing.assert_close(packed(x), expected)


def test_only_float32_is_packed():
    assert packs(large())
    assert not packs(large().bfloat16())
    assert not packs(large().to('meta'))


@pytest.mark.parametrize(
    ('x', 'weight'),
    [
        (torch.randn(1, 512), large()),
        (torch.randn(600, 512), large()),
        (torch.randn(38, 128), torch.randn(768, 128)),
        (torch.randn(38, 512).bfloat16(), large().bfloat16()),
        (torch.randn(2, 38, 512), large()),
        (torch.randn(38, 4096), torch.randn(PART, 4096)),
    ],
    ids=['one row', 'many rows', 'small weights', 'bfloat16', 'three axes', 'few outputs'],
)
def test_what_gains_nothing_is_one_product(x, weight):
    assert not divides(x, weight)
    assert torch.equal(product(x, weight), F.linear(x, weight))


def test_gradients_are_kept_where_they_are_wanted():
    with torch.inference_mode(mode=False), torch.enable_grad():
        weight = large().clone().requires_grad_()
        x = torch.randn(38, 512)
        assert not divides(x, weight)
        product(x, weight).sum().backward()
        assert weight.grad is not None


def test_only_large_layers_of_a_tower_are_divided_and_share_their_weights():
    tower = nn.Sequential(nn.Linear(512, 4096), nn.GELU(), nn.Linear(4096, 64))
    first, second = tower[0], tower[2]
    x = torch.randn(38, 512)
    before = tower(x)
    divide_products(tower)
    divide_products(tower)
    assert type(tower[0]) is DividedLinear
    assert tower[0].weight is first.weight
    assert tower[0].bias is first.bias
    assert tower[2] is second
    torch.testing.assert_close(tower(x), before)
