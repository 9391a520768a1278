# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How keys and values are kept: in a floating-point format, or quantized with scales.

A quantized row of a head has one scale, its largest number over the largest of the format. Keys
are kept un-rotated, so what a layer adds to every key (the bias of Qwen2's key projection, a
hundred and more in a few channels) is taken off before and added again when they are read: it
would take all of the scale. After a rotation that would not be possible.

Source: per-token scales as in KVQuant, Hooper et al., arXiv 2401.18079, which also found that keys
quantize better before rotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

FORMATS = {
    'float32': torch.float32,
    'bfloat16': torch.bfloat16,
    'float16': torch.float16,
    'int8': torch.int8,
    'float8': torch.float8_e4m3fn,
}
"""What `context.dtype` may be besides auto."""
LARGEST = {torch.int8: 127.0, torch.float8_e4m3fn: 448.0}
"""Formats with scales, and the largest number of each."""
SCALE = torch.float32


@dataclass(frozen=True)
class WindowFormat:
    """How a window keeps its numbers.

    Attributes:
        dtype: number format of keys and values.
        offsets: of each layer, what is taken off its keys before they are quantized, float32,
            (key heads, dim); None = nothing. Empty = nothing in any layer.
    """

    dtype: torch.dtype
    offsets: Sequence[Tensor | None] = ()

    @property
    def quantized(self) -> bool:
        """Whether rows have scales."""
        return self.dtype in LARGEST


def name_of(dtype: torch.dtype) -> str:
    """The name of a format in `context.dtype`."""
    return next(name for name, known in FORMATS.items() if known == dtype)


def row_bytes(dim: int, dtype: torch.dtype) -> int:
    """Bytes of one head's key or value."""
    return dim * dtype.itemsize + (SCALE.itemsize if dtype in LARGEST else 0)


def quantize(rows: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Numbers and scales; a row with a number that is not finite gets a scale that is none.

    Args:
        rows: float32, (..., dim).
        dtype: one of `LARGEST`.

    Returns:
        Numbers (..., dim) and float32 scales (...,).
    """
    scales = rows.abs().amax(-1) / LARGEST[dtype]
    numbers = rows * torch.where(scales > 0, 1 / scales, 0.0)[..., None]
    if dtype == torch.int8:
        numbers = (numbers + 0.5).floor().nan_to_num(0.0).clamp(-127, 127)
    return numbers.to(dtype), scales


def dequantize(numbers: Tensor, scales: Tensor) -> Tensor:
    """The rows, float32."""
    return numbers.float() * scales[..., None]
