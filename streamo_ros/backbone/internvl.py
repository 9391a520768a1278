# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""InternVL3: a square tower with pixel shuffle in front of a one-dimensional text model.

Source: Zhu et al., 'InternVL3', arXiv 2504.10479; pixel shuffle as in InternVL 1.5, arXiv
2404.16821, sec. 3.2.
"""

from __future__ import annotations

from typing import Any
from typing import cast

import torch
from torch import nn
from torch import Tensor

from streamo_ros.backbone.family import Family
from streamo_ros.backbone.frame_size import tile_side
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision.constants import in_merge_order
from streamo_ros.backbone.vision.tower_attention import attend
from streamo_ros.backbone.vision.tower_block import join
from streamo_ros.backbone.vision.tower_block import take_blocks
from streamo_ros.backbone.vision.tower_block import TowerBlock
from streamo_ros.backbone.vision.tower_operators import find_operators
from streamo_ros.backbone.vision.tower_operators import Norm
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.protocol import ChatFormat


class InternVL(Family):
    """The family; see `family.Family`."""

    # The newline is that of the model's chat template and of ms-swift, Streamo's trainer.
    chat = ChatFormat(image_open='<img>', image_close='</img>\n')

    def frame_pixels(self, config: Any) -> int:
        """The area of the tile that the tower was trained on."""
        height, width = config.vision_config.image_size
        return int(height * width)

    def grid(
        self, config: Any, processor: dict[str, Any], height: int, width: int, max_pixels: int
    ) -> Grid:
        """One square tile, whatever the shape of the frame, as in the model's training.

        It has the checkpoint's size, or the largest that `max_pixels` allows.
        """
        del processor, height, width
        patch = config.vision_config.patch_size[0]
        merge = round(1 / config.downsample_ratio)
        side = tile_side(config.vision_config.image_size[0], patch * merge, max_pixels)
        return Grid(side, side, patch, merge)

    def tower(self, model: Any, grid: Grid) -> VisionEncoder:
        """The vision tower for one grid."""
        return ShuffledTower(model, grid)


class ShuffledTower(nn.Module):
    """InternVL's vision tower, pixel shuffle and projector with the grid as constants.

    Patches are in merge order from the start, which makes the shuffle a reshape: attention does
    not depend on the order, and the position embeddings are reordered once.
    """

    def __init__(self, model: Any, grid: Grid) -> None:
        super().__init__()
        self.grid = grid
        vision, config = model.model.vision_tower, model.config
        chosen = (config.vision_feature_layer, config.vision_feature_select_strategy)
        if chosen != (-1, 'default'):
            raise BackboneError(
                f'vision features {chosen} are not supported: use a checkpoint that takes the '
                "last layer's patches (-1, default)"
            )
        patch = vision.embeddings.patch_embeddings.projection
        self.operators = find_operators(patch.weight.device)
        self.heads = vision.config.num_attention_heads
        self.blocks = take_blocks(vision.encoder.layer, scaled_block)
        self.norm = vision.layernorm
        self.projector = model.model.multi_modal_projector
        self.embed = nn.Buffer(patch.weight.detach().flatten(1), persistent=False)
        first = vision.embeddings.cls_token.detach()[0]
        places = patch.bias.detach().expand(grid.patches[0] * grid.patches[1], -1)
        if vision.embeddings.position_embeddings is not None:
            head, body = _places(vision.embeddings, grid)
            first, places = first + head, places + body
        self.first = nn.Buffer(first, persistent=False)
        self.places = nn.Buffer(places.contiguous(), persistent=False)

    def forward(self, patches: Tensor) -> tuple[Tensor, ...]:
        """See `vision.VisionEncoder`."""
        x = torch.cat((self.first, torch.addmm(self.places, patches, self.embed.T)))
        added: Tensor | None = None
        scale: Tensor | None = None
        for block in self.blocks:
            x, added = block(x, added, scale, self._attend, self.operators)
            scale = cast('Tensor | None', block.scale2)
        if added is not None and scale is not None:
            x = torch.addcmul(x, scale, added)
        merged = self.norm(x)[1:].reshape(self.grid.tokens, -1)
        return (self.projector(merged),)

    def _attend(self, qkv: Tensor) -> Tensor:
        return attend(qkv.unflatten(-1, (3, self.heads, -1)).unbind(1), ((1, len(qkv)),))


def scaled_block(layer: Any) -> TowerBlock:
    """The parts of one layer."""
    attention = layer.attention
    return TowerBlock(
        (Norm(layer.layernorm_before), Norm(layer.layernorm_after)),
        _NormedQkv(attention),
        attention.projection_layer,
        (layer.mlp.fc1, layer.mlp.fc2),
        layer.mlp.activation_fn,
        (layer.lambda_1, layer.lambda_2),
    )


class _NormedQkv(nn.Module):
    """Queries, keys and values, with the norms of all query and key heads together.

    Only the largest towers have these norms.
    """

    def __init__(self, attention: Any) -> None:
        super().__init__()
        self.qkv = join(attention.q_proj, attention.k_proj, attention.v_proj)
        norms = (attention.q_norm, attention.k_norm)
        self.norms = None if isinstance(norms[0], nn.Identity) else nn.ModuleList(norms)

    def forward(self, x: Tensor) -> Tensor:
        qkv: Tensor = self.qkv(x)
        if self.norms is None:
            return qkv
        query, key, value = qkv.chunk(3, dim=-1)
        return torch.cat((self.norms[0](query), self.norms[1](key), value), dim=-1)


def _places(embeddings: Any, grid: Grid) -> tuple[Tensor, Tensor]:
    """Position embeddings of the class token, (1, hidden), and of the patches, in merge order."""
    learned = embeddings.position_embeddings.detach()
    height, width = grid.pixels
    blank = learned.new_zeros((1, 1 + grid.patches[0] * grid.patches[1], learned.shape[-1]))
    table = embeddings.interpolate_pos_encoding(blank, height, width)[0]
    return table[:1], in_merge_order(table[1:].unflatten(0, grid.patches), grid)
