# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Qwen2-VL: a vision tower with full attention and plain blocks; the base of LiveCC.

Source: Wang et al., 'Qwen2-VL', arXiv 2409.12191.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.qwen2_5_vl import Qwen25VL
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision.constants import axial_angles
from streamo_ros.backbone.vision.constants import patch_kernel
from streamo_ros.backbone.vision.constants import patch_places
from streamo_ros.backbone.vision.tower_attention import TowerAttention
from streamo_ros.backbone.vision.tower_block import take_blocks
from streamo_ros.backbone.vision.tower_block import TowerBlock
from streamo_ros.backbone.vision.tower_operators import find_operators
from streamo_ros.backbone.vision.tower_operators import Norm


class Qwen2VL(Qwen25VL):
    """The family; see `family.Family`. All but the tower is as in Qwen2.5-VL."""

    def tower(self, model: Any, grid: Grid) -> VisionEncoder:
        """The vision tower for one grid."""
        return FullTower(model.model.visual, grid)


class FullTower(nn.Module):
    """Qwen2-VL's vision tower with the grid as constants."""

    def __init__(self, visual: Any, grid: Grid) -> None:
        super().__init__()
        self.grid = grid
        kernel = visual.patch_embed.proj.weight.detach()
        self.operators = find_operators(kernel.device)
        self.blocks = take_blocks(visual.blocks, plain_block)
        self.norm = Norm(visual.merger.ln_q)
        self.merger = visual.merger.mlp
        self.parts = ((1, grid.patches[0] * grid.patches[1]),)
        self.embed = nn.Buffer(patch_kernel(kernel, grid), persistent=False)
        angles = axial_angles(patch_places(grid), visual.rotary_pos_emb.inv_freq)
        self.attention = TowerAttention(visual.config.num_heads, *angles)

    def forward(self, patches: Tensor) -> tuple[Tensor, ...]:
        """See `vision.VisionEncoder`."""
        attend = partial(self.attention, parts=self.parts, operators=self.operators)
        x = F.linear(patches, self.embed)
        added: Tensor | None = None
        for block in self.blocks:
            x, added = block(x, added, None, attend, self.operators)
        _, normed = self.operators.add_norm(x, added, None, self.norm)
        return (self.merger(normed.reshape(self.grid.tokens, -1)),)


def plain_block(block: Any) -> TowerBlock:
    """The parts of one block."""
    return TowerBlock(
        (Norm(block.norm1), Norm(block.norm2)),
        block.attn.qkv,
        block.attn.proj,
        (block.mlp.fc1, block.mlp.fc2),
        block.mlp.act,
    )
