# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a vision tower computes between its matrix products: in torch, or by kernels on CUDA.

A captured pass of a 32-block tower is bound by its small kernels: each of these operators is one.
"""

from __future__ import annotations

import logging
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from streamo_ros.backbone.triton_check import missing_triton
from streamo_ros.backbone.vision.tower_norm import Norm
from streamo_ros.backbone.vision.windows import attend
from streamo_ros.backbone.vision.windows import Windows

_log = logging.getLogger(__name__)


class TowerOperators(Protocol):
    """The small operators of a tower."""

    def add_norm(
        self, x: Tensor, added: Tensor | None, scale: Tensor | None, norm: Norm
    ) -> tuple[Tensor, Tensor]:
        """A residual sum and its norm.

        Args:
            x: shape (patches, hidden); may be overwritten.
            added: likewise; None = nothing is added.
            scale: factor on `added`, (hidden,); None = 1.
            norm: of the sum.

        Returns:
            The sum, and its norm.
        """

    def gate(self, gate_up: Tensor) -> Tensor:
        """SwiGLU's product, silu(gate) * up, of (patches, 2 * width): (patches, width)."""

    def attend(self, qkv: Tensor, cos: Tensor, sin: Tensor, windows: Windows) -> Tensor:
        """Rotate queries and keys in float32, and attend within windows.

        Args:
            qkv: shape (patches, 3, heads, dim); may be overwritten.
            cos: float32, (patches, dim).
            sin: likewise, the first half negated.
            windows: of the patches.

        Returns:
            Shape (patches, heads * dim).
        """


class PlainOperators:
    """Satisfies `TowerOperators` in torch; can be exported."""

    def add_norm(
        self, x: Tensor, added: Tensor | None, scale: Tensor | None, norm: Norm
    ) -> tuple[Tensor, Tensor]:
        """See `TowerOperators.add_norm`."""
        if added is not None:
            x = x + added if scale is None else torch.addcmul(x, scale, added)
        return x, norm(x)

    def gate(self, gate_up: Tensor) -> Tensor:
        """See `TowerOperators.gate`."""
        gate, up = gate_up.chunk(2, dim=-1)
        return F.silu(gate) * up

    def attend(self, qkv: Tensor, cos: Tensor, sin: Tensor, windows: Windows) -> Tensor:
        """See `TowerOperators.attend`."""
        both = qkv[:, :2].float()
        first, second = both.chunk(2, dim=-1)
        swapped = torch.cat((second, first), dim=-1)
        turned = torch.addcmul(both * cos[:, None, None], swapped, sin[:, None, None])
        query, key = turned.to(qkv.dtype).unbind(1)
        return attend((query, key, qkv[:, 2]), windows.runs)


def find_operators(device: torch.device) -> TowerOperators:
    """Kernels on CUDA where Triton is installed, else torch."""
    if device.type != 'cuda' or (missing := missing_triton()) is not None:
        if device.type == 'cuda':
            _log.warning('the vision tower runs without Triton (%s): slower', missing)
        return PlainOperators()
    from streamo_ros.backbone.vision.tower_kernels import FusedOperators

    return FusedOperators()
