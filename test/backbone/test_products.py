# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Products with packed weights: the same numbers as torch's own."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from streamo_ros.backbone.products import LARGE
from streamo_ros.backbone.products import pack_products
from streamo_ros.backbone.products import PackedLinear
from streamo_ros.backbone.products import PackedProduct
from streamo_ros.backbone.products import packs
from streamo_ros.backbone.products import PART


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


def test_the_linear_layers_of_a_tower_are_packed_once_and_give_the_same():
    tower = nn.Sequential(nn.Linear(512, 4096), nn.GELU(), nn.Linear(4096, 64, bias=False))
    flat, deep = torch.randn(38, 512), torch.randn(2, 3, 38, 512)
    before = tower(flat), tower(deep)
    pack_products(tower)
    packed = tower[0], tower[2]
    assert [type(layer) for layer in packed] == [PackedLinear, PackedLinear]
    pack_products(tower)
    assert (tower[0], tower[2]) == packed
    for x, expected in zip((flat, deep), before, strict=True):
        torch.testing.assert_close(tower(x), expected, atol=1e-4, rtol=1e-5)


def test_layers_that_are_not_float32_or_of_another_kind_stay():
    class Other(nn.Linear):
        """As another package's quantized layers."""

    tower = nn.Sequential(nn.Linear(8, 8).bfloat16(), Other(8, 8))
    before = list(tower)
    pack_products(tower)
    assert list(tower) == before
