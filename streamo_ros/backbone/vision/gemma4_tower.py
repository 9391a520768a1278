# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Gemma 4's vision tower with the grid as constants.

Each part of a block is normed before and after, queries, keys and values are normed too, and each
half of a head is rotated by one of the two coordinates. The patches of a token are averaged behind
the last block.

Source: the released vision encoders of Gemma 4, as in transformers' class of that name.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.norms import rms_norm
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.constants import patch_places
from streamo_ros.backbone.vision.tower_attention import attend


class Gemma4Tower(nn.Module):
    """The tower, and what projects its tokens into the text model.

    Args:
        vision: the vision model of transformers.
        embedder: the projection of transformers.
        grid: the grid.
    """

    def __init__(self, vision: Any, embedder: Any, grid: Grid) -> None:
        super().__init__()
        self.grid = grid
        config = vision.config
        self.project = embedder.embedding_projection
        self.epsilon = config.rms_norm_eps
        self.factor = config.hidden_size**0.5
        self.blocks = nn.ModuleList(
            Gemma4Block(layer, self.epsilon) for layer in vision.encoder.layers
        )
        kernel = vision.patch_embedder.input_proj.weight.detach()
        places = patch_places(grid).to(kernel.device)
        # Patches here are ordered by channel, row and column; there by row, column and channel.
        embed = kernel.unflatten(1, (grid.patch, grid.patch, 3)).permute(0, 3, 1, 2).flatten(1)
        self.embed = nn.Buffer(embed.contiguous(), persistent=False)
        column, row = vision.patch_embedder.position_embedding_table.detach()
        learned = column[places[:, 1]] + row[places[:, 0]]
        self.places = nn.Buffer(learned, persistent=False)
        angles = places.flip(1)[..., None].float() * vision.encoder.rotary_emb.inv_freq.float()
        cos, sin = angles.cos(), angles.sin()
        self.cos = nn.Buffer(torch.cat((cos, cos), -1)[:, None], persistent=False)
        self.sin = nn.Buffer(torch.cat((-sin, sin), -1)[:, None], persistent=False)
        scaled = bool(config.standardize)
        self.bias = nn.Buffer(vision.std_bias.float(), persistent=False) if scaled else None
        self.scale = nn.Buffer(vision.std_scale.float(), persistent=False) if scaled else None

    def forward(self, patches: Tensor) -> tuple[Tensor, ...]:
        """See `vision.VisionEncoder`."""
        x = torch.addmm(self.places, 2 * (patches - 0.5), self.embed.T)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        pooled = x.float().unflatten(0, (self.grid.tokens, -1)).mean(1).to(x.dtype)
        pooled = pooled.float() * self.factor
        if self.bias is not None and self.scale is not None:
            pooled = (pooled - self.bias) * self.scale
        return (self.project(_unit(pooled.to(x.dtype), self.epsilon)),)


class Gemma4Block(nn.Module):
    """One block, whose weights stay those of the transformers layer.

    Args:
        layer: the transformers layer.
        epsilon: of its norms.
    """

    def __init__(self, layer: Any, epsilon: float) -> None:
        super().__init__()
        attention, mlp = layer.self_attn, layer.mlp
        self.epsilon = epsilon
        self.dim = attention.head_dim
        self.groups = attention.num_key_value_groups
        self.query, self.key, self.value, self.out = (
            ClippedLinear(part)
            for part in (attention.q_proj, attention.k_proj, attention.v_proj, attention.o_proj)
        )
        self.gate, self.up, self.down = (
            ClippedLinear(part) for part in (mlp.gate_proj, mlp.up_proj, mlp.down_proj)
        )
        self.query_norm = attention.q_norm.weight
        self.key_norm = attention.k_norm.weight
        self.norms = nn.ParameterList(
            norm.weight
            for norm in (
                layer.input_layernorm,
                layer.post_attention_layernorm,
                layer.pre_feedforward_layernorm,
                layer.post_feedforward_layernorm,
            )
        )

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Run the block.

        Args:
            x: shape (patches, hidden).
            cos: of each half of a head, (patches, 1, 2, dim / 2).
            sin: likewise, the first half of each half negated.
        """
        before, after, before_mlp, after_mlp = self.norms
        x = x + self._norm(self._attend(self._norm(x, before), cos, sin), after)
        normed = self._norm(x, before_mlp)
        hidden = F.gelu(self.gate(normed), approximate='tanh') * self.up(normed)
        return x + self._norm(self.down(hidden), after_mlp)

    def _attend(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        query, key, value = (
            project(x).unflatten(-1, (-1, self.dim))
            for project in (self.query, self.key, self.value)
        )
        # Scores are divided by the root of the head's size, and the tower does not do that.
        query = _turn(self._norm(query, self.query_norm), cos, sin) * self.dim**0.5
        key = _turn(self._norm(key, self.key_norm), cos, sin)
        value = _unit(value, self.epsilon)
        if self.groups > 1:
            key, value = (row.repeat_interleave(self.groups, 1) for row in (key, value))
        seen: Tensor = self.out(attend((query, key, value), ((1, len(x)),)))
        return seen

    def _norm(self, x: Tensor, weight: Tensor) -> Tensor:
        return rms_norm(x, weight, self.epsilon)


class ClippedLinear(nn.Module):
    """A linear layer whose inputs and outputs are cut off at what training saw.

    Args:
        part: of transformers.
    """

    def __init__(self, part: Any) -> None:
        super().__init__()
        self.linear = part.linear
        clipped = part.use_clipped_linears
        self.inputs = Bounds(part.input_min, part.input_max) if clipped else nn.Identity()
        self.outputs = Bounds(part.output_min, part.output_max) if clipped else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """The layer's outputs."""
        seen: Tensor = self.outputs(self.linear(self.inputs(x)))
        return seen


class Bounds(nn.Module):
    """Cuts numbers off.

    By comparisons: the exporter makes one operator, Clip, of a maximum and a minimum, whose bounds
    are missing in the file.

    Args:
        low: the least, a tensor of one number.
        high: the most.
    """

    def __init__(self, low: Tensor, high: Tensor) -> None:
        super().__init__()
        self.low = nn.Buffer(low.detach().reshape(1), persistent=False)
        self.high = nn.Buffer(high.detach().reshape(1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """The numbers, none beyond the bounds."""
        least = torch.where(x < self.low, self.low, x)
        return torch.where(least > self.high, self.high, least)


def _unit(x: Tensor, epsilon: float) -> Tensor:
    """The RMS norm of the last axis, without weights."""
    return rms_norm(x, torch.ones_like(x.flatten(0, -2)[0]), epsilon)


def _turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate the halves of each head by column and row; x (patches, heads, dim)."""
    halves = x.float().unflatten(-1, (2, -1))
    first, second = halves.chunk(2, dim=-1)
    turned = halves * cos + torch.cat((second, first), dim=-1) * sin
    return turned.flatten(-2).to(x.dtype)
