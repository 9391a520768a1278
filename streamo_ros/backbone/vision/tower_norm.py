# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Norms of the vision towers, whatever module of transformers they come from."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import nn
from torch import Tensor


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
        return F.rms_norm(x, self.weight.shape, self.weight, self.epsilon)
