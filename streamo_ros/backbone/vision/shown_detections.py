# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Detections in place of pictures: a language model watches a simulated stream on the engine.

An array of detections passes for a frame: one row for each place, with kind, box and color. All
other frames go the usual way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from streamo_ros.backbone.streaming import StreamingBackbone
from streamo_ros.backbone.streamo_objects import DetectionHead
from streamo_ros.backbone.streamo_objects import MERGE
from streamo_ros.backbone.streamo_objects import MOST
from streamo_ros.backbone.streamo_objects import PATCH
from streamo_ros.backbone.vision import EncodedVision
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.detections import BOX
from streamo_ros.backbone.vision.detections import Detections
from streamo_ros.core.colors import COLORS

SHAPE = MOST, 1 + BOX + len(COLORS)
"""Shape of an array of detections."""
_GRID = Grid(4, 5, PATCH, MERGE)


class ShownDetections:
    """A frame encoder that also takes arrays of detections.

    Args:
        frames: encodes all other frames; its head makes the tokens.
    """

    def __init__(self, frames: Any) -> None:
        self._frames = frames

    def __getattr__(self, name: str) -> Any:
        return getattr(self._frames, name)

    def find_grid(self, height: int, width: int, **options: bool) -> Grid:
        """The grid of a frame; that of a 4:3 camera for detections."""
        if (height, width) == SHAPE:
            return _GRID
        grid: Grid = self._frames.find_grid(height, width, **options)
        return grid

    def __call__(self, *images: NDArray[Any], **options: bool) -> EncodedVision:
        """Detections as tokens, or one vision pass; see `FrameEncoder`."""
        image = images[0]
        if image.shape != SHAPE:
            encoded: EncodedVision = self._frames(*images, **options)
            return encoded
        values = torch.from_numpy(image.astype(np.float32))
        detections = Detections(values[:, 0].long(), values[:, 1 : 1 + BOX], values[:, 1 + BOX :])
        shown: EncodedVision = self._frames.head.embed(detections, (_GRID.rows, _GRID.columns))
        return shown


def show_detections(backbone: Any) -> None:
    """Let a loaded model take arrays of detections, if it is one that sees with a detector."""
    if isinstance(backbone, StreamingBackbone) and isinstance(backbone.frames.head, DetectionHead):
        backbone.frames = ShownDetections(backbone.frames)  # type: ignore[assignment]
