# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Weights of one decoder layer, taken from a transformers layer.

Projections that read the same input are joined into one matrix; layers of a kind that is not known
here, as another package's quantized ones, are called as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.attention import HeadNorms
from streamo_ros.backbone.four_bit import FourBitLinear
from streamo_ros.backbone.four_bit import FourBitProduct
from streamo_ros.backbone.four_bit.weight import join_weights
from streamo_ros.backbone.products import PackedProduct
from streamo_ros.backbone.products import packs
from streamo_ros.core.interface import BackboneError


class Projection:
    """Linear layers that read the same input, as one matrix product where they are of one kind.

    Args:
        modules: the layers.
        device: where their weights go; they are joined first, then moved.

    Raises:
        BackboneError: weights of four bits cannot be used there.
    """

    def __init__(self, *modules: nn.Module, device: torch.device) -> None:
        joined = _product(modules, device)
        self._parts = (joined,) if joined else tuple(_part(module, device) for module in modules)

    @property
    def bytes(self) -> int:
        """Bytes of the weights."""
        return sum(part.bytes for part in self._parts)

    def __call__(self, x: Tensor) -> Tensor:
        """Outputs of all layers, concatenated on the last axis."""
        outputs = [part(x) for part in self._parts]
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs, dim=-1)


class PlainProduct:
    """A product with a plain weight.

    Args:
        weight: (outputs, inputs).
        bias: (outputs,), or None.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self._weight, self._bias = weight, bias
        self.bytes = bytes_of(weight) + (0 if bias is None else bytes_of(bias))

    def __call__(self, x: Tensor) -> Tensor:
        """The outputs, (rows, outputs)."""
        return F.linear(x, self._weight, self._bias)


class ForeignProduct:
    """A layer that is called as it is, such as one quantized by another package."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self.bytes = sum(map(bytes_of, module.parameters()))

    def __call__(self, x: Tensor) -> Tensor:
        """The layer's outputs."""
        out: Tensor = self._module(x)
        return out


Product = PlainProduct | PackedProduct | ForeignProduct | FourBitProduct


def _part(module: nn.Module, device: torch.device) -> Product:
    return _product((module,), device) or ForeignProduct(module.to(device))


def _product(modules: Sequence[nn.Module], device: torch.device) -> Product | None:
    """All layers as one product; None where they cannot be joined."""
    biases = [getattr(module, 'bias', None) for module in modules]
    packed = [module for module in modules if isinstance(module, FourBitLinear)]
    if packed and device.type == 'cuda':
        if len(packed) < len(modules):
            return None
        weight = join_weights([module.unpack() for module in packed])
        bias = None if biases[0] is None else _join(biases)
        return FourBitProduct(weight, bias, device, packed[0].dtype)
    weights = [_plain_weight(module) for module in modules]
    if any(weight is None for weight in weights):
        return None
    bias = None if biases[0] is None else _join(biases).to(device)
    joined = _join(weights).to(device)
    return PackedProduct(joined, bias) if packs(joined) else PlainProduct(joined, bias)


def _plain_weight(module: nn.Module) -> Tensor | None:
    if isinstance(module, FourBitLinear):
        return module.unpack().dequantize(module.dtype)
    return module.weight if type(module) is nn.Linear else None


class Layer:
    """Weights of one decoder layer, projections of the same input joined.

    Args:
        layer: the transformers layer.
        epsilon: epsilon of its norms.
        device: where the weights go.
    """

    def __init__(self, layer: Any, epsilon: float, device: torch.device) -> None:
        attention, mlp = layer.self_attn, layer.mlp
        self.qkv = Projection(*self.query_and_keys(attention), device=device)
        self.out = Projection(attention.o_proj, device=device)
        self.gate_up = Projection(mlp.gate_proj, mlp.up_proj, device=device)
        self.down = Projection(mlp.down_proj, device=device)
        self.input_norm = weight_of(layer.input_layernorm, device)
        self.post_norm = weight_of(self.norm_before_mlp(layer), device)
        norms = (self.input_norm, self.post_norm)
        products = (self.qkv, self.out, self.gate_up, self.down)
        self.bytes = sum(part.bytes for part in products) + sum(map(bytes_of, norms))
        self.head_norms = self.norms_of_heads(attention, epsilon, device)
        self.key_offset = _key_offset(attention, device)

    def query_and_keys(self, attention: Any) -> Sequence[nn.Module]:
        """What reads the input of attention: for queries, keys and values."""
        return attention.q_proj, attention.k_proj, attention.v_proj

    def norm_before_mlp(self, layer: Any) -> nn.Module:
        """The norm of what the second half of the layer is given."""
        norm: nn.Module = layer.post_attention_layernorm
        return norm

    def norms_of_heads(
        self, attention: Any, epsilon: float, device: torch.device
    ) -> HeadNorms | None:
        """Norms of queries and keys; None where there are none."""
        if getattr(attention, 'q_norm', None) is None:
            return None
        query, key = (weight_of(norm, device) for norm in (attention.q_norm, attention.k_norm))
        return HeadNorms(query, key, epsilon)

    @staticmethod
    def check(config: Any) -> None:
        """Refuse layers of a kind that is not known here.

        Args:
            config: of the text model.

        Raises:
            BackboneError: says which, and what to use.
        """
        kinds = set(getattr(config, 'layer_types', None) or ['full_attention'])
        if kinds != {'full_attention'}:
            raise BackboneError(
                f'text layers of kind {", ".join(sorted(kinds - {"full_attention"}))} are not '
                'supported: use a checkpoint with use_sliding_window false'
            )
        if config.hidden_act != 'silu':
            raise BackboneError(
                f'the activation {config.hidden_act} of the text layers is not supported: only '
                'silu is'
            )


def _join(tensors: Sequence[Any]) -> Tensor:
    return tensors[0].detach() if len(tensors) == 1 else torch.cat([t.detach() for t in tensors])


def _key_offset(attention: Any, device: torch.device) -> Tensor | None:
    """What the layer adds to every key before rotation, float32, (key heads, dim)."""
    bias = getattr(getattr(attention, 'k_proj', None), 'bias', None)
    if bias is None or getattr(attention, 'k_norm', None) is not None:
        return None
    return bias.detach().float().to(device).view(-1, attention.head_dim)


def weight_of(norm: Any, device: torch.device) -> Tensor:
    """The weight of a norm."""
    weight: Tensor = norm.weight.detach().to(device)
    return weight


def bytes_of(tensor: Tensor) -> int:
    """Size of a tensor in bytes."""
    return tensor.numel() * tensor.element_size()
