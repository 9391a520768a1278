# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Matrix products with large weights on a CPU, a part of the weights at a time.

A turn has a few dozen rows. With so few, torch's product with a matrix of thousands of outputs
takes up to 1.5 times as long as the same product in parts of some hundred outputs (MKL, one
thread of an AVX2 machine; `python benchmarks/products.py` measures it). Parts are views of the
weights: nothing is stored twice, and no number changes by more than rounding.
"""

from __future__ import annotations

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
