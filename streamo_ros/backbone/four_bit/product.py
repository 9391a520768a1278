# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Products with four-bit weights by torch's own operator, which torchao's int4 weights use, too.

It multiplies by `(number - 8) * scale + zero`. On CUDA it needs bfloat16 and a GPU of compute
capability 8.0 or newer. Its weights are packed for the device once; nothing else is kept.
"""

from __future__ import annotations

import torch
from torch import Tensor

from streamo_ros.backbone.four_bit.weight import FourBitWeight
from streamo_ros.core.interface import BackboneError

CLOSE = 0.02
"""Largest relative difference of the first product from one with the dequantized weight."""
_TILES = (8, 4, 2)
"""Blocks of 16 inputs that may be packed together; more is faster."""
_MIDDLE = 8
_TRIED, _TRIED_ROWS = 64, 4
"""Outputs and rows of the first product."""


class FourBitProduct:
    """A matrix product with a packed weight.

    Args:
        weight: the weight.
        bias: (outputs,), or None.
        device: where it runs.
        dtype: of inputs and outputs.

    Raises:
        BackboneError: this device, format or build of torch cannot do it.
    """

    def __init__(
        self, weight: FourBitWeight, bias: Tensor | None, device: torch.device, dtype: torch.dtype
    ) -> None:
        check_device(device, dtype)
        self._group = weight.group
        self._cpu = device.type == 'cpu'
        self._bias = None if bias is None else bias.detach().to(device, dtype)
        offsets = (_MIDDLE - weight.zeros) * weight.scales
        scales = torch.stack((weight.scales, offsets), -1).transpose(0, 1)
        self._scales = scales.contiguous().to(device, dtype)
        pack = pack_for_cpu if self._cpu else pack_for_cuda
        self._packed = pack(weight.numbers.to(device))
        self._check(weight)

    @property
    def bytes(self) -> int:
        """Bytes on the device."""
        parts = (self._packed, self._scales, self._bias)
        return sum(part.numel() * part.element_size() for part in parts if part is not None)

    def __call__(self, x: Tensor) -> Tensor:
        """The product, (rows, outputs), with x (rows, inputs)."""
        multiply = torch._weight_int4pack_mm_for_cpu if self._cpu else torch._weight_int4pack_mm  # noqa: SLF001
        out: Tensor = multiply(x, self._packed, self._group, self._scales)
        return out if self._bias is None else out.add_(self._bias)

    def _check(self, weight: FourBitWeight) -> None:
        """Compare the first outputs with those of the dequantized weight, on the device.

        A build of torch may lack the kernel for a GPU, and a kernel may expect another packing:
        then a checkpoint is refused and not run wrongly.

        Raises:
            BackboneError: the product fails or differs.
        """
        parts = (weight.numbers, weight.scales, weight.zeros)
        few = FourBitWeight(*(part[:_TRIED] for part in parts))
        generator = torch.Generator().manual_seed(0)
        x = torch.randn(_TRIED_ROWS, weight.numbers.shape[1], generator=generator)
        x = x.to(self._scales)
        expected = x.float() @ few.dequantize(torch.float32).to(x.device).T
        if self._bias is not None:
            expected += self._bias[:_TRIED].float()
        try:
            found = self(x)[:, :_TRIED].float()
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
        else:
            difference = float((found - expected).norm() / expected.norm())
            if difference <= CLOSE:
                return
            reason = f'it is off by {difference:.1%}'
        raise BackboneError(
            f"torch's product with weights of four bits does not work on {x.device} ({reason}): "
            'use a checkpoint in bfloat16, or another build of torch'
        )


def check_device(device: torch.device, dtype: torch.dtype) -> None:
    """Refuse a device that has no such operator.

    Raises:
        BackboneError: in one sentence, with what to do.
    """
    reason = ''
    if not hasattr(torch, '_weight_int4pack_mm'):
        reason = f'torch {torch.__version__} has no operator for weights of four bits'
    elif device.type == 'cuda' and dtype != torch.bfloat16:
        reason = f'its operator for weights of four bits needs bfloat16, not {dtype}'
    elif device.type == 'cuda' and torch.cuda.get_device_capability(device) < (8, 0):
        reason = 'weights of four bits need a GPU of compute capability 8.0 or newer'
    if reason:
        raise BackboneError(
            f'{reason}: set model.dtype to bfloat16 on a newer GPU, or use a checkpoint in '
            'bfloat16'
        )


def pack_for_cpu(numbers: Tensor) -> Tensor:
    """Numbers (outputs, inputs) as torch's operator wants them on a CPU."""
    packed: Tensor = torch._convert_weight_to_int4pack_for_cpu(numbers.int(), _tiles(numbers))  # noqa: SLF001
    return packed


def pack_for_cuda(numbers: Tensor) -> Tensor:
    """The same on CUDA; of two inputs in a byte, the first one has the upper bits."""
    pairs = (numbers[:, ::2] << 4 | numbers[:, 1::2]).contiguous()
    packed: Tensor = torch._convert_weight_to_int4pack(pairs, _tiles(numbers))  # noqa: SLF001
    return packed


def _tiles(numbers: Tensor) -> int:
    return next(tiles for tiles in _TILES if numbers.shape[1] % (16 * tiles) == 0)
