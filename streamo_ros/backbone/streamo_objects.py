# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Streamo-objects: a detector as the vision tower, its detections as the frame's tokens.

The convolutions are the tower, which can be captured, exported and run by any engine. What comes
after them depends on what is seen, so it runs in plain torch: see `DetectionHead`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn
from torch import Tensor

from streamo_ros.backbone.family import Family
from streamo_ros.backbone.frame_size import pixel_limits
from streamo_ros.backbone.rotary import sections
from streamo_ros.backbone.vision import EncodedVision
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision import VisionHead
from streamo_ros.backbone.vision.detection_tokens import DetectionTokens
from streamo_ros.backbone.vision.detections import Detections
from streamo_ros.backbone.vision.detections import NOTHING
from streamo_ros.backbone.vision.detections import read_detections
from streamo_ros.backbone.vision.onnx_graph import onnx_graph
from streamo_ros.backbone.vision.preprocess import unpatchify
from streamo_ros.backbone.vision.tracks import follow
from streamo_ros.backbone.vision.tracks import no_tracks
from streamo_ros.backbone.vision.tracks import Tracks
from streamo_ros.backbone.vision.yolox import Yolox
from streamo_ros.backbone.window import TokenPositions
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Sighting
from streamo_ros.core.protocol import ChatFormat

PATCH, MERGE = 32, 4
"""A patch is the detector's largest stride. A place of the frame's tokens stands for the area of
so many by so many, unless the checkpoint's `merge_size` says otherwise."""
LONGEST, MOST = 5, 20
"""Places along a frame's longer side, and in a frame."""
_AREA_WEIGHT = 0.25


class StreamoObjects(Family):
    """The family; see `family.Family`."""

    chat = ChatFormat()

    def frame_pixels(self, config: Any) -> int:
        """The area of all places: half of it, as other families have by default, hides things."""
        del config
        return MOST * (PATCH * MERGE) ** 2

    def grid(
        self, config: Any, processor: dict[str, Any], height: int, width: int, max_pixels: int
    ) -> Grid:
        """The grid nearest to the frame's shape: 5x4 for 4:3, 5x3 for 16:9, 4x4 for 1:1.

        The frame is stretched to it, which costs the detector little: at most an eighth for the
        shapes that cameras have.

        Raises:
            BackboneError: `max_pixels` is less than one place.
        """
        del config
        _, high = pixel_limits(processor, max_pixels)
        merge = int(processor.get('merge_size') or MERGE)
        place = (PATCH * merge) ** 2
        if high < place:
            raise BackboneError(
                f'model.max_pixels {high} is less than the area of one vision token of this '
                f'checkpoint: set it to at least {place}'
            )
        most = min(MOST, high // place)
        sizes = [
            (rows, columns)
            for rows in range(1, LONGEST + 1)
            for columns in range(1, LONGEST + 1)
            if rows * columns <= most
        ]

        def loss(size: tuple[int, int]) -> float:
            rows, columns = size
            stretch = abs(math.log(columns * height / (rows * width)))
            return stretch + _AREA_WEIGHT * math.log(most / (rows * columns))

        return Grid(*min(sizes, key=loss), PATCH, merge)

    def tower(self, model: Any, grid: Grid) -> VisionEncoder:
        """The detector's convolutions for one grid."""
        return DetectorTower(model.model.visual.detector, grid)

    def graph(self, tower: VisionEncoder) -> bytes:
        """The tower as an ONNX file, which ONNX Runtime runs in a third of torch's time."""
        assert isinstance(tower, DetectorTower)
        return onnx_graph(tower, tower.grid)

    def head(self, model: Any) -> VisionHead:
        """What makes tokens of raw detections."""
        return DetectionHead(model.model.visual.tokens, model.config.id2label)

    def axes(self, text: Any) -> Tensor:
        """Consecutive sections, as of Qwen2.5-VL, whose text model this is."""
        return sections(tuple(text.config.rope_parameters['mrope_section']))

    def marks(self, rows: int, columns: int) -> TokenPositions:
        """Consecutive positions, the surest detection first; what follows is always as far away.

        So a frame's empty places change nothing: training leaves most of them out.
        """
        tokens = rows * columns
        order = np.arange(tokens)
        steps = np.zeros(tokens, np.int64)
        steps[-1] = MOST
        return TokenPositions(np.repeat(order[:, None], 3, axis=1), steps, order > 0)


class DetectorTower(nn.Module):
    """The detector with the grid as a constant; always in float32, which it was trained in.

    Args:
        detector: with its weights.
        grid: the grid of the frames.
    """

    def __init__(self, detector: Yolox, grid: Grid) -> None:
        super().__init__()
        self.grid = grid
        self.detector = detector

    def forward(self, patches: Tensor) -> tuple[Tensor, ...]:
        """Raw detections, see `yolox.Yolox.forward`, as the only output."""
        return (self.detector(unpatchify(patches.float(), self.grid)[None]),)


class DetectionHead:
    """Makes tokens of raw detections.

    Args:
        tokens: embeds them.
        names: of the kinds, by their number.
    """

    def __init__(self, tokens: DetectionTokens, names: Mapping[int, str]) -> None:
        self.tokens = tokens
        self.names = names

    def __call__(self, outputs: tuple[Tensor, ...], patches: Tensor, grid: Grid) -> EncodedVision:
        """See `vision.VisionHead`; there are as many tokens as the grid has places."""
        (raw,) = outputs
        return self.embed(
            read_detections(raw, unpatchify(patches.float(), grid), grid.tokens),
            (grid.rows, grid.columns),
        )

    def embed(self, detections: Detections, grid: tuple[int, int]) -> EncodedVision:
        """Detections as the tokens of a frame.

        Args:
            detections: as many places as the grid has.
            grid: its rows and columns.
        """
        return EncodedVision(
            self._tokens(detections),
            (),
            grid,
            tuple(sightings(detections, self.names)),
            seen=detections if self.tokens.marks is not None else None,
        )

    def follow(self, known: Any, vision: EncodedVision) -> tuple[Tracks, EncodedVision]:
        """A frame with what the frames before tell of it; see `vision.FollowingHead`."""
        kind, box, color = (part.numpy() for part in vision.seen)
        tracks, followed = follow(known or no_tracks(color.shape[-1]), kind, box, color)
        kind, box, color, marks = (torch.from_numpy(part) for part in followed)
        embeddings = self._tokens(Detections(kind, box, color), marks)
        return tracks, replace(vision, embeddings=embeddings)

    def _tokens(self, seen: Detections, marks: Tensor | None = None) -> Tensor:
        device = self.tokens.none.device
        here = Detections(*(part.to(device) for part in seen))
        return self.tokens(here, None if marks is None else marks.to(device))


def sightings(detections: Detections, names: Mapping[int, str]) -> list[Sighting]:
    """Detections in words, without the empty places."""
    rows = zip(
        detections.kind.tolist(),
        detections.scores.tolist(),
        detections.corners.tolist(),
        strict=True,
    )
    return [
        Sighting(names.get(kind, str(kind)), score, tuple(corners))
        for kind, score, corners in rows
        if kind != NOTHING
    ]
