# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""RMS norm on a CPU in fewer operators than torch's own, which is made of eight there.

Source: Zhang and Sennrich, 'Root Mean Square Layer Normalization', arXiv 1910.07467, eq. 4.
"""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor


def rms_norm(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    """The RMS norm of the last axis.

    Args:
        x: shape (..., hidden).
        weight: (hidden,).
        epsilon: added to the mean square.

    Returns:
        The shape and number format of `x`.
    """
    # Exported graphs and kernels of other devices know the operator itself.
    plain = x.device.type == 'cpu' and x.dtype == weight.dtype == torch.float32
    if not plain or torch.is_grad_enabled() or torch.compiler.is_exporting():
        return F.rms_norm(x, weight.shape, weight, epsilon)
    length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    scale = torch.addcmul(_number(epsilon), length, length, value=1 / x.shape[-1]).rsqrt_()
    return (x * scale).mul_(weight)


@cache
def _number(value: float) -> Tensor:
    with torch.inference_mode(mode=False):
        return torch.tensor(value)
