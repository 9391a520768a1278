# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A linear layer that holds a checkpoint's four-bit tensors under their own names."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.four_bit.formats import PackedFormat
from streamo_ros.backbone.four_bit.weight import BLOCK
from streamo_ros.backbone.four_bit.weight import FourBitWeight
from streamo_ros.core.interface import BackboneError


class FourBitLinear(nn.Module):
    """The reference: unpacks its weight at each call. `layer.Projection` takes it over.

    Attributes:
        dtype: of its outputs and scales.

    Args:
        name: of the layer, for errors.
        linear: the plain layer in whose place it is.
        form: how its tensors are packed.

    Raises:
        BackboneError: its sizes cannot be packed like this.
    """

    def __init__(self, name: str, linear: nn.Linear, form: PackedFormat) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        if self.in_features % form.group or self.out_features % BLOCK:
            raise BackboneError(
                f'{name} has {self.out_features} outputs of {self.in_features} inputs, which '
                f'groups of {form.group} do not fit: the configuration does not belong to these '
                'weights; copy the checkpoint again'
            )
        self._format = form
        self.dtype = linear.weight.dtype
        shapes = form.shapes(self.out_features, self.in_features)
        self._names = tuple(shapes)
        for part, (shape, dtype) in shapes.items():
            dtype = linear.weight.dtype if dtype.is_floating_point else dtype
            empty = torch.empty(shape, dtype=dtype, device='meta')
            self.register_parameter(part, nn.Parameter(empty, requires_grad=False))
        self.bias = linear.bias

    def unpack(self) -> FourBitWeight:
        """Its weight."""
        return self._format.unpack({name: getattr(self, name).detach() for name in self._names})

    def forward(self, x: Tensor) -> Tensor:
        """The product with the whole weight, dequantized in the format of `x`."""
        return F.linear(x, self.unpack().dequantize(x.dtype), self.bias)
