# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Blocks of a vision tower, taken over from transformers with their weights joined.

Projections that read the same input become one matrix product, and hidden sizes that a GPU's
matrix units cannot address are padded with zeros (Qwen2.5-VL's 3,420 columns are no multiple of
16 bytes in 16-bit formats, which costs more than half of the speed). The residual sum of a block
is left to the norm that follows it, so that both are one operator.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.vision.tower_operators import Norm
from streamo_ros.backbone.vision.tower_operators import TowerOperators

ALIGNED, PADDED = 8, 64
"""Columns that are no multiple of the first are padded to a multiple of the second."""


class TowerBlock(nn.Module):
    """One pre-norm block: attention, then an MLP.

    Args:
        norms: in front of attention and of the MLP.
        qkv: queries, keys and values, one after the other on the last axis.
        out: of attention.
        mlp: its first and last projection.
        activation: between them; None is SwiGLU, for which `mlp[0]` gives gate and up, one after
            the other.
        scales: factors on what attention and the MLP add, (hidden,) each; () is none.
    """

    def __init__(
        self,
        norms: tuple[Norm, Norm],
        qkv: nn.Module,
        out: nn.Module,
        mlp: tuple[nn.Module, nn.Module],
        activation: nn.Module | None,
        scales: Sequence[Tensor] = (),
    ) -> None:
        super().__init__()
        self.norm1, self.norm2 = norms
        self.qkv, self.out = qkv, out
        self.up, self.down = mlp
        self.activation = activation
        first, second = scales or (None, None)
        self.scale1 = None if first is None else nn.Buffer(first.detach(), persistent=False)
        self.scale2 = None if second is None else nn.Buffer(second.detach(), persistent=False)

    def forward(
        self,
        x: Tensor,
        added: Tensor | None,
        scale: Tensor | None,
        attend: Callable[[Tensor], Tensor],
        operators: TowerOperators,
    ) -> tuple[Tensor, Tensor]:
        """Run the block.

        Args:
            x: shape (patches, hidden); may be overwritten.
            added: what the block before adds to it; None = nothing.
            scale: that block's factor on it.
            attend: attention over the output of `qkv`.
            operators: run everything between the matrix products.

        Returns:
            The new `x`, and what this block adds to it, `scale2` not applied.
        """
        x, normed = operators.add_norm(x, added, scale, self.norm1)
        seen = self.out(attend(self.qkv(normed)))
        x, normed = operators.add_norm(x, seen, self.scale1, self.norm2)
        hidden = self.up(normed)
        act = operators.gate if self.activation is None else self.activation
        return x, self.down(act(hidden))


class _SideBySide(nn.Module):
    """Projections that cannot be joined, as quantized ones."""

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(modules)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([part(x) for part in self.parts], dim=-1)


def join(*modules: Any) -> nn.Module:
    """Projections of the same input as one, outputs one after the other."""
    if any(type(module) is not nn.Linear for module in modules):
        return _SideBySide(modules)
    weight = torch.cat([module.weight.detach() for module in modules])
    return _linear(weight, _joined_bias(modules))


def gated_mlp(gate: Any, up: Any, down: Any) -> tuple[nn.Module, nn.Module]:
    """The projections of SwiGLU, gate and up joined, their width padded to what a GPU can address.

    Padding changes no number: silu(0) * 0 is zero, and so are the columns that read it.
    """
    linear = all(type(module) is nn.Linear for module in (gate, up, down))
    width = down.weight.shape[1] if linear else 0
    missing = -width % PADDED if width % ALIGNED else 0
    if not missing:
        return join(gate, up), down
    rows = [F.pad(module.weight.detach(), (0, 0, 0, missing)) for module in (gate, up)]
    bias = _joined_bias([gate, up])
    if bias is not None:
        bias = F.pad(bias.unflatten(0, (2, -1)), (0, missing)).flatten()
    return (
        _linear(torch.cat(rows), bias),
        _linear(F.pad(down.weight.detach(), (0, missing)), down.bias),
    )


def take_blocks(blocks: nn.ModuleList, convert: Callable[[Any], TowerBlock]) -> nn.ModuleList:
    """Replace a tower's blocks by ours, in place and once: all grids share them.

    Args:
        blocks: the tower's own; the originals are released one by one.
        convert: makes ours of one of them.
    """
    for at, block in enumerate(blocks):
        if not isinstance(block, TowerBlock):
            blocks[at] = convert(block)
    return blocks


def _joined_bias(modules: Sequence[nn.Linear]) -> Tensor | None:
    if all(module.bias is None for module in modules):
        return None
    return torch.cat(
        [
            module.weight.new_zeros(module.out_features)
            if module.bias is None
            else module.bias.detach()
            for module in modules
        ]
    )


def _linear(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    """A linear layer of these very tensors."""
    rows, columns = weight.shape
    linear = nn.Linear(columns, rows, bias=bias is not None, device='meta', dtype=weight.dtype)
    linear.weight = nn.Parameter(weight, requires_grad=False)
    if bias is not None:
        linear.bias = nn.Parameter(bias.detach(), requires_grad=False)
    return linear
