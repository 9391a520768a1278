# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Qwen2.5-VL: a tower with window attention, three-axis positions in sections.

Source: Bai et al., 'Qwen2.5-VL Technical Report', arXiv 2502.13923.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.family import spatial_marks
from streamo_ros.backbone.rotary import sections
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision.constants import attention_windows
from streamo_ros.backbone.vision.constants import axial_angles
from streamo_ros.backbone.vision.constants import by_size
from streamo_ros.backbone.vision.constants import patch_places
from streamo_ros.backbone.vision.preprocess import pixel_limits
from streamo_ros.backbone.vision.preprocess import smart_size
from streamo_ros.backbone.vision.tower_attention import attend
from streamo_ros.backbone.window import TokenPositions
from streamo_ros.core.protocol import ChatFormat


class Qwen25VL:
    """The family; see `family.Family`."""

    chat = ChatFormat()

    def grid(
        self, config: Any, processor: dict[str, Any], height: int, width: int, max_pixels: int
    ) -> Grid:
        """Aspect kept, sides multiples of a merged token."""
        vision = config.vision_config
        edge = vision.patch_size * vision.spatial_merge_size
        low, high = pixel_limits(processor, max_pixels)
        tall, wide = smart_size(height, width, edge, low, high)
        return Grid(tall // edge, wide // edge, vision.patch_size, vision.spatial_merge_size)

    def tower(self, model: Any, grid: Grid) -> VisionEncoder:
        """The vision tower for one grid."""
        return WindowedTower(model.model.visual, grid)

    def axes(self, text: Any) -> Tensor:
        """Consecutive sections of time, row and column."""
        return sections(tuple(text.config.rope_parameters['mrope_section']))

    def marks(self, rows: int, columns: int) -> TokenPositions:
        """Three-axis places."""
        return spatial_marks(rows, columns)


class WindowedTower(nn.Module):
    """Qwen2.5-VL's vision tower with the grid as constants.

    Patches are put into window order once, windows of equal size behind each other, so that
    window attention is one batched attention for each size, and never a mask.
    """

    def __init__(self, visual: Any, grid: Grid) -> None:
        super().__init__()
        self.grid = grid
        self.blocks = visual.blocks
        self.merger = visual.merger
        self.full = frozenset(visual.fullatt_block_indexes)
        kernel = visual.patch_embed.proj.weight.detach()
        # A still frame is shown twice along the temporal axis: the two kernels add up.
        self.embed = nn.Buffer(kernel.sum(2).flatten(1), persistent=False)
        unit = grid.merge * grid.merge
        groups = by_size(attention_windows(grid, visual.window_size // grid.merge // grid.patch))
        self.windows = tuple((len(group), group.shape[1] * unit) for group in groups)
        self.whole = ((1, grid.tokens * unit),)
        tokens = torch.cat([group.flatten() for group in groups])
        order = (tokens[:, None] * unit + torch.arange(unit)).flatten()
        cos, sin = axial_angles(patch_places(grid)[order], visual.rotary_pos_emb.inv_freq)
        device = kernel.device
        self.order = nn.Buffer(order.to(device), persistent=False)
        self.restore = nn.Buffer(torch.argsort(tokens).to(device), persistent=False)
        self.cos = nn.Buffer(cos.unsqueeze(1).to(device), persistent=False)
        self.sin = nn.Buffer(sin.unsqueeze(1).to(device), persistent=False)

    def forward(self, patches: Tensor) -> tuple[Tensor, ...]:
        """See `vision.VisionEncoder`."""
        x = F.linear(patches.index_select(0, self.order), self.embed)
        for at, block in enumerate(self.blocks):
            parts = self.whole if at in self.full else self.windows
            x = x + attend(block.attn, block.norm1(x), self.cos, self.sin, parts)
            x = x + block.mlp(block.norm2(x))
        return (self.merger(x).index_select(0, self.restore),)
