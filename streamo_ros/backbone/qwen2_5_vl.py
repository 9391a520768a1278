# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Qwen2.5-VL: a vision tower with window attention, and three-axis positions in sections.

Source: Bai et al., 'Qwen2.5-VL Technical Report', arXiv 2502.13923.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.family import Family
from streamo_ros.backbone.family import spatial_marks
from streamo_ros.backbone.frame_size import pixel_limits
from streamo_ros.backbone.frame_size import smart_size
from streamo_ros.backbone.rotary import sections
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision.constants import attention_windows
from streamo_ros.backbone.vision.constants import axial_angles
from streamo_ros.backbone.vision.constants import by_size
from streamo_ros.backbone.vision.constants import patch_kernel
from streamo_ros.backbone.vision.constants import patch_places
from streamo_ros.backbone.vision.preprocess import in_depth
from streamo_ros.backbone.vision.tower_attention import TowerAttention
from streamo_ros.backbone.vision.tower_block import gated_mlp
from streamo_ros.backbone.vision.tower_block import take_blocks
from streamo_ros.backbone.vision.tower_block import TowerBlock
from streamo_ros.backbone.vision.tower_operators import find_operators
from streamo_ros.backbone.vision.tower_operators import Norm
from streamo_ros.backbone.window import TokenPositions
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.protocol import ChatFormat


class Qwen25VL(Family):
    """The family; see `family.Family`."""

    chat = ChatFormat()
    depth = 2

    def grid(
        self, config: Any, processor: dict[str, Any], height: int, width: int, max_pixels: int
    ) -> Grid:
        """The aspect ratio is kept; sides are multiples of a merged token."""
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
        """Positions on three axes: time, row and column."""
        return spatial_marks(rows, columns)

    def stock_inputs(self, patches: Tensor, grid: Grid) -> dict[str, Tensor]:
        """Patches of two frames, or of a still frame, which is shown twice, and their grid."""
        pair = patches if grid.depth == 2 else in_depth([patches, patches])
        size = torch.tensor([[1, *grid.patches]], device=patches.device)
        return {'pixel_values': pair, 'image_grid_thw': size}


class WindowedTower(nn.Module):
    """Qwen2.5-VL's vision tower with the grid as constants.

    Patches are put into window order once, grouped by window size, so that window attention is one
    batched attention for each size and needs no mask.
    """

    def __init__(self, visual: Any, grid: Grid) -> None:
        super().__init__()
        self.grid = grid
        kernel = visual.patch_embed.proj.weight.detach()
        device = kernel.device
        self.operators = find_operators(device)
        if visual.config.hidden_act != 'silu':
            raise BackboneError(
                f'a vision tower with hidden_act {visual.config.hidden_act} is not supported: use '
                'a checkpoint with silu'
            )
        self.blocks = take_blocks(visual.blocks, gated_block)
        self.norm = Norm(visual.merger.ln_q)
        self.merger = visual.merger.mlp
        self.full = frozenset(visual.fullatt_block_indexes)
        self.embed = nn.Buffer(patch_kernel(kernel, grid), persistent=False)
        unit = grid.merge * grid.merge
        groups = by_size(attention_windows(grid, visual.window_size // grid.merge // grid.patch))
        self.windows = tuple((len(group), group.shape[1] * unit) for group in groups)
        self.whole = ((1, grid.tokens * unit),)
        tokens = torch.cat([group.flatten() for group in groups])
        order = (tokens[:, None] * unit + torch.arange(unit)).flatten()
        cos, sin = axial_angles(patch_places(grid)[order], visual.rotary_pos_emb.inv_freq)
        self.attention = TowerAttention(visual.config.num_heads, cos.to(device), sin.to(device))
        self.order = nn.Buffer(order.to(device), persistent=False)
        self.restore = nn.Buffer(torch.argsort(tokens).to(device), persistent=False)

    def forward(self, patches: Tensor) -> tuple[Tensor, ...]:
        """See `vision.VisionEncoder`."""
        operators = self.operators
        x = F.linear(patches.index_select(0, self.order), self.embed)
        added: Tensor | None = None
        for index, block in enumerate(self.blocks):
            parts = self.whole if index in self.full else self.windows
            attend = partial(self.attention, parts=parts, operators=operators)
            x, added = block(x, added, None, attend, operators)
        _, normed = operators.add_norm(x, added, None, self.norm)
        merged = self.merger(normed.reshape(self.grid.tokens, -1))
        return (merged.index_select(0, self.restore),)


def gated_block(block: Any) -> TowerBlock:
    """The parts of one block."""
    mlp = block.mlp
    return TowerBlock(
        (Norm(block.norm1), Norm(block.norm2)),
        block.attn.qkv,
        block.attn.proj,
        gated_mlp(mlp.gate_proj, mlp.up_proj, mlp.down_proj),
        activation=None,
    )
