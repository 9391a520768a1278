# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention by torch's fused functions: for CUDA devices without Triton.

They also keep scores in float32. As in the reference, windows hold three tensors per token and
passes are not captured.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from streamo_ros.backbone.attention.reference import ReferenceAttention


class SdpaAttention(ReferenceAttention):
    """Satisfies `attention.Attention`."""

    name = 'sdpa'

    def _scores(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        mask = None if mask is None else mask.to(query.dtype)
        key, value = key.to(query.dtype), value.to(query.dtype)
        return F.scaled_dot_product_attention(query, key, value, mask)
