# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Weights of one decoder layer, taken from a transformers layer.

Projections that read the same input are joined into one matrix; quantized ones, which cannot be
joined, are called as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch import Tensor

from streamo_ros.backbone.attention import HeadNorms
from streamo_ros.backbone.products import product


class Projection:
    """Linear layers that read the same input, as one matrix product where they are plain.

    Args:
        modules: the layers.
        device: where their weights go; they are joined first, then moved.
    """

    def __init__(self, *modules: nn.Module, device: torch.device) -> None:
        linear = [module for module in modules if type(module) is nn.Linear]
        plain = len(linear) == len(modules)
        self._modules = () if plain else tuple(module.to(device) for module in modules)
        if plain:
            self._weight = _join([module.weight for module in linear]).to(device)
            biases = [module.bias for module in linear]
            self._bias = None if biases[0] is None else _join(biases).to(device)

    def __call__(self, x: Tensor) -> Tensor:
        """Outputs of all layers, concatenated on the last axis."""
        if not self._modules:
            return product(x, self._weight, self._bias)
        return torch.cat([module(x) for module in self._modules], dim=-1)


class Layer:
    """Weights of one decoder layer, projections of the same input joined.

    Args:
        layer: the transformers layer.
        epsilon: epsilon of its norms.
        device: where the weights go.
    """

    def __init__(self, layer: Any, epsilon: float, device: torch.device) -> None:
        self.bytes = sum(map(bytes_of, layer.parameters()))
        attention, mlp = layer.self_attn, layer.mlp
        self.qkv = Projection(attention.q_proj, attention.k_proj, attention.v_proj, device=device)
        self.out = Projection(attention.o_proj, device=device)
        self.gate_up = Projection(mlp.gate_proj, mlp.up_proj, device=device)
        self.down = Projection(mlp.down_proj, device=device)
        self.input_norm = layer.input_layernorm.weight.detach().to(device)
        self.post_norm = layer.post_attention_layernorm.weight.detach().to(device)
        self.head_norms = _head_norms(attention, epsilon, device)
        self.key_offset = _key_offset(attention, device)


def _join(tensors: Sequence[Tensor]) -> Tensor:
    return tensors[0].detach() if len(tensors) == 1 else torch.cat([t.detach() for t in tensors])


def _head_norms(attention: Any, epsilon: float, device: torch.device) -> HeadNorms | None:
    if getattr(attention, 'q_norm', None) is None:
        return None
    query, key = (norm.weight.detach().to(device) for norm in (attention.q_norm, attention.k_norm))
    return HeadNorms(query, key, epsilon)


def _key_offset(attention: Any, device: torch.device) -> Tensor | None:
    """What the layer adds to every key before rotation, float32, (key heads, dim)."""
    bias = getattr(attention.k_proj, 'bias', None)
    if bias is None or getattr(attention, 'k_norm', None) is not None:
        return None
    return bias.detach().float().to(device).view(-1, attention.head_dim)


def bytes_of(tensor: Tensor) -> int:
    """Size of a tensor in bytes."""
    return tensor.numel() * tensor.element_size()
