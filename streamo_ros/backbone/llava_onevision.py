# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""LLaVA-OneVision: one square tile a frame, pooled as in a video, in front of a Qwen2 text model.

A frame is a video of one frame: its patches are pooled to half the rows and columns, and the
learned newline follows them, 197 tokens with the published checkpoints.

Source: Li et al., 'LLaVA-OneVision', arXiv 2408.03326, sec. 3.2; transformers' class of that name.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.family import Family
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision.preprocess import unpatchify
from streamo_ros.backbone.vision.siglip import SiglipTower
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.protocol import ChatFormat


class LlavaOnevision(Family):
    """The family; see `family.Family`."""

    # A picture has no markers; the newline is that of the training, and of ms-swift.
    chat = ChatFormat(image_open='', image_close='\n')

    def frame_pixels(self, config: Any) -> int:
        """The area of the tile that the tower was trained on."""
        return int(config.vision_config.image_size) ** 2

    def grid(
        self, config: Any, processor: dict[str, Any], height: int, width: int, max_pixels: int
    ) -> Grid:
        """The trained tile, whatever the shape of the frame, as for videos in training.

        Raises:
            BackboneError: `max_pixels` is less than the tile; its positions are not resampled.
        """
        del processor, height, width
        vision = config.vision_config
        if max_pixels < self.frame_pixels(config):
            raise BackboneError(
                f'model.max_pixels {max_pixels} is less than the one tile that this checkpoint '
                f'sees: set it to 0 or to at least {self.frame_pixels(config)}'
            )
        side = vision.image_size // vision.patch_size
        return Grid(side, side, vision.patch_size, 1, pooled=math.ceil(side / 2) ** 2 + 1)

    def sizes(
        self, config: Any, processor: dict[str, Any], grid: Grid, height: int, width: int
    ) -> Sequence[tuple[int, int]]:
        """The tile; a tile of 384 pixels has 27 patches of 14, and the rest of it is cut off."""
        del processor, grid, height, width
        side = int(config.vision_config.image_size)
        return ((side, side),)

    def tower(self, model: Any, grid: Grid) -> VisionEncoder:
        """The vision tower for one grid."""
        return PooledTower(model, grid)

    def stock_inputs(self, patches: Tensor, grid: Grid) -> dict[str, Tensor]:
        """One video of one frame, (1, 1, 3, height, width)."""
        return {'pixel_values_videos': unpatchify(patches, grid)[None, None]}


class PooledTower(SiglipTower):
    """The tower, whose last layer is not normed, the projector, and the pooling of videos."""

    def __init__(self, model: Any, grid: Grid) -> None:
        vision, config = model.model.vision_tower, model.config
        chosen = (config.vision_feature_layer, config.vision_feature_select_strategy)
        if chosen != (-1, 'full'):
            raise BackboneError(
                f'vision features {chosen} are not supported: use a checkpoint that takes all of '
                "the last layer's patches (-1, full)"
            )
        places = vision.embeddings.position_embedding.weight
        super().__init__(vision, places, grid, model.model.multi_modal_projector)
        self.newline = nn.Buffer(model.model.image_newline.detach()[None], persistent=False)

    def forward(self, patches: Tensor) -> tuple[Tensor, ...]:
        """See `vision.VisionEncoder`."""
        x, added = self.run(patches)
        tokens = self.projector(x if added is None else x + added)
        rows, columns = self.grid.patches
        picture = tokens.T.reshape(1, -1, rows, columns)
        half = math.ceil(rows / 2), math.ceil(columns / 2)
        pooled = F.interpolate(picture, size=half, mode='bilinear')[0].flatten(1).T
        return (torch.cat((pooled, self.newline)),)
