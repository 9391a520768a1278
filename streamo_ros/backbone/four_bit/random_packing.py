# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Random weights of four bits: what speed and memory can be measured on."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from streamo_ros.backbone.four_bit.formats import AwqFormat
from streamo_ros.backbone.four_bit.linear import FourBitLinear
from streamo_ros.backbone.four_bit.loading import replace_linears
from streamo_ros.backbone.four_bit.weight import USUAL_GROUP

_DEVIATION = 0.02 / 4.6
"""Scale at which numbers of 0 to 15 have the deviation that models are initialized with."""


def pack_randomly(text: Any, device: torch.device) -> None:
    """Put random packed layers in place of a text model's plain ones.

    Args:
        text: the text model; groups of 128 must fit to its sizes.
        device: where the weights are made.

    Raises:
        BackboneError: they do not.
    """
    names = {
        f'layers.{at}.{kind}.{child}'
        for at, layer in enumerate(text.layers)
        for kind in ('self_attn', 'mlp')
        for child, module in getattr(layer, kind).named_children()
        if type(module) is nn.Linear
    }
    replace_linears(text, names, AwqFormat(USUAL_GROUP))
    for module in text.modules():
        if isinstance(module, FourBitLinear):
            for name, parameter in module.named_parameters(recurse=False):
                if parameter.is_meta:
                    fresh = nn.Parameter(_random(name, parameter, device), requires_grad=False)
                    setattr(module, name, fresh)


def _random(name: str, like: torch.Tensor, device: torch.device) -> torch.Tensor:
    if like.is_floating_point():
        return torch.full(like.shape, _DEVIATION, dtype=like.dtype, device=device)
    if name == 'qzeros':
        return torch.full(like.shape, 0x77777777, dtype=like.dtype, device=device)
    return torch.randint(-(1 << 31), 1 << 31, like.shape, dtype=like.dtype, device=device)
