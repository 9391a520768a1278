# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Matrix products on a CPU with packed weights.

A turn has a few dozen rows, and so has a small frame. With so few, much of a product's time goes
into copying the weights to where the multiplication wants them. `PackedProduct` keeps them there,
in parts of some hundred outputs. No number changes by more than rounding. `python -m
benchmarks.products` measures it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch import Tensor

PART = 384
"""Outputs of a part, for each thread."""
LARGE = 1 << 20
"""Weights from which a product is divided."""


class PackedProduct:
    """The product with a weight that is kept as products read it: inputs first, part by part.

    Args:
        weight: (outputs, inputs), see `packs`; it is copied.
        bias: (outputs,), or None.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        large = weight.numel() >= LARGE
        self._size = PART * torch.get_num_threads() if large else len(weight)
        self._outputs = len(weight)
        parts = [_by_inputs(part) for part in weight.split(self._size)]
        biases: Sequence[Tensor | None] = [None] * len(parts)
        if bias is not None:
            biases = bias.split(self._size)
        self._parts = tuple(zip(parts, biases, strict=True))
        self.bytes = weight.nbytes + (0 if bias is None else bias.nbytes)

    def __call__(self, x: Tensor) -> Tensor:
        """The same as `torch.nn.functional.linear`; cannot be differentiated.

        Args:
            x: shape (rows, inputs).

        Returns:
            Shape (rows, outputs).
        """
        if len(self._parts) == 1:
            ((part, bias),) = self._parts
            return x @ part if bias is None else torch.addmm(bias, x, part)
        out = x.new_empty((len(x), self._outputs))
        for (part, bias), place in zip(self._parts, out.split(self._size, 1), strict=True):
            if bias is None:
                torch.mm(x, part, out=place)
            else:
                torch.addmm(bias, x, part, out=place)
        return out


def _by_inputs(weight: Tensor) -> Tensor:
    """A copy of shape (inputs, outputs)."""
    return weight.T.clone(memory_format=torch.contiguous_format)


def packs(weight: Tensor) -> bool:
    """Whether `PackedProduct` takes this weight: float32 on a CPU."""
    return weight.device.type == 'cpu' and weight.dtype == torch.float32


class PackedLinear(nn.Module):
    """A linear layer that computes with `PackedProduct`; cannot be differentiated.

    Args:
        linear: the one that it replaces; its weights are copied.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        bias = None if linear.bias is None else linear.bias.detach()
        self._product = PackedProduct(linear.weight.detach(), bias)

    def forward(self, x: Tensor) -> Tensor:
        """The same as that layer's, of shape (..., inputs)."""
        if x.ndim == 2:
            return self._product(x)
        return self._product(x.flatten(0, -2)).unflatten(0, x.shape[:-1])


def pack_products(tower: nn.Module) -> None:
    """Let the linear layers of a vision tower compute with packed weights, in place.

    Only float32 weights on a CPU are concerned. One layer after the other, so that weights are
    never held twice. Calling it again changes nothing.
    """
    for module in tower.modules():
        for name, child in module.named_children():
            if type(child) is nn.Linear and packs(child.weight):
                setattr(module, name, PackedLinear(child))
