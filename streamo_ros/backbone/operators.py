# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The small operators between matrix products: plain torch, or fused on CUDA.

A GPU pass of one token is hundreds of launches; each of these saves one or two per layer.
"""

from __future__ import annotations

from typing import Protocol

import torch.nn.functional as F
from torch import Tensor

from streamo_ros.backbone.norms import rms_norm


class Operators(Protocol):
    """What a decoder layer needs besides matrix products and attention."""

    def norm(self, x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
        """RMS norm of the last axis; x (rows, hidden)."""

    def add_norm(
        self, x: Tensor, added: Tensor, weight: Tensor, epsilon: float
    ) -> tuple[Tensor, Tensor]:
        """The sum, and its RMS norm."""

    def gate(self, gate_up: Tensor) -> Tensor:
        """SwiGLU's product, silu(gate) * up, of (rows, 2 * width), which may be overwritten."""


class PlainOperators:
    """Satisfies `Operators` in torch."""

    def norm(self, x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
        """See `Operators.norm`."""
        return rms_norm(x, weight, epsilon)

    def add_norm(
        self, x: Tensor, added: Tensor, weight: Tensor, epsilon: float
    ) -> tuple[Tensor, Tensor]:
        """See `Operators.add_norm`."""
        x = x + added
        return x, self.norm(x, weight, epsilon)

    def gate(self, gate_up: Tensor) -> Tensor:
        """See `Operators.gate`."""
        gate, up = gate_up.chunk(2, dim=-1)
        return F.silu(gate, inplace=True).mul_(up)


def find_operators(fused: bool) -> Operators:
    """Fused operators if requested (they need Triton), else plain ones."""
    if not fused:
        return PlainOperators()
    from streamo_ros.backbone.fused_operators import FusedOperators

    return FusedOperators()
