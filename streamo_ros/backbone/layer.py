# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Weights of one decoder layer, taken over from a transformers layer.

Projections that read the same input are joined into one matrix; quantised ones, which cannot be,
are called as they are. Knows no order of computation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor


class Projection:
    """Linear layers that read the same input, as one matrix product where they are plain."""

    def __init__(self, *modules: nn.Module) -> None:
        linear = [module for module in modules if type(module) is nn.Linear]
        plain = len(linear) == len(modules)
        self._modules = () if plain else modules
        if plain:
            self._weight = _join([module.weight for module in linear])
            biases = [module.bias for module in linear]
            self._bias = None if biases[0] is None else _join(biases)

    def __call__(self, x: Tensor) -> Tensor:
        """Outputs of all layers, one behind the other on the last axis."""
        if not self._modules:
            return F.linear(x, self._weight, self._bias)
        return torch.cat([module(x) for module in self._modules], dim=-1)


class Layer:
    """Weights of one decoder layer, projections of the same input joined."""

    def __init__(self, layer: Any) -> None:
        attention, mlp = layer.self_attn, layer.mlp
        self.qkv = Projection(attention.q_proj, attention.k_proj, attention.v_proj)
        self.out = Projection(attention.o_proj)
        self.gate_up = Projection(mlp.gate_proj, mlp.up_proj)
        self.down = Projection(mlp.down_proj)
        self.input_norm = layer.input_layernorm.weight
        self.post_norm = layer.post_attention_layernorm.weight
        self.bytes = sum(map(bytes_of, layer.parameters()))
        self.query_norm = _weight(attention, 'q_norm')
        self.key_norm = _weight(attention, 'k_norm')


def _join(tensors: Sequence[Tensor]) -> Tensor:
    return tensors[0].detach() if len(tensors) == 1 else torch.cat([t.detach() for t in tensors])


def _weight(module: Any, name: str) -> Tensor | None:
    norm = getattr(module, name, None)
    return None if norm is None else norm.weight


def bytes_of(tensor: Tensor) -> int:
    """Memory that a tensor takes."""
    return tensor.numel() * tensor.element_size()
