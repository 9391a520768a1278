# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""SmolVLM2: one square tile of 64 tokens a frame, in front of a Llama text model.

Source: Marafioti et al., 'SmolVLM', arXiv 2504.05299, sec. 2; the chat template, single-picture
markers and video resizing of the released checkpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch import Tensor

from streamo_ros.backbone.family import Family
from streamo_ros.backbone.frame_size import longest_size
from streamo_ros.backbone.frame_size import tile_side
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision.constants import in_merge_order
from streamo_ros.backbone.vision.preprocess import unpatchify
from streamo_ros.backbone.vision.siglip import SiglipTower
from streamo_ros.core.protocol import ChatFormat


class SmolVLM(Family):
    """The family; see `family.Family`."""

    chat = ChatFormat(
        system_open='<|im_start|>System: ',
        user_open='User: ',
        assistant_open='Assistant:',
        close='<end_of_utterance>\n',
        stop='<end_of_utterance>',
        image_open='<fake_token_around_image><global-img>',
        image_close='<fake_token_around_image>',
    )

    def frame_pixels(self, config: Any) -> int:
        """The area of the tile that the tower was trained on."""
        return int(config.vision_config.image_size) ** 2

    def grid(
        self, config: Any, processor: dict[str, Any], height: int, width: int, max_pixels: int
    ) -> Grid:
        """One square tile, whatever the shape of the frame, as for videos in training.

        It has the checkpoint's size, or the largest that `max_pixels` allows.
        """
        del processor, height, width
        vision = config.vision_config
        edge = vision.patch_size * config.scale_factor
        side = tile_side(vision.image_size, edge, max_pixels)
        return Grid(side, side, vision.patch_size, config.scale_factor)

    def sizes(
        self, config: Any, processor: dict[str, Any], grid: Grid, height: int, width: int
    ) -> Sequence[tuple[int, int]]:
        """First to a longest edge, as the released processor does with videos, then to the tile.

        A tile of 384 pixels has 27 patches of 14; the rest of it is cut off.
        """
        sampling = processor.get('video_sampling') or {}
        size = sampling.get('video_size') or processor.get('max_image_size') or {}
        longest = int(size.get('longest_edge') or max(height, width))
        vision = config.vision_config
        whole = grid.rows == vision.image_size // (grid.patch * grid.merge)
        tile = (vision.image_size, vision.image_size) if whole else grid.pixels
        return longest_size(height, width, longest), tile

    def text(self, model: Any) -> Any:
        """The text model of a loaded checkpoint."""
        return model.model.text_model

    def tower(self, model: Any, grid: Grid) -> VisionEncoder:
        """The vision tower for one grid."""
        vision = model.model.vision_model
        table = vision.embeddings.position_embedding.weight
        places = in_merge_order(table[_nearest(table, grid)], grid)
        # The reshape in merge order is the connector's pixel shuffle.
        return SiglipTower(vision, places, grid, model.model.connector.modality_projection)

    def stock_inputs(self, patches: Tensor, grid: Grid) -> dict[str, Tensor]:
        """One dialogue of one picture, (1, 1, 3, height, width)."""
        return {'pixel_values': unpatchify(patches, grid)[None, None]}


def _nearest(table: nn.Parameter, grid: Grid) -> Tensor:
    """The learned position of each patch of a grid, (patch rows, patch columns), int64.

    The tower looks up the place in its own square table that a patch's fraction of the frame falls
    into (NaViT, arXiv 2307.06304, sec. 2.2).
    """
    side = round(len(table) ** 0.5)
    boundaries = torch.arange(1 / side, 1.0, 1 / side)

    def places(patches: int) -> Tensor:
        fractions = torch.arange(patches, dtype=torch.float32) * (1.0 / torch.tensor(patches))
        return torch.bucketize(fractions.clamp(max=1.0 - 1e-6), boundaries, right=True)

    rows, columns = map(places, grid.patches)
    indices = rows[:, None] * side + columns
    return indices.to(table.device)
