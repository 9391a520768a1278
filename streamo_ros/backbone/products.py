# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Matrix products on a CPU, whose weights are packed or taken a part at a time.

A turn has a few dozen rows. With so few, much of a product's time goes into copying the weights
to where the multiplication wants them. `PackedProduct` keeps them there, in parts of some hundred
outputs; `product` does without, for weights that others read too: its parts are views. Nothing is
stored twice, and no number changes by more than rounding. `python benchmarks/products.py`
measures both.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

PART = 384
"""Outputs of a part, for each thread."""
LARGE = 1 << 20
"""Weights from which a product is divided."""
_FEW, _MANY = 2, 512
"""Rows between which it pays: one row only reads the weights, many fill any product."""


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


def product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """The same as `torch.nn.functional.linear`.

    Args:
        x: shape (rows, inputs).
        weight: (outputs, inputs).
        bias: (outputs,), or None.

    Returns:
        Shape (rows, outputs).
    """
    if not divides(x, weight):
        return F.linear(x, weight, bias)
    size = PART * torch.get_num_threads()
    out = x.new_empty((len(x), len(weight)))
    for begin in range(0, len(weight), size):
        part = slice(begin, min(begin + size, len(weight)))
        if bias is None:
            torch.mm(x, weight[part].T, out=out[:, part])
        else:
            torch.addmm(bias[part], x, weight[part].T, out=out[:, part])
    return out


def divides(x: Tensor, weight: Tensor) -> bool:
    """Whether `product` goes part by part."""
    return (
        # `out=` is not differentiable.
        not torch.is_grad_enabled()
        and x.ndim == 2
        and weight.device.type == 'cpu'
        and weight.dtype == torch.float32
        and weight.numel() >= LARGE
        and _FEW <= len(x) <= _MANY
        and len(weight) > PART * torch.get_num_threads()
    )


class DividedLinear(nn.Linear):
    """A linear layer that computes with `product`; shares the weights of the one it replaces.

    Args:
        linear: that one.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__(
            linear.in_features, linear.out_features, linear.bias is not None, device='meta'
        )
        self.weight = linear.weight
        self.bias = linear.bias

    def forward(self, x: Tensor) -> Tensor:
        """See `product`."""
        return product(x, self.weight, self.bias)


def divide_products(tower: nn.Module) -> None:
    """Let the large linear layers of a vision tower compute part by part, in place.

    Only float32 weights on a CPU are concerned. Calling it again changes nothing.
    """
    for module in tower.modules():
        for name, child in module.named_children():
            if type(child) is nn.Linear and _is_large(child.weight):
                setattr(module, name, DividedLinear(child))


def _is_large(weight: Tensor) -> bool:
    large = weight.numel() >= LARGE and weight.dtype == torch.float32
    return large and weight.device.type == 'cpu'
