# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""SigLIP's vision tower with the grid as constants: the tower of several families.

Source: Zhai et al., 'Sigmoid Loss for Language Image Pre-Training', arXiv 2303.15343; the blocks
are those of ViT, arXiv 2010.11929.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch import Tensor

from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.tower_attention import attend
from streamo_ros.backbone.vision.tower_block import join
from streamo_ros.backbone.vision.tower_block import take_blocks
from streamo_ros.backbone.vision.tower_block import TowerBlock
from streamo_ros.backbone.vision.tower_operators import find_operators
from streamo_ros.backbone.vision.tower_operators import Norm


class SiglipTower(nn.Module):
    """The tower and what projects its patches to vision tokens.

    Args:
        vision: the vision transformer of transformers.
        places: learned position of each patch, in merge order, (patches, hidden).
        grid: the grid.
        projector: makes tokens of merged patches: (tokens, merge * merge * hidden) to
            (tokens, text hidden).
    """

    def __init__(self, vision: Any, places: Tensor, grid: Grid, projector: nn.Module) -> None:
        super().__init__()
        self.grid = grid
        patch = vision.embeddings.patch_embedding
        self.operators = find_operators(patch.weight.device)
        self.heads = vision.config.num_attention_heads
        self.blocks = take_blocks(vision.encoder.layers, siglip_block)
        self.norm = Norm(vision.post_layernorm)
        self.projector = projector
        self.embed = nn.Buffer(patch.weight.detach().flatten(1), persistent=False)
        offsets = places.detach() + patch.bias.detach()
        self.places = nn.Buffer(offsets.contiguous(), persistent=False)

    def forward(self, patches: Tensor) -> tuple[Tensor, ...]:
        """See `vision.VisionEncoder`."""
        x, added = self.run(patches)
        _, normed = self.operators.add_norm(x, added, None, self.norm)
        return (self.projector(normed.reshape(self.grid.tokens, -1)),)

    def run(self, patches: Tensor) -> tuple[Tensor, Tensor | None]:
        """What the last block gives, and what is still to be added to it."""
        x = torch.addmm(self.places, patches, self.embed.T)
        added: Tensor | None = None
        for block in self.blocks:
            x, added = block(x, added, None, self._attend, self.operators)
        return x, added

    def _attend(self, qkv: Tensor) -> Tensor:
        return attend(qkv.unflatten(-1, (3, self.heads, -1)).unbind(1), ((1, len(qkv)),))


def siglip_block(layer: Any) -> TowerBlock:
    """The parts of one layer."""
    attention = layer.self_attn
    return TowerBlock(
        (Norm(layer.layer_norm1), Norm(layer.layer_norm2)),
        join(attention.q_proj, attention.k_proj, attention.v_proj),
        attention.out_proj,
        (layer.mlp.fc1, layer.mlp.fc2),
        layer.mlp.activation_fn,
    )
