# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
# mypy: disable-error-code="no-untyped-def, untyped-decorator"
"""Small operators as Triton kernels: a residual sum with its norm, and SwiGLU's product."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

_BLOCK = 1024


@triton.jit
def add_norm_kernel(
    x, added, weight, total, normed, SIZE: tl.constexpr, SIZE_P: tl.constexpr,
    ADD: tl.constexpr, EPSILON: tl.constexpr,
):  # fmt: skip
    """One row: total = x + added, rounded, and normed = RMS norm of it. Grid: (rows,)."""
    at = tl.arange(0, SIZE_P)
    mask = at < SIZE
    place = tl.program_id(0).to(tl.int64) * SIZE + at
    row = tl.load(x + place, mask=mask, other=0.0).to(tl.float32)
    if ADD:
        row += tl.load(added + place, mask=mask, other=0.0).to(tl.float32)
        rounded = row.to(x.dtype.element_ty)
        tl.store(total + place, rounded, mask=mask)
        row = rounded.to(tl.float32)
    factor = tl.rsqrt(tl.sum(row * row, 0) / SIZE + EPSILON)
    scale = tl.load(weight + at, mask=mask, other=0.0).to(tl.float32)
    tl.store(normed + place, row * factor * scale, mask=mask)


@triton.jit
def gate_kernel(gate_up, out, SIZE: tl.constexpr, BLOCK: tl.constexpr):
    """Out = silu(gate) * up. Grid: (rows, blocks of SIZE)."""
    at = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    mask = at < SIZE
    row = tl.program_id(0).to(tl.int64)
    gate = tl.load(gate_up + row * 2 * SIZE + at, mask=mask, other=0.0).to(tl.float32)
    up = tl.load(gate_up + (row * 2 + 1) * SIZE + at, mask=mask, other=0.0).to(tl.float32)
    tl.store(out + row * SIZE + at, gate * tl.sigmoid(gate) * up, mask=mask)


class FusedOperators:
    """Satisfies `operators.Operators`."""

    def norm(self, x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
        """See `operators.Operators.norm`."""
        return _add_norm(x, x, weight, epsilon, add=False)[1]

    def add_norm(
        self, x: Tensor, added: Tensor, weight: Tensor, epsilon: float
    ) -> tuple[Tensor, Tensor]:
        """See `operators.Operators.add_norm`."""
        return _add_norm(x, added, weight, epsilon, add=True)

    def gate(self, gate_up: Tensor) -> Tensor:
        """See `operators.Operators.gate`."""
        return gate(gate_up)


def gate(gate_up: Tensor) -> Tensor:
    """SwiGLU's product, silu(gate) * up; the vision towers use it too.

    Args:
        gate_up: both halves, (rows, 2 * width).
    """
    rows, width = gate_up.shape[0], gate_up.shape[1] // 2
    out = gate_up.new_empty((rows, width))
    gate_kernel[(rows, triton.cdiv(width, _BLOCK))](
        gate_up, out, SIZE=width, BLOCK=_BLOCK, num_warps=4
    )
    return out


def _add_norm(
    x: Tensor, added: Tensor, weight: Tensor, epsilon: float, *, add: bool
) -> tuple[Tensor, Tensor]:
    rows, size = x.shape
    x, added = x.contiguous(), added.contiguous()
    total, normed = torch.empty_like(x) if add else x, torch.empty_like(x)
    add_norm_kernel[(rows,)](
        x, added, weight, total, normed, SIZE=size, SIZE_P=triton.next_power_of_2(size),
        ADD=add, EPSILON=epsilon, num_warps=4 if size <= 2048 else 8,
    )  # fmt: skip
    return total, normed
