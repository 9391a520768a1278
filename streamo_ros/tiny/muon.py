# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Muon in single precision, all matrices of one shape at once.

torch's own multiplies in bfloat16 one matrix after another: on a CPU that knows bfloat16 only by
name, that takes as long as the rest of a small model's step.

Source: Jordan et al. 2024, scaled to AdamW's step as Liu et al., arXiv 2502.16982.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterable
from math import sqrt
from typing import Any

import torch
from torch import nn
from torch import Tensor

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5
_SCALE = 0.2
"""Root mean square of AdamW's steps, which those of Muon are scaled to."""


class Muon(torch.optim.Optimizer):
    """Momentum whose update is made orthogonal, for matrices.

    Args:
        parameters: matrices.
        lr: learning rate.
        weight_decay: decoupled, relative to the rate.
        momentum: of the gradients' running mean, with Nesterov's look ahead.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float,
        weight_decay: float = 0.02,
        momentum: float = 0.95,
    ) -> None:
        defaults = {'lr': lr, 'weight_decay': weight_decay, 'momentum': momentum}
        super().__init__(parameters, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]  # noqa: ARG002
        """Take a step; `closure` is not used."""
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
            for parameter in group['params']:
                if parameter.grad is not None:
                    by_shape[parameter.shape].append(parameter)
            for shape, parameters in by_shape.items():
                updates = [self._update(parameter, group['momentum']) for parameter in parameters]
                rate = group['lr'] * _SCALE * sqrt(max(shape))
                for parameter, update in zip(
                    parameters, orthogonal(torch.stack(updates)), strict=True
                ):
                    parameter.mul_(1 - group['lr'] * group['weight_decay'])
                    parameter.sub_(update, alpha=rate)

    def _update(self, parameter: nn.Parameter, momentum: float) -> Tensor:
        state: dict[str, Any] = self.state[parameter]
        gradient = parameter.grad
        assert gradient is not None
        if 'momentum_buffer' not in state:
            state['momentum_buffer'] = torch.zeros_like(gradient)
        buffer: Tensor = state['momentum_buffer']
        buffer.lerp_(gradient, 1 - momentum)
        return gradient.lerp(buffer, momentum)


def orthogonal(matrices: Tensor) -> Tensor:
    """Matrices with the same singular vectors and all singular values near 1.

    Args:
        matrices: float32, shape (matrices, rows, columns).
    """
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    a, b, c = _COEFFICIENTS
    for _ in range(_ITERATIONS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x
