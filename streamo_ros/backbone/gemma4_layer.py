# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Weights of one of Gemma 4's text layers, and what the layer does around its attention.

Each part of a layer is normed before and after. Layers may have an input of their own for each
token, a factor on all that they give, values that are the keys, or no keys at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.attention import HeadNorms
from streamo_ros.backbone.layer import bytes_of
from streamo_ros.backbone.layer import Layer
from streamo_ros.backbone.layer import Projection
from streamo_ros.backbone.layer import weight_of
from streamo_ros.backbone.norms import rms_norm
from streamo_ros.core.interface import BackboneError

ACTIVATION = 'gelu_pytorch_tanh'


class Gemma4Layer(Layer):
    """Weights of one layer; see `layer.Layer`.

    Args:
        layer: the transformers layer.
        epsilon: epsilon of its norms.
        device: where the weights go.
    """

    def __init__(self, layer: Any, epsilon: float, device: torch.device) -> None:
        super().__init__(layer, epsilon, device)
        self.seen_norm = weight_of(layer.post_attention_layernorm, device)
        self.down_norm = weight_of(layer.post_feedforward_layernorm, device)
        self.scale = layer.layer_scalar.detach().to(device)
        self.own = _OwnInput(layer, device) if layer.hidden_size_per_layer_input else None
        self._epsilon = epsilon
        self.bytes += bytes_of(self.seen_norm) + bytes_of(self.down_norm)
        self.bytes += self.own.bytes if self.own else 0

    def query_and_keys(self, attention: Any) -> Sequence[nn.Module]:
        """See `layer.Layer.query_and_keys`; a layer may have no keys, or values that are keys."""
        keys = [] if attention.is_kv_shared_layer else [attention.k_proj, attention.v_proj]
        return [attention.q_proj, *(part for part in keys if part is not None)]

    def norm_before_mlp(self, layer: Any) -> nn.Module:
        """See `layer.Layer.norm_before_mlp`."""
        norm: nn.Module = layer.pre_feedforward_layernorm
        return norm

    def norms_of_heads(self, attention: Any, epsilon: float, device: torch.device) -> HeadNorms:
        """Norms of queries, keys and values.

        The scores are not divided by the root of the head's size, and attention here does it: the
        queries' norm has that root as a factor.
        """
        query = weight_of(attention.q_norm, device) * float(attention.head_dim) ** 0.5
        if attention.is_kv_shared_layer:
            return HeadNorms(query, query, epsilon)
        key = weight_of(attention.k_norm, device)
        return HeadNorms(query, key, epsilon, torch.ones_like(key))

    @staticmethod
    def check(config: Any) -> None:
        """See `layer.Layer.check`."""
        if config.enable_moe_block:
            raise BackboneError(
                'this Gemma 4 is a mixture of experts, which is not supported: use a dense one '
                '(E2B, E4B), or serve it and set model.path to its URL (docs/any_model.md)'
            )
        if config.use_bidirectional_attention:
            raise BackboneError(
                'in this Gemma 4 the tokens of a frame see one another, which is not supported: '
                'use a smaller one (E2B, E4B), or serve it and set model.path to its URL '
                '(docs/any_model.md)'
            )
        if config.hidden_activation != ACTIVATION:
            raise BackboneError(
                f'the activation {config.hidden_activation} of the text layers is not supported: '
                f'only {ACTIVATION} is'
            )
        if config.pad_token_id != 0:
            raise BackboneError(
                f'the padding of this Gemma 4 is token {config.pad_token_id}, and frames are '
                'given the input of token 0: correct pad_token_id in config.json'
            )

    def finish(self, x: Tensor, seen: Tensor, own: Tensor | None) -> Tensor:
        """What the layer gives once its attention has been computed, (rows, hidden).

        Args:
            x: what it was given, (rows, hidden).
            seen: of attention, (rows, heads * dim).
            own: its own input, (rows, width), where it has one.
        """
        x = x + self.norm(self.out(seen), self.seen_norm)
        gate, up = self.gate_up(self.norm(x, self.post_norm)).chunk(2, dim=-1)
        hidden = F.gelu(gate, approximate='tanh').mul_(up)
        x = x + self.norm(self.down(hidden), self.down_norm)
        if self.own is not None and own is not None:
            x = x + self.norm(self.own(x, own), self.own.norm)
        return x * self.scale

    def norm(self, x: Tensor, weight: Tensor) -> Tensor:
        """An RMS norm of this layer; x (rows, hidden)."""
        return rms_norm(x, weight, self._epsilon)


class _OwnInput:
    """What a layer makes of its own input of each token."""

    def __init__(self, layer: Any, device: torch.device) -> None:
        self._gate = Projection(layer.per_layer_input_gate, device=device)
        self._out = Projection(layer.per_layer_projection, device=device)
        self.norm = weight_of(layer.post_per_layer_input_norm, device)
        self.bytes = self._gate.bytes + self._out.bytes + bytes_of(self.norm)

    def __call__(self, x: Tensor, own: Tensor) -> Tensor:
        """Shape (rows, hidden), before its norm."""
        return self._out(F.gelu(self._gate(x), approximate='tanh') * own)
