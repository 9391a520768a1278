# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Gemma 4's text model over the key-value window; see `decoder`.

Its last layers look at the keys of layers before them. What they make of all rows but the last of
each lane is read by nobody, so only those rows go through them.

Source: the released text models of Gemma 4, as in transformers' class of that name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import cast

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.attention import Attention
from streamo_ros.backbone.attention import HeadNorms
from streamo_ros.backbone.attention import MixedAttention
from streamo_ros.backbone.decoder import Decoder
from streamo_ros.backbone.gemma4_layer import Gemma4Layer
from streamo_ros.backbone.layer import bytes_of
from streamo_ros.backbone.norms import rms_norm
from streamo_ros.backbone.operators import Operators
from streamo_ros.backbone.step import ModelStep


class Gemma4Decoder(Decoder):
    """The text model of a checkpoint; see `decoder.Decoder`.

    Args:
        text: the checkpoint's text model, whose layers have been taken over.
        layers: those.
        head: the language model head.
        attention: where keys and values are kept.
        operators: see `decoder.Decoder`.
    """

    def __init__(
        self,
        text: Any,
        layers: Sequence[Gemma4Layer],
        head: nn.Module,
        attention: Attention,
        operators: Operators | None = None,
    ) -> None:
        super().__init__(text, layers, head, attention, operators)
        config = text.config
        self._blocks = layers
        self._mixed = cast('MixedAttention', attention)
        self._hidden = config.hidden_size
        self._scale = text.embed_tokens.embed_scale.to(self.embedding.dtype)
        self._cap = config.final_logit_softcapping
        self._last_own = config.num_hidden_layers - config.num_kv_shared_layers - 1
        self._own = OwnInputs(text) if config.hidden_size_per_layer_input else None
        self.weight_bytes += self._own.bytes if self._own else 0

    def embed(self, ids: Tensor) -> Tensor:
        """See `Decoder.embed`; what the layers are given of their own stands behind the embedding.

        Returns:
            Shape (tokens, hidden + layers * width).
        """
        x = super().embed(ids) * self._scale
        return x if self._own is None else torch.cat((x, self._own.embed(ids)), dim=-1)

    def logits(self, hidden: Tensor) -> Tensor:
        """See `Decoder.logits`."""
        return self._capped(super().logits(hidden))

    def read(self, hidden: Tensor, rows: Tensor) -> Tensor:
        """See `Decoder.read`."""
        return self._capped(super().read(hidden, rows))

    def forward(self, step: ModelStep) -> Tensor:
        """See `Decoder.forward`."""
        self._mixed.begin(step)
        x, packed = step.embeddings.split(
            (self._hidden, step.embeddings.shape[1] - self._hidden), dim=1
        )
        own = None if self._own is None else self._own(x, packed)
        for at, layer in enumerate(self._blocks):
            x, own = self._run(at, layer, x, own, step)
        return rms_norm(x, self.norm, self.epsilon)

    def _run(
        self, at: int, layer: Gemma4Layer, x: Tensor, own: Tensor | None, step: ModelStep
    ) -> tuple[Tensor, Tensor | None]:
        """One layer: what it gives, and the layers' own inputs for the rows that are left."""
        queries = layer.qkv(layer.norm(x, layer.input_norm))
        last = at == self._last_own
        if at > self._last_own:
            norms = cast('HeadNorms', layer.head_norms)
            seen = self._mixed.look(at, queries, norms, step)
        else:
            seen = self._mixed.attend(at, queries, layer.head_norms, step, final=last)
        if last:
            x = x.index_select(0, step.places.lasts)
            own = None if own is None else own.index_select(0, step.places.lasts)
        return layer.finish(x, seen, None if own is None else own[:, at]), own

    def _capped(self, logits: Tensor) -> Tensor:
        return logits if self._cap is None else (logits / self._cap).tanh() * self._cap


class OwnInputs:
    """What each layer is given for each token besides what the layer before gives.

    A part depends on the token alone, and a part on its embedding. A frame's tokens have the first
    one of the padding.

    Args:
        text: the checkpoint's text model.
    """

    def __init__(self, text: Any) -> None:
        config = text.config
        table = text.embed_tokens_per_layer
        self._table = table.weight
        self._scale = table.embed_scale.to(self._table.dtype)
        self._width = config.hidden_size_per_layer_input
        self._product = text.per_layer_model_projection
        self._factor = text.per_layer_model_projection_scale
        self._half = text.per_layer_input_scale
        self._norm = text.per_layer_projection_norm.weight
        self._epsilon = config.rms_norm_eps
        self.bytes = bytes_of(self._table) + bytes_of(self._product.weight)

    def embed(self, ids: Tensor) -> Tensor:
        """The part of the tokens, (tokens, layers * width)."""
        return F.embedding(ids, self._table) * self._scale

    def __call__(self, embeddings: Tensor, tokens: Tensor) -> Tensor:
        """The inputs, (rows, layers, width).

        Args:
            embeddings: (rows, hidden).
            tokens: see `embed`.
        """
        seen = (self._product(embeddings) * self._factor).unflatten(-1, (-1, self._width))
        seen = rms_norm(seen, self._norm, self._epsilon)
        return (seen + tokens.view_as(seen)) * self._half
