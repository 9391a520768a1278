# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a vision tower computes between its matrix products: in torch, or by kernels on CUDA.

A captured pass of a 32-block tower is bound by its small kernels: each of these operators is one.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.norms import rms_norm

_log = logging.getLogger(__name__)


class Norm(nn.Module):
    """Weights of a norm over the last axis: layer norm, or RMS norm.

    Args:
        norm: of torch or transformers.
    """

    def __init__(self, norm: Any) -> None:
        super().__init__()
        self.centered = isinstance(norm, nn.LayerNorm)
        self.weight = norm.weight
        self.bias = getattr(norm, 'bias', None)
        self.epsilon = float(norm.eps if self.centered else norm.variance_epsilon)

    def forward(self, x: Tensor) -> Tensor:
        """The norm of x, computed in float32."""
        if self.centered:
            return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.epsilon)
        return rms_norm(x, self.weight, self.epsilon)


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

    def rotate(self, qkv: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rotate queries and keys in float32.

        Args:
            qkv: shape (patches, 3, heads, dim); may be overwritten.
            cos: float32, (patches, dim).
            sin: likewise, the first half negated.

        Returns:
            Queries, keys and values, (patches, heads, dim).
        """


class PlainTowerOperators:
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

    def rotate(self, qkv: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See `TowerOperators.rotate`."""
        both = qkv[:, :2].float()
        first, second = both.chunk(2, dim=-1)
        swapped = torch.cat((second, first), dim=-1)
        turned = torch.addcmul(both * cos[:, None, None], swapped, sin[:, None, None])
        query, key = turned.to(qkv.dtype).unbind(1)
        return query, key, qkv[:, 2]


def find_operators(device: torch.device) -> TowerOperators:
    """Kernels on CUDA where Triton is installed, else torch."""
    if device.type != 'cuda' or (missing := _missing_triton()) is not None:
        if device.type == 'cuda':
            _log.warning('the vision tower runs without Triton (%s): slower', missing)
        return PlainTowerOperators()
    from streamo_ros.backbone.vision.tower_kernels import FusedTowerOperators

    return FusedTowerOperators()


@cache
def _missing_triton() -> str | None:
    try:
        import triton  # noqa: F401
    except ImportError as error:
        return str(error)
    return None
