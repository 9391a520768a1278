# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The language model's forward pass over the key-value window, for several lanes at once.

Own code over the checkpoint's weights, because the stock forward can neither read a preallocated
window nor append different counts to several lanes. All lanes' new tokens stand one behind the
other in one flat row; only attention goes lane by lane. Everything that changes from frame to
frame is in a `ModelStep`'s tensors, so that a pass can be captured once and replayed.

Knows Qwen2 and Qwen3 text layers (optional biases, optional query and key norms, SwiGLU). Knows
no words, no images and no policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.attention import Attention
from streamo_ros.backbone.layer import bytes_of
from streamo_ros.backbone.layer import Layer
from streamo_ros.backbone.operators import Operators
from streamo_ros.backbone.operators import PlainOperators
from streamo_ros.backbone.score_head import ScoreHead
from streamo_ros.backbone.step import ModelStep

LayerT = TypeVar('LayerT', bound=Layer)


class Decoder:
    """The text model of a checkpoint.

    Args:
        text: the checkpoint's text model, whose layers have been taken over.
        layers: those, see `take_layers`.
        head: the language model head.
        attention: where keys and values are kept.
        operators: what runs between matrix products.
    """

    def __init__(
        self,
        text: Any,
        layers: Sequence[Layer],
        head: nn.Module,
        attention: Attention,
        operators: Operators | None = None,
    ) -> None:
        self.epsilon = text.config.rms_norm_eps
        self.embedding = text.embed_tokens.weight
        self.norm = text.norm.weight
        self.head = head
        self.attention = attention
        self._operators = operators or PlainOperators()
        self._layers = layers
        self.weight_bytes = sum(layer.bytes for layer in layers) + bytes_of(self.embedding)

    def embed(self, ids: Tensor) -> Tensor:
        """What a step's rows have for ids, (tokens, hidden)."""
        return F.embedding(ids, self.embedding)

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits of the whole vocabulary, float32, (lanes, vocabulary)."""
        logits: Tensor = self.head(hidden)
        return logits.float()

    def head_rows(self, ids: Tensor) -> Tensor | None:
        """Rows of the head for a few ids, float32, (ids, hidden); None if it is quantized.

        Of a score head, its rows for the three states, whatever the ids.
        """
        if isinstance(self.head, ScoreHead):
            return self.head.rows.float()
        return self.head.weight.detach()[ids].float() if type(self.head) is nn.Linear else None

    def read(self, hidden: Tensor, rows: Tensor) -> Tensor:
        """Logits of a few rows of the head, float32, (lanes, ids).

        Args:
            hidden: (lanes, hidden).
            rows: see `head_rows`.
        """
        return F.linear(hidden.float(), rows)

    def forward(self, step: ModelStep) -> Tensor:
        """Append to the window and return the normed hidden state of each lane's last row.

        In the last layer only those rows look at all: nothing else comes of the others.

        Returns:
            Shape (lanes, hidden).
        """
        attention, operators = self.attention, self._operators
        attention.begin(step)
        x = step.embeddings
        normed = operators.norm(x, self._layers[0].input_norm, self.epsilon)
        for at, layer in enumerate(self._layers):
            final = at == len(self._layers) - 1
            qkv = layer.qkv(normed)
            seen = attention.attend(at, qkv, layer.head_norms, step, final=final)
            if final:
                x = x.index_select(0, step.places.lasts)
            x, normed = operators.add_norm(x, layer.out(seen), layer.post_norm, self.epsilon)
            down = layer.down(operators.gate(layer.gate_up(normed)))
            if not final and step.deepstack is not None and at < len(step.deepstack):
                down = down + step.deepstack[at]
            weight = self.norm if final else self._layers[at + 1].input_norm
            x, normed = operators.add_norm(x, down, weight, self.epsilon)
        return normed


def take_layers(text: Any, device: torch.device, kind: type[LayerT]) -> list[LayerT]:
    """Take over a text model's layers, one by one, so that weights are never held twice.

    Args:
        text: the checkpoint's text model; its layers are let go.
        device: where they are wanted.
        kind: the class that takes over one of them.

    Raises:
        BackboneError: its layers are of a kind that is not known here.
    """
    kind.check(text.config)
    layers = []
    for at, layer in enumerate(text.layers):
        layers.append(kind(layer, text.config.rms_norm_eps, device))
        text.layers[at] = nn.Identity()
        del layer
        if device.type == 'cuda':
            # What was joined on the device left a hole that nothing else would fit.
            torch.cuda.empty_cache()
    return layers
