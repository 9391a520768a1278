# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The interface of a model family, and the supported families.

A family is one module with its vision tower, positions and chat format; everything else is shared.
It subclasses `Family` and writes only what is different from the defaults there.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from streamo_ros.backbone.layer_kinds import find_layer_kinds
from streamo_ros.backbone.options import MAX_PIXELS
from streamo_ros.backbone.rotary import Rotary
from streamo_ros.backbone.unsupported import describe_unsupported
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision import VisionHead
from streamo_ros.backbone.vision.preprocess import unpatchify
from streamo_ros.backbone.window import TokenPositions
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.protocol import ChatFormat

FAMILIES = {
    'Qwen2VLForConditionalGeneration': ('qwen2_vl', 'Qwen2VL'),
    'Qwen2_5_VLForConditionalGeneration': ('qwen2_5_vl', 'Qwen25VL'),
    'Qwen3VLForConditionalGeneration': ('qwen3_vl', 'Qwen3VL'),
    'InternVLForConditionalGeneration': ('internvl', 'InternVL'),
    'SmolVLMForConditionalGeneration': ('smolvlm', 'SmolVLM'),
    'LlavaOnevisionForConditionalGeneration': ('llava_onevision', 'LlavaOnevision'),
    'Gemma4ForConditionalGeneration': ('gemma4', 'Gemma4'),
    'StreamoObjectsForConditionalGeneration': ('streamo_objects', 'StreamoObjects'),
}
"""Module and class of the family of each architecture, as named in a checkpoint's config."""


class Family(Protocol):
    """One model family."""

    chat: ChatFormat
    """Control texts of its chat format."""

    depth: int = 1
    """Most frames that a patch of its tower can hold."""

    layer: type[Any] | None = None
    """The class that takes over a layer of its text model; None = `layer.Layer` itself."""

    decoder: type[Any] | None = None
    """The class that runs its text model; None = `decoder.Decoder` itself."""

    def frame_pixels(self, config: Any) -> int:
        """The area of a frame where nobody says another.

        By default Streamo's; a tower of one tile has the area that it was trained on.

        Args:
            config: the checkpoint's transformers configuration.
        """
        del config
        return MAX_PIXELS

    def grid(
        self, config: Any, processor: dict[str, Any], height: int, width: int, max_pixels: int
    ) -> Grid:
        """The grid of a frame.

        Args:
            config: the checkpoint's transformers configuration.
            processor: settings of its image processor.
            height: height of the frame in pixels.
            width: width of the frame in pixels.
            max_pixels: maximum area of the resized frame.
        """

    def sizes(
        self, config: Any, processor: dict[str, Any], grid: Grid, height: int, width: int
    ) -> Sequence[tuple[int, int]]:
        """The heights and widths that a frame is resized to, one after the other.

        What the last one has beyond the grid's pixels, right and below, is cut off. Two
        resamplings give other pixels than one, and a checkpoint was trained on its own. By default
        there is one, to the grid's pixels.
        """
        del config, processor, height, width
        return (grid.pixels,)

    def tower(self, model: Any, grid: Grid) -> VisionEncoder:
        """The checkpoint's vision tower for one grid, as a torch module."""

    def text(self, model: Any) -> Any:
        """The text model of a loaded checkpoint."""
        return model.model.language_model

    def is_loaded(self, config: Any, tensor: str) -> bool:
        """Whether a tensor of the checkpoint's files is part of what is run; by default each is.

        Args:
            config: the checkpoint's transformers configuration.
            tensor: its name in the files.
        """
        del config, tensor
        return True

    def graph(self, tower: VisionEncoder) -> bytes | None:
        """A tower as an ONNX file for ONNX Runtime; None = torch runs it on a CPU."""
        del tower
        return None

    def head(self, model: Any) -> VisionHead | None:
        """What makes vision tokens of the tower's outputs; None = they are the tokens."""
        del model
        return None

    def axes(self, text: Any) -> Tensor:
        """The position axis of each rotary frequency of the text model, see `rotary.Rotary`.

        By default all use the only position.
        """
        return torch.zeros(len(text.rotary_emb.inv_freq), dtype=torch.int64)

    def marks(self, rows: int, columns: int) -> TokenPositions:
        """The positions of a frame's vision tokens, see `window.TokenPositions`.

        By default one per token, consecutive.
        """
        return sequential_marks(rows, columns)

    def stock_inputs(self, patches: Tensor, grid: Grid) -> dict[str, Tensor]:
        """A frame's patches as transformers' `get_image_features` takes them.

        By default as one picture, (1, 3, height, width). With `pixel_values_videos`, it is
        `get_video_features`.
        """
        return {'pixel_values': unpatchify(patches, grid)[None]}


def find_family(architecture: str, remote: bool = False) -> Family:
    """The family of an architecture.

    Args:
        architecture: as named in a checkpoint's config.
        remote: whether the checkpoint brings that class as code of its own.

    Raises:
        BackboneError: it is not supported; says why and what to do.
    """
    if architecture not in FAMILIES:
        raise BackboneError(describe_unsupported(architecture, FAMILIES, remote))
    module, name = FAMILIES[architecture]
    family: Family = getattr(importlib.import_module(f'streamo_ros.backbone.{module}'), name)()
    return family


def find_model_class(architecture: str) -> Any:
    """The class that loads a checkpoint: of transformers, or our own beside its family."""
    import transformers

    if hasattr(transformers, architecture):
        return getattr(transformers, architecture)
    module, _ = FAMILIES[architecture]
    return getattr(importlib.import_module(f'streamo_ros.backbone.{module}_model'), architecture)


def find_rotaries(family: Family, text: Any) -> list[Rotary]:
    """The rotary embeddings of a text model, one of each kind of its layers.

    Raises:
        BackboneError: their frequencies depend on the length of the sequence.
    """
    kinds, _ = find_layer_kinds(text.config)
    embedding = text.rotary_emb
    if not kinds:
        _check_rope(getattr(embedding, 'rope_type', 'default'))
        scaling = float(embedding.attention_scaling)
        return [Rotary(embedding.inv_freq, family.axes(text), scaling)]
    rotaries = []
    for kind in kinds:
        _check_rope(embedding.rope_type[kind.name])
        frequencies = getattr(embedding, f'{kind.name}_inv_freq')
        axes = torch.zeros(len(frequencies), dtype=torch.int64)
        scaling = float(getattr(embedding, f'{kind.name}_attention_scaling'))
        rotaries.append(Rotary(frequencies, axes, scaling))
    return rotaries


def _check_rope(kind: str) -> None:
    if kind == 'longrope':
        raise BackboneError(
            'rotary embeddings of kind longrope are not supported: use a checkpoint with '
            'default, linear, yarn or dynamic rotary embeddings'
        )


def spatial_marks(rows: int, columns: int) -> TokenPositions:
    """A frame on three axes, time, row and column; what follows comes after the longer side.

    Source: Qwen2-VL, arXiv 2409.12191, sec. 2.1.1.
    """
    tokens = rows * columns
    row, column = np.divmod(np.arange(tokens), columns)
    offsets = np.stack((np.zeros(tokens, np.int64), row, column), axis=1)
    steps = np.zeros(tokens, np.int64)
    steps[-1] = max(rows, columns)
    return TokenPositions(offsets, steps, np.arange(tokens) > 0)


def sequential_marks(rows: int, columns: int) -> TokenPositions:
    """A frame as a sequence of tokens with consecutive positions."""
    tokens = rows * columns
    order = np.arange(tokens)
    steps = np.zeros(tokens, np.int64)
    steps[-1] = tokens
    return TokenPositions(np.repeat(order[:, None], 3, axis=1), steps, order > 0)
