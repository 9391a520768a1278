# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What differs between model families, and the list of those that are supported.

A family is one file: its tower, its positions, its chat format. Everything else is shared.
"""

from __future__ import annotations

import importlib
from typing import Any
from typing import Protocol

import numpy as np
from torch import Tensor

from streamo_ros.backbone.rotary import Rotary
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.window import TokenPositions
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.protocol import ChatFormat

FAMILIES = {
    'Qwen2_5_VLForConditionalGeneration': ('qwen2_5_vl', 'Qwen25VL'),
    'Qwen3VLForConditionalGeneration': ('qwen3_vl', 'Qwen3VL'),
    'InternVLForConditionalGeneration': ('internvl', 'InternVL'),
}
"""Architecture that a checkpoint's config names: module and class of its family."""


class Family(Protocol):
    """One model family."""

    chat: ChatFormat
    """Control text of its chat format."""

    def grid(
        self, config: Any, processor: dict[str, Any], height: int, width: int, max_pixels: int
    ) -> Grid:
        """Grid of a frame of this size in pixels.

        Args:
            config: the checkpoint's transformers configuration.
            processor: its image processor's settings.
        """

    def tower(self, model: Any, grid: Grid) -> VisionEncoder:
        """The checkpoint's vision tower for one grid, a torch module."""

    def axes(self, text: Any) -> Tensor:
        """Which axis turns each rotary frequency of the text model, see `rotary.Rotary`."""

    def marks(self, rows: int, columns: int) -> TokenPositions:
        """How a frame's vision tokens are placed, see `window.TokenPositions`."""


def find_family(architecture: str) -> Family:
    """The family of an architecture.

    Raises:
        BackboneError: it is not supported.
    """
    if architecture not in FAMILIES:
        raise BackboneError(
            f'the architecture {architecture or "(none named)"} is not supported: use a '
            f'checkpoint of {", ".join(FAMILIES)}'
        )
    module, name = FAMILIES[architecture]
    family: Family = getattr(importlib.import_module(f'streamo_ros.backbone.{module}'), name)()
    return family


def find_rotary(family: Family, text: Any) -> Rotary:
    """Rotary embedding of a text model.

    Raises:
        BackboneError: its frequencies change with the length of the sequence.
    """
    embedding = text.rotary_emb
    kind = getattr(embedding, 'rope_type', 'default')
    if kind == 'longrope':
        raise BackboneError(
            'rotary embeddings of kind longrope are not supported: use a checkpoint with '
            'default, linear, yarn or dynamic rotary embeddings'
        )
    return Rotary(embedding.inv_freq, family.axes(text), float(embedding.attention_scaling))


def spatial_marks(rows: int, columns: int) -> TokenPositions:
    """A frame on three axes: one instant, row and column; what follows stands behind both.

    Source: Qwen2-VL, arXiv 2409.12191, sec. 2.1.1.
    """
    tokens = rows * columns
    row, column = np.divmod(np.arange(tokens), columns)
    offsets = np.stack((np.zeros(tokens, np.int64), row, column), axis=1)
    steps = np.zeros(tokens, np.int64)
    steps[-1] = max(rows, columns)
    return TokenPositions(offsets, steps, np.arange(tokens) > 0)


def sequential_marks(rows: int, columns: int) -> TokenPositions:
    """A frame as so many tokens of a row."""
    tokens = rows * columns
    order = np.arange(tokens)
    steps = np.zeros(tokens, np.int64)
    steps[-1] = tokens
    return TokenPositions(np.repeat(order[:, None], 3, axis=1), steps, order > 0)
