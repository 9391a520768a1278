# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The usual loops over plain transformers, as a baseline for benchmarks.

`reprefill` runs the whole dialogue for each frame and reuses the vision tokens of earlier frames;
`append` appends to the stock `DynamicCache`. Both attend to the same tokens at the same positions
as the streaming backbone and read one row of logits. Positions are passed to them, so they are
slightly faster than a loop that lets transformers compute them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.backbone.batch import MarksOf
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.streaming import StreamingBackbone
from streamo_ros.backbone.vision import EncodedVision
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.window import join_positions
from streamo_ros.backbone.window import text_positions
from streamo_ros.backbone.window import TokenPositions
from streamo_ros.core.interface import Piece


@dataclass(frozen=True)
class _Inputs:
    embeddings: Tensor
    ids: Tensor
    seen: Tensor
    levels: tuple[Tensor, ...]


class PlainModel:
    """A transformers model with one dialogue.

    Args:
        model: the original model.
        backbone: a streaming backbone with the same weights, which preprocesses the frames.
    """

    def __init__(self, model: Any, backbone: StreamingBackbone) -> None:
        self._model = model
        self._family = find_family(backbone.info.architecture)
        self._text = self._family.text(model)
        self._frames = backbone.frames
        self._marks = backbone.marks
        self._cache: Any = None
        self._position = 0

    def encode(self, image: NDArray[np.uint8]) -> EncodedVision:
        """Encode a camera frame with the stock vision tower."""
        grid = self._frames.find_grid(*image.shape[:2])
        preprocess, _ = self._frames.encoder(grid)
        return self._encode_patches(preprocess(image), grid)

    @torch.inference_mode()
    def _encode_patches(self, patches: Tensor, grid: Grid) -> EncodedVision:
        inputs = self._family.stock_inputs(patches, grid)
        model = self._model.model
        videos = 'pixel_values_videos' in inputs
        read = model.get_video_features if videos else model.get_image_features
        features = read(**inputs, return_dict=True)
        levels = tuple(map(joined, getattr(features, 'deepstack_features', None) or ()))
        tokens = joined(features.pooler_output).reshape(grid.tokens, -1)
        return EncodedVision(tokens, levels, grid.shape)

    @torch.inference_mode()
    def reprefill(self, pieces: Sequence[Piece]) -> Tensor:
        """Logits after a whole dialogue, without a cache; float32, (vocabulary,)."""
        return self._run(pieces, 0, None)

    @torch.inference_mode()
    def append(self, pieces: Sequence[Piece]) -> Tensor:
        """Logits after these pieces, appended to the cache; float32, (vocabulary,)."""
        from transformers import DynamicCache

        if self._cache is None:
            self._cache = DynamicCache(config=self._text.config)
            # Else layers with a sliding window forget what `take_back` must bring back.
            self._cache.activate_past_recording()
        logits = self._run(pieces, self._position, self._cache)
        marks = self._joint_marks(pieces)
        self._position += int(marks.steps.sum())
        return logits

    def take_back(self, pieces: Sequence[Piece]) -> None:
        """Undo the last `append`, which had these pieces."""
        marks = self._joint_marks(pieces)
        self._cache.crop(-len(marks))
        self._position -= int(marks.steps.sum())

    def _joint_marks(self, pieces: Sequence[Piece]) -> TokenPositions:
        return piece_marks(pieces, self._marks)

    def _run(self, pieces: Sequence[Piece], position: int, cache: Any) -> Tensor:
        hidden = run_pieces(self._text, pieces, self._marks, position, cache)
        logits: Tensor = self._model.lm_head(hidden[-1]).float()
        cap = getattr(self._text.config, 'final_logit_softcapping', None)
        return logits if cap is None else (logits / cap).tanh() * cap


def piece_marks(pieces: Sequence[Piece], marks_of: MarksOf) -> TokenPositions:
    """The positions of ids and frames, one behind the other."""
    return join_positions(
        [
            text_positions(len(piece)) if isinstance(piece, tuple) else marks_of(*piece.grid)
            for piece in pieces
        ]
    )


def run_pieces(
    text: Any, pieces: Sequence[Piece], marks_of: MarksOf, position: int, cache: Any
) -> Tensor:
    """One pass of a stock text model.

    Args:
        text: of a transformers model.
        pieces: ids, and frames as `EncodedVision`.
        marks_of: a frame's marks, of (rows, columns).
        position: of the first token.
        cache: what came before, which is appended to; None = nothing.

    Returns:
        The last hidden states, shape (tokens, hidden).
    """
    inputs = _inputs(text, pieces)
    device = inputs.embeddings.device
    marks = piece_marks(pieces, marks_of)
    positions = torch.from_numpy(marks.positions(position)).to(device)[:, None]
    more: dict[str, Any] = {}
    if inputs.levels:
        more['visual_pos_masks'] = inputs.seen
        more['deepstack_visual_embeds'] = list(inputs.levels)
    if getattr(text.config, 'hidden_size_per_layer_input', 0):
        more['per_layer_inputs'] = text.get_per_layer_inputs(inputs.ids, None)
    if 'mrope_section' not in text.config.rope_parameters:
        positions = positions[0]
    out = text(
        inputs_embeds=inputs.embeddings,
        position_ids=positions,
        past_key_values=cache,
        use_cache=cache is not None,
        **more,
    )
    hidden: Tensor = out.last_hidden_state[0]
    return hidden


def _inputs(text: Any, pieces: Sequence[Piece]) -> _Inputs:
    table = text.embed_tokens
    device = table.weight.device
    rows, seen, visions = [], [], []
    ids: list[int] = []
    for piece in pieces:
        if isinstance(piece, tuple):
            ids += piece
            rows.append(table(torch.tensor(piece, dtype=torch.int64, device=device)))
            seen.append(torch.zeros(len(piece), dtype=torch.bool))
        elif isinstance(piece, EncodedVision):
            ids += [0] * piece.tokens
            rows.append(piece.embeddings)
            seen.append(torch.ones(piece.tokens, dtype=torch.bool))
            visions.append(piece)
    levels = zip(*(vision.deepstack for vision in visions), strict=True)
    return _Inputs(
        torch.cat(rows)[None],
        torch.tensor(ids, device=device)[None],
        torch.cat(seen)[None].to(device),
        tuple(torch.cat(level) for level in levels),
    )


def joined(features: Any) -> Tensor:
    """What a stock tower gives, as one tensor."""
    return features if isinstance(features, Tensor) else torch.cat(list(features))
