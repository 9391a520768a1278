# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Gemma 4: up to 70 tokens a video frame, in front of a text model of sliding and full layers.

Loaded are the dense models in which every token looks at those before it alone (E2B and E4B).

Source: the released processor, chat template and model, as in transformers' classes of that name.
"""

from __future__ import annotations

import math
import re
from typing import Any

import torch
from torch import Tensor

from streamo_ros.backbone.family import Family
from streamo_ros.backbone.gemma4_decoder import Gemma4Decoder
from streamo_ros.backbone.gemma4_layer import Gemma4Layer
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision.gemma4_tower import Gemma4Tower
from streamo_ros.backbone.vision.preprocess import unpatchify
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.protocol import ChatFormat

VIDEO_TOKENS = 70
"""Most tokens of a frame of a video, by the released processor."""
PICTURE_TOKENS = 280
"""Most tokens of a picture, where the processor does not say."""

_HEARING = re.compile(r'\b(?:audio_tower|embed_audio)\.')
_KEYS = re.compile(r'\blanguage_model\.layers\.(\d+)\.self_attn\.(?:k|v)_')


class Gemma4(Family):
    """The family; see `family.Family`."""

    chat = ChatFormat(
        system_open='<bos><|turn>system\n',
        user_open='<|turn>user\n',
        assistant_open='<|turn>model\n',
        close='<turn|>\n',
        stop='<turn|>',
        image_open='<|image>',
        image_close='<image|>',
    )
    layer = Gemma4Layer
    decoder = Gemma4Decoder

    def frame_pixels(self, config: Any) -> int:
        """The area of a frame of a video."""
        return VIDEO_TOKENS * _edge(config) ** 2

    def grid(
        self, config: Any, processor: dict[str, Any], height: int, width: int, max_pixels: int
    ) -> Grid:
        """The largest grid within the area, with the aspect ratio kept; small frames grow.

        The area is at most that of the processor's tokens of a picture.

        Raises:
            BackboneError: the area is less than one token's, or the frame is too narrow for it.
        """
        edge = _edge(config)
        most = min(max_pixels // edge**2, processor.get('max_soft_tokens') or PICTURE_TOKENS)
        if most < 1:
            raise BackboneError(
                f'model.max_pixels {max_pixels} is less than the area of one vision token of this '
                f'checkpoint: set it to at least {edge * edge}'
            )
        vision = config.vision_config
        rows, columns = _shape(height, width, most, edge)
        return Grid(rows, columns, vision.patch_size, vision.pooling_kernel_size)

    def is_loaded(self, config: Any, tensor: str) -> bool:
        """Not what hears, and not the keys of layers that look at those of layers before them."""
        if _HEARING.search(tensor):
            return False
        text = config.text_config
        first = text.num_hidden_layers - text.num_kv_shared_layers
        keys = _KEYS.search(tensor)
        return keys is None or int(keys[1]) < first

    def tower(self, model: Any, grid: Grid) -> VisionEncoder:
        """The vision tower for one grid."""
        return Gemma4Tower(model.model.vision_tower, model.model.embed_vision, grid)

    def stock_inputs(self, patches: Tensor, grid: Grid) -> dict[str, Tensor]:
        """One picture's patches in raster order, and the column and row of each."""
        rows, columns = grid.patches
        picture = unpatchify(patches, grid)
        cut = picture.unflatten(2, (columns, grid.patch)).unflatten(1, (rows, grid.patch))
        places = torch.stack(
            torch.meshgrid(torch.arange(columns), torch.arange(rows), indexing='xy'), dim=-1
        )
        return {
            'pixel_values': cut.permute(1, 3, 2, 4, 0).reshape(1, rows * columns, -1),
            'image_position_ids': places.reshape(1, -1, 2).to(patches.device),
        }


def _edge(config: Any) -> int:
    """Pixels along a token."""
    vision = config.vision_config
    return int(vision.patch_size * vision.pooling_kernel_size)


def _shape(height: int, width: int, most: int, edge: int) -> tuple[int, int]:
    """Rows and columns of a frame's tokens, `most` of them at most.

    Source: the resizing of Gemma 4's released processor.
    """
    scale = math.sqrt(most * edge**2 / (height * width))
    rows, columns = int(scale * height / edge), int(scale * width / edge)
    if rows < 1:
        return 1, min(width // height, most)
    if columns < 1:
        return min(height // width, most), 1
    return rows, columns
