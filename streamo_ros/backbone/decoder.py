# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The language model's forward pass over the key-value window, for several lanes at once.

Own code over the checkpoint's weights, because the stock forward can neither read a preallocated
window nor append different counts to several lanes. All lanes' new tokens stand one behind the
other in one flat row; only attention goes lane by lane. Everything that changes from frame to
frame is in tensors (`Step`) and everything else in `Span`s, so a pass with the same spans can be
captured once and replayed.

Knows Qwen2 and Qwen3 text layers (optional biases, optional query and key norms, SwiGLU). Knows
no words, no images and no policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.layer import bytes_of
from streamo_ros.backbone.layer import Layer
from streamo_ros.backbone.rotary import Rotary
from streamo_ros.backbone.rotary import rotate
from streamo_ros.backbone.window import KeyValueWindow
from streamo_ros.backbone.window import ROTATED
from streamo_ros.backbone.window import VALUE
from streamo_ros.core.interface import BackboneError


@dataclass(frozen=True)
class Span:
    """One run of lanes in a pass: neighbouring slots with equally many rows.

    Attributes:
        slot: the first lane's slot.
        lanes: how many slots follow each other, one or more.
        tokens: new rows of each lane, padded tail included.
        attend: rows of the window that are looked at, new ones included.
        padded: whether some of those rows can be behind a lane's last token.
    """

    slot: int
    lanes: int
    tokens: int
    attend: int
    padded: bool


@dataclass(frozen=True)
class Step:
    """What one pass computes with, on the device.

    Attributes:
        embeddings: (rows, hidden).
        positions: int64, (3, rows).
        starts: first new row of each lane in the window, int64, (lanes,).
        last: row whose hidden state is read, of each lane, int64, (lanes,).
        deepstack: added behind the first layers, (levels, rows, hidden), or None.
    """

    embeddings: Tensor
    positions: Tensor
    starts: Tensor
    last: Tensor
    deepstack: Tensor | None = None

    def parts(self) -> tuple[Tensor, ...]:
        """Its tensors, in order."""
        parts = (self.embeddings, self.positions, self.starts, self.last)
        return parts if self.deepstack is None else (*parts, self.deepstack)


@dataclass(frozen=True)
class _Glance:
    """Which rows look, and at what: spans of queries, and what is added to their scores."""

    spans: Sequence[Span]
    masks: Sequence[Tensor | None]


@dataclass(frozen=True)
class _Geometry:
    """What all layers of one pass share: angles, rows to write, and who looks at what.

    In the last layer only the rows that are read look at all: nothing else comes of the others.
    """

    spans: Sequence[Span]
    rows: Sequence[Tensor]
    cos: Tensor
    sin: Tensor
    every: _Glance
    last: _Glance


class Decoder:
    """The text model of a checkpoint.

    Args:
        text: the checkpoint's text model. Its projections are taken over and let go layer by
            layer, so that weights are never held twice.
        head: the language model head.
        rotary: its rotary embedding.
        window: where keys and values are kept.

    Raises:
        BackboneError: its layers are of a kind that is not known here.
    """

    def __init__(self, text: Any, head: nn.Module, rotary: Rotary, window: KeyValueWindow) -> None:
        config = text.config
        _check_layers(config)
        self.heads = config.num_attention_heads
        self.groups = self.heads // config.num_key_value_heads
        self.dim = window.shape.dim
        self.epsilon = config.rms_norm_eps
        self.embedding = text.embed_tokens.weight
        self.norm = text.norm.weight
        self.head = head
        self.window = window
        self._rotary = rotary
        self._layers = []
        for at, layer in enumerate(text.layers):
            self._layers.append(Layer(layer))
            text.layers[at] = nn.Identity()
        self.weight_bytes = sum(layer.bytes for layer in self._layers) + bytes_of(self.embedding)

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings of ids, (tokens, hidden)."""
        return F.embedding(ids, self.embedding)

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits of the whole vocabulary, float32, (lanes, vocabulary)."""
        logits: Tensor = self.head(hidden)
        return logits.float()

    def head_rows(self, ids: Tensor) -> Tensor | None:
        """Rows of the head for a few ids, float32, (ids, hidden); None if it is quantised."""
        return self.head.weight.detach()[ids].float() if type(self.head) is nn.Linear else None

    def forward(self, spans: Sequence[Span], step: Step) -> Tensor:
        """Append to the window and return the normed hidden state at `step.last`.

        Returns:
            Shape (lanes, hidden).
        """
        geometry = self._geometry(spans, step)
        x = step.embeddings
        for at, layer in enumerate(self._layers):
            normed = F.rms_norm(x, layer.input_norm.shape, layer.input_norm, self.epsilon)
            query = self._remember(at, normed, geometry)
            glance = geometry.every
            if final := at == len(self._layers) - 1:
                x, query = x.index_select(0, step.last), query.index_select(0, step.last)
                glance = geometry.last
            x = x + layer.out(self._look(at, query, glance))
            normed = F.rms_norm(x, layer.post_norm.shape, layer.post_norm, self.epsilon)
            gate, up = layer.gate_up(normed).chunk(2, dim=-1)
            x = x + layer.down(F.silu(gate) * up)
            if step.deepstack is not None and at < len(step.deepstack) and not final:
                x = x + step.deepstack[at]
        return F.rms_norm(x, self.norm.shape, self.norm, self.epsilon)

    def _geometry(self, spans: Sequence[Span], step: Step) -> _Geometry:
        cos, sin = self._rotary.angles(step.positions)
        rows, ends, lane, begin = [], [], 0, 0
        for span in spans:
            starts = step.starts[lane : lane + span.lanes, None]
            rows.append(starts + torch.arange(span.tokens, device=starts.device))
            first = begin + span.tokens * torch.arange(span.lanes, device=starts.device)
            ends.append(starts + (step.last[lane : lane + span.lanes] - first)[:, None])
            lane, begin = lane + span.lanes, begin + span.lanes * span.tokens
        single = [replace(span, tokens=1) for span in spans]
        every, last = self._glance(spans, rows, cos.dtype), self._glance(single, ends, cos.dtype)
        return _Geometry(spans, rows, cos.unsqueeze(1), sin.unsqueeze(1), every, last)

    def _glance(
        self, spans: Sequence[Span], rows: Sequence[Tensor], dtype: torch.dtype
    ) -> _Glance:
        masks = [self._mask(span, row, dtype) for span, row in zip(spans, rows, strict=True)]
        return _Glance(spans, masks)

    def _mask(self, span: Span, rows: Tensor, dtype: torch.dtype) -> Tensor | None:
        """What is added to scores, (lanes, 1, groups * tokens, attend), of (lanes, tokens)."""
        if span.tokens == 1 and not span.padded:
            return None
        hidden = torch.arange(span.attend, device=rows.device) > rows.unsqueeze(-1)
        mask = torch.zeros(hidden.shape, dtype=dtype, device=rows.device)
        mask.masked_fill_(hidden, float('-inf'))
        return mask.repeat(1, self.groups, 1).unsqueeze(1)

    def _remember(self, at: int, x: Tensor, geometry: _Geometry) -> Tensor:
        """Write keys and values of all rows; rotated queries, (rows, heads, dim)."""
        buffer = self.window.layers[at]
        query, key, value = self._split(self._layers[at], x)
        turned = rotate(torch.cat((query, key), dim=1), geometry.cos, geometry.sin)
        query, rotated = turned.split((self.heads, key.shape[1]), dim=1)
        entry = torch.stack((key, rotated, value), dim=0).transpose(1, 2)
        begin = 0
        for span, rows in zip(geometry.spans, geometry.rows, strict=True):
            for lane in range(span.lanes):
                own = entry[:, :, begin : begin + span.tokens]
                buffer[:, span.slot + lane].index_copy_(2, rows[lane], own)
                begin += span.tokens
        return query

    def _look(self, at: int, query: Tensor, glance: _Glance) -> Tensor:
        """Attention of all lanes, (queries, heads * dim).

        The query heads of a key head stand behind each other as rows, so that keys and values
        are read in place and never repeated.
        """
        out, begin = [], 0
        for span, mask in zip(glance.spans, glance.masks, strict=True):
            past = self.window.layers[at][:, span.slot : span.slot + span.lanes, :, : span.attend]
            end = begin + span.lanes * span.tokens
            shape = (span.lanes, span.tokens, -1, self.groups, self.dim)
            grouped = query[begin:end].reshape(shape).permute(0, 2, 3, 1, 4).flatten(2, 3)
            attend = _attend_once if span.tokens == 1 else F.scaled_dot_product_attention
            seen = attend(grouped, past[ROTATED], past[VALUE], mask)
            seen = seen.unflatten(2, (self.groups, span.tokens)).permute(0, 3, 1, 2, 4)
            out.append(seen.reshape(span.lanes * span.tokens, -1))
            begin = end
        return out[0] if len(out) == 1 else torch.cat(out)

    def _split(self, layer: Layer, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Query, key and value, each (rows, heads, dim), normed where the layer says so."""
        qkv = layer.qkv(x).unflatten(-1, (-1, self.dim))
        keys = self.heads // self.groups
        query, key, value = qkv.split((self.heads, keys, keys), dim=1)
        if layer.query_norm is not None and layer.key_norm is not None:
            query = F.rms_norm(query, (self.dim,), layer.query_norm, self.epsilon)
            key = F.rms_norm(key, (self.dim,), layer.key_norm, self.epsilon)
        return query, key, value


def _attend_once(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Attention of one token a lane, in plain products.

    The fused kernels share work out over queries and heads alone, and here are few of both: a
    GPU would be nearly idle. Products share it out over the past.
    """
    scores = query * query.shape[-1] ** -0.5 @ key.transpose(-1, -2)
    if mask is not None:
        scores = scores + mask
    return scores.softmax(-1, dtype=torch.float32).to(value.dtype) @ value


def _check_layers(config: Any) -> None:
    kinds = set(getattr(config, 'layer_types', None) or ['full_attention'])
    if kinds != {'full_attention'}:
        raise BackboneError(
            f'text layers of kind {", ".join(sorted(kinds - {"full_attention"}))} are not '
            'supported: use a checkpoint with use_sliding_window false'
        )
    if config.hidden_act != 'silu':
        raise BackboneError(
            f'the activation {config.hidden_act} of the text layers is not supported: only silu is'
        )
