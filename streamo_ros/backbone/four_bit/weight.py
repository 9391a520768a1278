# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A weight matrix of four-bit numbers with scales and zero points, whatever file it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

GROUPS = (32, 64, 128, 256)
"""Inputs that may share a scale: what torch's operator knows."""
USUAL_GROUP = 128
"""What most published checkpoints have."""
BLOCK = 8
"""Numbers in an int32, and outputs that torch's operator takes at once."""


@dataclass(frozen=True)
class FourBitWeight:
    """A matrix `(numbers - zeros) * scales`; a group of inputs shares a scale and a zero point.

    Attributes:
        numbers: 0 to 15, uint8, (outputs, inputs).
        scales: float32, (outputs, groups).
        zeros: the numbers that mean 0, float32, (outputs, groups).
    """

    numbers: Tensor
    scales: Tensor
    zeros: Tensor

    @property
    def group(self) -> int:
        """Inputs that share a scale."""
        return self.numbers.shape[1] // self.scales.shape[1]

    def dequantize(self, dtype: torch.dtype) -> Tensor:
        """The matrix, rounded once, (outputs, inputs)."""
        grouped = self.numbers.view(*self.scales.shape, self.group)
        weight = (grouped - self.zeros[..., None]) * self.scales[..., None]
        return weight.flatten(1).to(dtype)


def join_weights(weights: Sequence[FourBitWeight]) -> FourBitWeight:
    """Matrices of the same inputs, one below the other."""
    return FourBitWeight(
        torch.cat([weight.numbers for weight in weights]),
        torch.cat([weight.scales for weight in weights]),
        torch.cat([weight.zeros for weight in weights]),
    )


def packed_bytes(numbers: int, group: int) -> int:
    """Bytes of so many numbers on CUDA: half a byte each, and two bfloat16 numbers a group."""
    return numbers // 2 + numbers // group * 4
