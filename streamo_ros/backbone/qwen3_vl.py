# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Qwen3-VL: a vision tower whose middle layers feed the first text layers, and interleaved axes.

Source: 'Qwen3-VL Technical Report', arXiv 2511.21631; DeepStack, arXiv 2406.04334.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn
from torch import Tensor

from streamo_ros.backbone.qwen2_5_vl import Qwen25VL
from streamo_ros.backbone.rotary import interleaved
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision.constants import axial_angles
from streamo_ros.backbone.vision.constants import patch_kernel
from streamo_ros.backbone.vision.constants import patch_places
from streamo_ros.backbone.vision.constants import resampled
from streamo_ros.backbone.vision.tower_attention import TowerAttention
from streamo_ros.backbone.vision.tower_block import take_blocks
from streamo_ros.backbone.vision.tower_block import TowerBlock
from streamo_ros.backbone.vision.tower_operators import find_operators
from streamo_ros.backbone.vision.tower_operators import Norm


class Qwen3VL(Qwen25VL):
    """The family; see `family.Family`. Chat format and frame positions are Qwen2.5-VL's."""

    def tower(self, model: Any, grid: Grid) -> VisionEncoder:
        """The vision tower for one grid."""
        return DeepstackTower(model.model.visual, grid)

    def axes(self, text: Any) -> Tensor:
        """Time, row and column interleaved."""
        return interleaved(tuple(text.config.rope_parameters['mrope_section']))


class DeepstackTower(nn.Module):
    """Qwen3-VL's vision tower with the grid as constants."""

    def __init__(self, visual: Any, grid: Grid) -> None:
        super().__init__()
        self.grid = grid
        patch = visual.patch_embed.proj
        kernel = patch.weight.detach()
        self.operators = find_operators(kernel.device)
        self.blocks = take_blocks(visual.blocks, plain_block)
        self.merger = visual.merger
        self.levels = visual.deepstack_merger_list
        self.taps = tuple(visual.deepstack_visual_indexes)
        self.parts = ((1, grid.patches[0] * grid.patches[1]),)
        self.embed = nn.Buffer(patch_kernel(kernel, grid), persistent=False)
        places = resampled(visual.pos_embed.weight.detach(), grid) + patch.bias.detach().float()
        self.places = nn.Buffer(places.to(kernel.dtype), persistent=False)
        angles = axial_angles(patch_places(grid), visual.rotary_pos_emb.inv_freq)
        self.attention = TowerAttention(visual.config.num_heads, *angles)

    def forward(self, patches: Tensor) -> tuple[Tensor, ...]:
        """See `vision.VisionEncoder`."""
        attend = partial(self.attention, parts=self.parts, operators=self.operators)
        x = torch.addmm(self.places, patches, self.embed.T)
        added: Tensor | None = None
        levels = []
        for index, block in enumerate(self.blocks):
            x, added = block(x, added, None, attend, self.operators)
            if index in self.taps:
                x, added = x + added, None
                levels.append(self.levels[self.taps.index(index)](x))
        return (self.merger(x if added is None else x + added), *levels)


def plain_block(block: Any) -> TowerBlock:
    """The parts of one block."""
    return TowerBlock(
        (Norm(block.norm1), Norm(block.norm2)),
        block.attn.qkv,
        block.attn.proj,
        (block.mlp.linear_fc1, block.mlp.linear_fc2),
        block.mlp.act_fn,
    )
