# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Camera frames to vision tokens, for whatever size of frame comes.

Keeps an encoder for each grid that is in use. Knows no lanes and no text.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from streamo_ros.backbone.graph_cache import GraphCache
from streamo_ros.backbone.vision import EncodedVision
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision import VisionEncoders
from streamo_ros.backbone.vision import VisionState
from streamo_ros.backbone.vision.preprocess import Normalisation
from streamo_ros.backbone.vision.preprocess import Preprocessor
from streamo_ros.core.interface import BackboneError

MAX_GRIDS = 4
"""Grids whose constants are kept: a stream has one, two while the camera's mode changes."""


class FrameEncoder:
    """Encodes frames of any size.

    Args:
        find_grid: the grid of a frame of (height, width) pixels.
        towers: makes the encoder of a grid, and may replace it between two frames.
        normalisation: what the checkpoint's image processor does.
        device: of the encoder.
        dtype: of its patches.
        passes: runs the encoder.
    """

    def __init__(
        self,
        find_grid: Callable[[int, int], Grid],
        towers: VisionEncoders,
        normalisation: Normalisation,
        device: torch.device,
        dtype: torch.dtype,
        passes: GraphCache,
    ) -> None:
        self.find_grid = find_grid
        self.device = device
        self.dtype = dtype
        self._towers = towers
        self._passes = passes
        self._normalisation = normalisation
        self._ready: OrderedDict[Grid, tuple[Preprocessor, VisionEncoder]] = OrderedDict()

    def __call__(self, image: NDArray[np.uint8]) -> EncodedVision:
        """One vision pass over an RGB frame of shape (height, width, 3)."""
        preprocess, encoder = self.encoder(self.find_grid(*image.shape[:2]))
        grid = encoder.grid
        found = self._passes(encoder, encoder, preprocess(image))
        # A later frame's pass may overwrite what this one gave; a lane keeps it.
        embeddings, *deepstack = (tensor.clone() for tensor in found)
        return EncodedVision(embeddings, tuple(deepstack), (grid.rows, grid.columns))

    def encoder(self, grid: Grid) -> tuple[Preprocessor, VisionEncoder]:
        """Preprocessing and encoder of a grid, made when first asked for."""
        if grid not in self._ready:
            preprocess = Preprocessor(grid, self._normalisation, self.device, self.dtype)
            self._ready[grid] = preprocess, self._towers(grid)
            if len(self._ready) > MAX_GRIDS:
                _, (_, oldest) = self._ready.popitem(last=False)
                self._passes.forget(oldest)
        self._ready.move_to_end(grid)
        preprocess, encoder = self._ready[grid]
        if (renewed := self._towers.renew(encoder)) is not encoder:
            self._passes.forget(encoder)
            self._ready[grid] = preprocess, renewed
            # With its last name gone the torch tower's memory can go back to the system.
            del encoder
            if self.device.type == 'cuda':
                torch.cuda.empty_cache()
        return preprocess, renewed

    def state(self, grid: Grid) -> VisionState:
        """What runs the vision tower of a grid now."""
        return self._towers.state(grid)


def averaged(visions: Sequence[EncodedVision]) -> EncodedVision:
    """The mean of several frames, as one.

    Raises:
        BackboneError: they are of different grids.
    """
    if len({vision.grid for vision in visions}) != 1:
        raise BackboneError('only frames of one grid can be averaged')
    levels = zip(*(vision.deepstack for vision in visions), strict=True)
    return EncodedVision(
        torch.stack([vision.embeddings for vision in visions]).mean(0),
        tuple(torch.stack(level).mean(0) for level in levels),
        visions[0].grid,
    )
