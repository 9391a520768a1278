# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""torch's operator multiplies by the weight that the numbers mean, or is refused."""

from __future__ import annotations

import pytest
import torch

from streamo_ros.backbone.four_bit import FourBitProduct
from streamo_ros.backbone.four_bit import FourBitWeight
from streamo_ros.backbone.four_bit.product import check_device
from streamo_ros.backbone.four_bit.product import pack_for_cuda
from streamo_ros.backbone.four_bit.weight import packed_bytes
from streamo_ros.core.interface import BackboneError

CPU = torch.device('cpu')
DEVICES = [
    CPU,
    pytest.param(
        torch.device('cuda'),
        marks=[
            pytest.mark.gpu,
            pytest.mark.skipif(not torch.cuda.is_available(), reason='needs an NVIDIA GPU'),
        ],
    ),
]


def random_weight(outputs, inputs, group):
    torch.manual_seed(outputs + inputs + group)
    numbers = torch.randint(0, 16, (outputs, inputs), dtype=torch.uint8)
    size = outputs, inputs // group
    return FourBitWeight(numbers, torch.rand(size) + 0.1, torch.randint(0, 16, size).float())


@pytest.mark.parametrize('device', DEVICES)
@pytest.mark.parametrize(
    ('outputs', 'inputs', 'group'),
    [(64, 128, 128), (32, 256, 128), (96, 96, 32), (64, 192, 64), (16, 256, 256)],
)
@pytest.mark.parametrize('biased', [False, True])
def test_a_product_is_that_of_the_expanded_weight(device, outputs, inputs, group, biased):
    dtype = torch.float32 if device == CPU else torch.bfloat16
    weight = random_weight(outputs, inputs, group)
    bias = torch.randn(outputs) if biased else None
    product = FourBitProduct(weight, bias, device, dtype)
    for rows in (1, 5, 40):
        x = torch.randn(rows, inputs)
        expected = x @ weight.dequantize(torch.float32).T + (0 if bias is None else bias)
        found = product(x.to(device, dtype)).float().cpu()
        assert (found - expected).norm() <= (1e-5 if device == CPU else 1e-2) * expected.norm()


def test_memory_is_what_the_plan_counts():
    weight = random_weight(64, 256, 128)
    product = FourBitProduct(weight, None, CPU, torch.bfloat16)
    assert product.bytes == packed_bytes(64 * 256, 128)


def test_the_first_of_two_inputs_has_the_upper_bits_on_cuda(monkeypatch):
    """As torch's CUDA operator wants it, which cannot run here."""
    calls = []
    monkeypatch.setattr(torch, '_convert_weight_to_int4pack', lambda *args: calls.append(args))
    pack_for_cuda(torch.tensor([[1, 2, 3, 15] * 16], dtype=torch.uint8))
    ((pairs, tiles),) = calls
    assert pairs.tolist() == [[0x12, 0x3F] * 16]
    assert tiles == 4, 'blocks of 16 inputs that 64 inputs divide into'


@pytest.mark.parametrize(
    ('multiply', 'message'),
    [(lambda x, *rest: torch.zeros(len(x), 64), 'off by 100'), (None, 'no kernel image')],
)
def test_a_product_that_does_not_work_is_refused(multiply, message, monkeypatch):
    def fail(*args):
        raise RuntimeError('CUDA error: no kernel image is available\nmore')

    monkeypatch.setattr(torch, '_weight_int4pack_mm_for_cpu', multiply or fail)
    with pytest.raises(BackboneError, match=message):
        FourBitProduct(random_weight(64, 128, 128), None, CPU, torch.float32)


def test_what_a_gpu_needs_is_said(monkeypatch):
    cuda = torch.device('cuda')
    with pytest.raises(BackboneError, match='needs bfloat16'):
        check_device(cuda, torch.float16)
    monkeypatch.setattr(torch.cuda, 'get_device_capability', lambda device: (7, 2))
    with pytest.raises(BackboneError, match='compute capability'):
        check_device(cuda, torch.bfloat16)
