# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention in blocks is attention."""

import pytest
import torch
import torch.nn.functional as F

from streamo_ros.tiny.block_attention import attend
from streamo_ros.tiny.block_attention import BLOCK


@pytest.mark.parametrize('length', [1, BLOCK - 1, BLOCK, 2 * BLOCK + 7])
def test_it_gives_what_torch_gives_forwards_and_backwards(length):
    torch.manual_seed(length)
    query = torch.randn(2, 4, length, 32, requires_grad=True)
    key, value = (torch.randn(2, 2, length, 32, requires_grad=True) for _ in range(2))
    own = attend(torch.nn.Identity(), query, key, value, None)[0]
    known = F.scaled_dot_product_attention(
        query, key, value, is_causal=True, enable_gqa=True
    ).transpose(1, 2)
    torch.testing.assert_close(own, known, atol=1e-5, rtol=1e-5)
    grad = torch.randn_like(own)
    for one, other in zip(
        torch.autograd.grad(own, (query, key, value), grad),
        torch.autograd.grad(known, (query, key, value), grad),
        strict=True,
    ):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)
