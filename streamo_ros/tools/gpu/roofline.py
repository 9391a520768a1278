# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The least that a frame or a token can cost: bytes over bandwidth, operations over rate.

Computed from a shape's configuration and the ceilings measured in the same run, and never called
measured. Each weight is read once, keys and values of the context once, in the formats of the row;
caches, activations and launches cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Anatomy:
    """What a shape consists of, in parameters.

    Attributes:
        layers: text layers.
        layer: parameters of one of them.
        head: parameters of the language model head.
        blocks: of the tower's blocks; each works on every patch.
        merger: of what follows them; works on every vision token.
        width: of all query heads of a text layer together.
        keys: numbers that a token leaves in a layer, key and value together.
        dim: numbers of a head.
        tower_width: of the tower.
        full: blocks of the tower in which a patch looks at all others.
        windowed: those in which it looks at its window.
        window: patches of a window.
        merge: patches of a vision token.
    """

    layers: int
    layer: int
    head: int
    blocks: int
    merger: int
    width: int
    keys: int
    dim: int
    tower_width: int
    full: int
    windowed: int
    window: int
    merge: int


@dataclass(frozen=True)
class NumberSizes:
    """Bytes of a number, scales included.

    Attributes:
        plain: of tower and head.
        layer: of the text layers' weights.
        key: of keys and values.
    """

    plain: float
    layer: float
    key: float


@dataclass(frozen=True)
class PassCost:
    """Bytes to move and floating point operations."""

    bytes: float
    operations: float

    def seconds(self, ceilings: Mapping[str, float]) -> float:
        """The larger of both times, at the measured ceilings."""
        return max(
            self.bytes / (1e9 * ceilings['copy_gb_per_s']),
            self.operations / (1e12 * ceilings['gemm_tflops']),
        )


def dissect(shape: str) -> Anatomy:
    """The anatomy of a shape; its parameters are counted without being allocated."""
    import torch
    import transformers

    from streamo_ros.backbone.published_shapes import SHAPES

    architecture, _, configure = SHAPES[shape]
    config = configure()
    with torch.device('meta'):
        model = getattr(transformers, architecture)._from_config(config)  # noqa: SLF001
    text, vision = config.text_config, config.vision_config
    visual, layers = model.model.visual, model.model.language_model.layers
    dim = getattr(text, 'head_dim', None) or text.hidden_size // text.num_attention_heads
    blocks = _parameters(visual.blocks)
    full = len(getattr(vision, 'fullatt_block_indexes', range(vision.depth)))
    side = getattr(vision, 'window_size', 0) // vision.patch_size
    return Anatomy(
        layers=len(layers),
        layer=_parameters(layers[0]),
        head=_parameters(model.lm_head),
        blocks=blocks,
        merger=_parameters(visual) - blocks,
        width=text.num_attention_heads * dim,
        keys=2 * text.num_key_value_heads * dim,
        dim=dim,
        tower_width=vision.hidden_size,
        full=full,
        windowed=vision.depth - full,
        window=side * side,
        merge=vision.spatial_merge_size**2,
    )


def _parameters(module: Any) -> int:
    return sum(part.numel() for part in module.parameters())


def vision_cost(body: Anatomy, tokens: int, size: int) -> PassCost:
    """One vision pass.

    Args:
        body: the shape.
        tokens: vision tokens of the frame.
        size: bytes of a number.
    """
    patches = tokens * body.merge
    linear = 2 * (body.blocks * patches + body.merger * tokens)
    looked_at = body.full * patches + body.windowed * min(body.window, patches)
    attention = 4 * body.tower_width * patches * looked_at
    return PassCost(size * (body.blocks + body.merger), linear + attention)


def append_cost(body: Anatomy, lanes: int, rows: int, context: int, size: NumberSizes) -> PassCost:
    """One pass of the text model that reads three logits a lane.

    In the last layer only the row that is read has to be computed; its share is left out.

    Args:
        body: the shape.
        lanes: how many.
        rows: new tokens of a lane.
        context: tokens of a lane, new ones included.
        size: bytes of numbers.
    """
    work = (body.layers - 1) * lanes * rows
    operations = work * (2 * body.layer + 4 * body.width * (context - rows / 2))
    return PassCost(_text_bytes(body, lanes, context, size), operations)


def token_cost(body: Anatomy, lanes: int, context: int, size: NumberSizes) -> PassCost:
    """One step of decoding: every weight and the head once, keys and values once."""
    moved = _text_bytes(body, lanes, context, size) + size.plain * body.head
    operations = lanes * (
        2 * (body.layers * body.layer + body.head) + 4 * body.layers * body.width * context
    )
    return PassCost(moved, operations)


def _text_bytes(body: Anatomy, lanes: int, context: int, size: NumberSizes) -> float:
    past = lanes * context * body.keys
    return body.layers * (size.layer * body.layer + size.key * past)
