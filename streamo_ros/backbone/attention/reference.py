# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention in plain torch: what a CPU runs, and what every kernel is measured against.

Keeps both rotated and un-rotated keys, because on a CPU rotating the past again would cost
more than it saves. Evictions rotate the survivors from the un-rotated ones, so nothing drifts.
Scores, softmax and rotation are float32 whatever the window's format. Reads sizes from the host,
lane by lane; its passes cannot be captured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.backbone.attention.shape import HeadNorms
from streamo_ros.backbone.attention.shape import WindowShape
from streamo_ros.backbone.attention.storage import WindowFormat
from streamo_ros.backbone.norms import rms_norm
from streamo_ros.backbone.rotary import Rotary
from streamo_ros.backbone.rotary import rotate
from streamo_ros.backbone.step import ModelStep
from streamo_ros.backbone.step import Span

RAW, ROTATED, VALUE = 0, 1, 2
"""Parts of a layer's buffer, its first axis."""
_KEPT_MASK, _KEPT_MASKS = 1 << 20, 4
"""Numbers of a mask that is kept for further steps, and how many are kept."""


@dataclass(frozen=True)
class _Plan:
    """What all layers of one step share: angles, and the masks of its spans."""

    cos: Tensor
    sin: Tensor
    masks: list[Tensor | None]


class ReferenceAttention:
    """Satisfies `attention.Attention`.

    Attributes:
        layers: one buffer a layer, (3, lanes, heads, rows, dim): un-rotated keys, rotated keys,
            values. Rows behind a slot's length hold finite numbers without meaning.

    Args:
        shape: sizes of the window.
        rotary: of the checkpoint.
        device: of the buffers.
        dtype: of the passes.
        kept: how keys and values are kept; None = in `dtype`.
    """

    name = 'reference'
    captured = False
    copies = 3

    def __init__(
        self,
        shape: WindowShape,
        rotary: Rotary,
        device: torch.device,
        dtype: torch.dtype,
        kept: WindowFormat | None = None,
    ) -> None:
        self.shape = shape
        self._kept = kept or WindowFormat(dtype)
        size, number = (shape.lanes, shape.heads, shape.rows, shape.dim), self._kept.dtype
        self.layers = [
            torch.zeros((self.copies, *size), device=device, dtype=number)
            for _ in range(shape.layers)
        ]
        self.scales: list[Tensor] = []
        self._rotary = rotary
        self._device = device
        self._groups = shape.query_heads // shape.heads
        # Most rows of the past that a row looks at.
        self._reach = min(shape.rows, shape.band - 1) if shape.band else shape.rows
        self._plan: _Plan | None = None
        self._masks: dict[int, Tensor] = {}

    def begin(self, step: ModelStep) -> None:
        """See `attention.Attention.begin`: angles and masks."""
        cos, sin = self._rotary.angles(step.places.positions)
        masks = [self._mask(span) for span in step.spans]
        self._plan = _Plan(cos.unsqueeze(1), sin.unsqueeze(1), masks)

    def attend(
        self, layer: int, qkv: Tensor, norms: HeadNorms | None, step: ModelStep, *, final: bool
    ) -> Tensor:
        """See `attention.Attention.attend`."""
        plan = self._plan
        if plan is None:
            raise RuntimeError('attend before begin')
        query = self._store(layer, qkv, norms, step, plan)
        if not final:
            return self._look(layer, query, step.spans, plan.masks)
        return self._look_last(layer, query.index_select(0, step.places.lasts), step)

    def look(self, layer: int, query: Tensor, norms: HeadNorms, step: ModelStep) -> Tensor:
        """The last row of each lane attends to keys that a layer before has written.

        Args:
            layer: the one that has them.
            query: queries alone, (lanes, query heads * dim).
            norms: of queries.
            step: the one that was begun.

        Returns:
            (lanes, query heads * dim).
        """
        plan = self._plan
        if plan is None:
            raise RuntimeError('look before begin')
        heads = rms_norm(query.unflatten(-1, (-1, self.shape.dim)), norms.query, norms.epsilon)
        cos, sin = (angle.index_select(0, step.places.lasts) for angle in (plan.cos, plan.sin))
        return self._look_last(layer, rotate(heads, cos, sin), step)

    def _look_last(self, layer: int, query: Tensor, step: ModelStep) -> Tensor:
        """Attention of one row of each lane, its last; `query` is (lanes, heads, dim)."""
        single = [Span(span.slot, span.lanes, 1, span.start + span.tokens - 1)
                  for span in step.spans]  # fmt: skip
        return self._look(layer, query, single, [None] * len(single))

    def move(
        self, slot: int, rows: NDArray[np.int64], start: int, positions: NDArray[np.int64]
    ) -> None:
        """See `attention.Attention.move`: survivors are rotated from un-rotated keys."""
        source = torch.from_numpy(rows).to(self._device)
        cos, sin = self._rotary.angles(torch.from_numpy(positions).to(self._device))
        end = start + len(rows)
        for layer in self.layers:
            lane = layer[:, slot]
            raw = lane[RAW].index_select(1, source)
            lane[VALUE, :, start:end] = lane[VALUE].index_select(1, source)
            lane[RAW, :, start:end] = raw
            lane[ROTATED, :, start:end] = rotate(raw, cos, sin)

    def scrub(self, slot: int, length: int) -> None:
        """Zero all rows behind a slot's length: zero times not-a-number is not zero."""
        for layer in self.layers:
            layer[:, slot, :, length:].zero_()

    def _store(
        self, layer: int, qkv: Tensor, norms: HeadNorms | None, step: ModelStep, plan: _Plan
    ) -> Tensor:
        """Write keys and values of all rows; rotated queries, (rows, heads, dim)."""
        heads, keys, dim = self.shape.query_heads, self.shape.heads, self.shape.dim
        rows = qkv.unflatten(-1, (-1, dim))
        # Where there are no values, the keys before their norm are the values, too.
        query, key, value = rows[:, :heads], rows[:, heads : heads + keys], rows[:, -keys:]
        if norms:
            query = rms_norm(query, norms.query, norms.epsilon)
            key = rms_norm(key, norms.key, norms.epsilon)
            if norms.value is not None:
                value = rms_norm(value, norms.value, norms.epsilon)
            both = torch.cat((query, key), dim=1)
        else:
            both = rows[:, : heads + keys]
        turned = rotate(both, plan.cos, plan.sin)
        query, rotated = turned.split((heads, keys), dim=1)
        self._keep(layer, step, key, rotated, value)
        return query

    def _keep(
        self, layer: int, step: ModelStep, key: Tensor, rotated: Tensor, value: Tensor
    ) -> None:
        """Write new rows, each (rows, key heads, dim)."""
        entry = torch.stack((key, rotated, value), dim=0).transpose(1, 2)
        write_rows(self.layers[layer], entry, step)

    def _past(self, layer: int, at: int, span: Span) -> tuple[Tensor, Tensor]:
        """Rotated keys and values that a span looks at, (lanes, key heads, tokens, dim).

        Args:
            layer: its number.
            at: which of the step's spans it is.
            span: its slots, and what they hold once its rows are written.
        """
        del at
        past = self.layers[layer][:, span.slot : span.slot + span.lanes, :, self._seen(span)]
        return past[ROTATED], past[VALUE]

    def _seen(self, span: Span) -> slice:
        """The rows of a slot that any new row of a span looks at."""
        return slice(max(0, span.start - self._reach), span.start + span.tokens)

    def _look(
        self, layer: int, query: Tensor, spans: tuple[Span, ...] | list[Span],
        masks: list[Tensor | None],
    ) -> Tensor:  # fmt: skip
        """Attention of all spans, (queries, heads * dim).

        The query heads of a key head become consecutive rows, so that keys and values
        are read in place and never repeated.
        """
        out, begin = [], 0
        for at, (span, mask) in enumerate(zip(spans, masks, strict=True)):
            key, value = self._past(layer, at, span)
            end = begin + span.lanes * span.tokens
            shape = (span.lanes, span.tokens, -1, self._groups, self.shape.dim)
            grouped = query[begin:end].reshape(shape).permute(0, 2, 3, 1, 4).flatten(2, 3)
            seen = self._scores(grouped, key, value, mask)
            seen = seen.unflatten(2, (self._groups, span.tokens)).permute(0, 3, 1, 2, 4)
            out.append(seen.reshape(span.lanes * span.tokens, -1))
            begin = end
        return out[0] if len(out) == 1 else torch.cat(out)

    def _scores(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        """Attention of grouped queries, (lanes, key heads, rows, dim).

        A single token uses plain products, which are parallel over the past; the fused function is
        parallel over queries and heads, of which there are few.
        """
        if mask is not None and query.dtype == key.dtype == torch.float32:
            return F.scaled_dot_product_attention(query, key, value, mask)
        scores = (query.float() * query.shape[-1] ** -0.5) @ key.float().transpose(-1, -2)
        if mask is not None:
            scores = scores + mask
        return (scores.softmax(-1) @ value.float()).to(query.dtype)

    def _mask(self, span: Span) -> Tensor | None:
        """What is added to scores, (groups * tokens, seen tokens); None = nothing."""
        if span.tokens == 1:
            return None
        past = min(span.start, self._reach)
        if span.tokens * self._groups * self.shape.rows > _KEPT_MASK:
            return self._new_mask(span.tokens, past)
        # The new tokens are the last columns, so a longer past is the same mask cut further left.
        if span.tokens not in self._masks:
            if len(self._masks) == _KEPT_MASKS:
                self._masks.pop(next(iter(self._masks)))
            self._masks[span.tokens] = self._new_mask(span.tokens, self._reach)
        return self._masks[span.tokens][:, self._reach - past :]

    def _new_mask(self, tokens: int, past: int) -> Tensor:
        """The mask of `tokens` new tokens behind `past` ones."""
        mask = torch.zeros((tokens, past + tokens), device=self._device)
        hidden = torch.ones_like(mask, dtype=torch.bool).triu(past + 1)
        if self.shape.band:
            hidden |= torch.ones_like(hidden).tril(past - self.shape.band)
        mask.masked_fill_(hidden, float('-inf'))
        return mask.repeat(self._groups, 1)


def write_rows(buffer: Tensor, entry: Tensor, step: ModelStep) -> None:
    """Put new rows where they belong.

    Args:
        buffer: (parts, lanes, key heads, rows, ...).
        entry: (parts, key heads, new rows, ...).
        step: says where.
    """
    begin = 0
    for span in step.spans:
        end, rows = begin + span.lanes * span.tokens, slice(span.start, span.start + span.tokens)
        own = entry[:, :, begin:end]
        if span.lanes == 1:
            buffer[:, span.slot, :, rows] = own
        else:
            lanes = own.unflatten(2, (span.lanes, span.tokens)).transpose(1, 2)
            buffer[:, span.slot : span.slot + span.lanes, :, rows] = lanes
        begin = end
