# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The reference over a quantized window: for a CPU, and what the kernels are measured against.

Keys are kept once, un-rotated, and are rotated whenever they are read, as the kernels do: a
second, rotated copy would cost the memory that this saves, and could not be freed of its offset.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.backbone.attention.reference import ReferenceAttention
from streamo_ros.backbone.attention.reference import write_rows
from streamo_ros.backbone.attention.shape import WindowShape
from streamo_ros.backbone.attention.storage import dequantize
from streamo_ros.backbone.attention.storage import quantize
from streamo_ros.backbone.attention.storage import SCALE
from streamo_ros.backbone.attention.storage import WindowFormat
from streamo_ros.backbone.rotary import Rotary
from streamo_ros.backbone.rotary import rotate
from streamo_ros.backbone.step import ModelStep
from streamo_ros.backbone.step import Span


class QuantizedAttention(ReferenceAttention):
    """Satisfies `attention.Attention`.

    Attributes:
        layers: one buffer a layer, (2, lanes, heads, rows, dim): un-rotated keys without their
            offset, and values.
        scales: of each layer, float32, (2, lanes, heads, rows).

    Args:
        shape: sizes of the window.
        rotary: of the checkpoint.
        device: of the buffers.
        dtype: of the passes.
        kept: the format, one with scales.
    """

    copies = 2

    def __init__(
        self,
        shape: WindowShape,
        rotary: Rotary,
        device: torch.device,
        dtype: torch.dtype,
        kept: WindowFormat | None = None,
    ) -> None:
        super().__init__(shape, rotary, device, dtype, kept or WindowFormat(torch.int8))
        size = (2, shape.lanes, shape.heads, shape.rows)
        self.scales = [torch.zeros(size, device=device, dtype=SCALE) for _ in range(shape.layers)]
        self._offsets = self._kept.offsets or [None] * shape.layers
        self._positions = torch.zeros(
            (3, shape.lanes, shape.rows), device=device, dtype=torch.int64
        )
        self._angles: list[tuple[Tensor, Tensor]] = []

    def begin(self, step: ModelStep) -> None:
        """See `attention.Attention.begin`: angles of the whole past as well."""
        super().begin(step)
        positions = step.places.positions.long()
        self._positions.view(3, -1)[:, step.places.targets.long()] = positions
        self._angles = [self._past_angles(span) for span in step.spans]

    def move(
        self, slot: int, rows: NDArray[np.int64], start: int, positions: NDArray[np.int64]
    ) -> None:
        """See `attention.Attention.move`: a copy, and new positions."""
        source = torch.from_numpy(rows).to(self._device)
        end = start + len(rows)
        for numbers, scales in zip(self.layers, self.scales, strict=True):
            # As bytes: not every operator knows eight-bit floats.
            lane = numbers.view(torch.uint8)[:, slot]
            lane[:, :, start:end] = lane.index_select(2, source)
            scales[:, slot, :, start:end] = scales[:, slot].index_select(2, source)
        self._positions[:, slot, start:end] = torch.from_numpy(positions).to(self._device)

    def scrub(self, slot: int, length: int) -> None:
        """Zero all rows behind a slot's length, scales too."""
        super().scrub(slot, length)
        for scales in self.scales:
            scales[:, slot, :, length:].zero_()

    def _keep(
        self, layer: int, step: ModelStep, key: Tensor, rotated: Tensor, value: Tensor
    ) -> None:
        del rotated
        offset = self._offsets[layer]
        key = key.float() if offset is None else key.float() - offset
        entry = torch.stack((key, value.float()), dim=0).transpose(1, 2)
        numbers, scales = quantize(entry, self._kept.dtype)
        write_rows(self.layers[layer], numbers, step)
        write_rows(self.scales[layer], scales, step)

    def _past(self, layer: int, at: int, span: Span) -> tuple[Tensor, Tensor]:
        slots, seen = slice(span.slot, span.slot + span.lanes), self._seen(span)
        key, value = dequantize(
            self.layers[layer][:, slots, :, seen], self.scales[layer][:, slots, :, seen]
        )
        if (offset := self._offsets[layer]) is not None:
            key = key + offset[:, None]
        # A span's last row alone may look less far back than its first.
        cos, sin = (angle[:, :, -key.shape[2] :] for angle in self._angles[at])
        return rotate(key, cos, sin), value

    def _past_angles(self, span: Span) -> tuple[Tensor, Tensor]:
        """Cosines and sines of the rows that a span looks at, each (lanes, 1, rows, dim)."""
        slots = slice(span.slot, span.slot + span.lanes)
        positions = self._positions[:, slots, self._seen(span)]
        size = (span.lanes, 1, positions.shape[2], -1)
        cos, sin = self._rotary.angles(positions.reshape(3, -1))
        return cos.view(size), sin.view(size)
