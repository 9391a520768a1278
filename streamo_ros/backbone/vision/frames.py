# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Encodes camera frames of any size to vision tokens, with one encoder for each grid in use."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.backbone.graph_cache import GraphCache
from streamo_ros.backbone.vision import EncodedVision
from streamo_ros.backbone.vision import FollowingHead
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision import VisionEncoders
from streamo_ros.backbone.vision import VisionHead
from streamo_ros.backbone.vision import VisionState
from streamo_ros.backbone.vision.preprocess import FindSizes
from streamo_ros.backbone.vision.preprocess import Normalization
from streamo_ros.backbone.vision.preprocess import Preprocessor
from streamo_ros.core.interface import BackboneError

FindGrid = Callable[..., Grid]
MAX_GRIDS = 4
"""Number of grids kept: a stream has one, or two while the camera's mode changes."""


class FrameEncoder:
    """Encodes frames of any size.

    Args:
        find_grid: gives the grid of a frame of (height, width) pixels, as it is usually seen or
            larger.
        encoders: creates the encoder of a grid, and may replace it between two frames.
        normalization: normalization of the checkpoint's image processor.
        device: device of the encoder.
        dtype: dtype of its patches.
        passes: runs the encoder.
        head: makes tokens of its outputs; None = they are the tokens.
        find_sizes: sizes that a frame is resized to; None = the grid's.
    """

    def __init__(
        self,
        find_grid: FindGrid,
        encoders: VisionEncoders,
        normalization: Normalization,
        device: torch.device,
        dtype: torch.dtype,
        passes: GraphCache,
        head: VisionHead | None = None,
        find_sizes: FindSizes | None = None,
    ) -> None:
        self.find_grid = find_grid
        self._find_sizes = find_sizes
        self.device = device
        self.dtype = dtype
        self._encoders = encoders
        self._passes = passes
        self.head = head
        self._normalization = normalization
        self._ready: OrderedDict[Grid, tuple[Preprocessor, VisionEncoder]] = OrderedDict()

    def __call__(self, *images: NDArray[np.uint8], larger: bool = False) -> EncodedVision:
        """One vision pass.

        Args:
            images: RGB frames of shape (height, width, 3), as many as a patch holds or one.
            larger: whether they are seen as after a Standby.

        Raises:
            BackboneError: they are no such frames, or of two grids.
        """
        size = {'larger': True} if larger else {}
        grids = {self.find_grid(*image.shape[:2], **size) for image in images}
        if len(grids) != 1:
            raise BackboneError('the frames of one patch must have the same grid')
        preprocess, encoder = self.encoder(*grids)
        grid = encoder.grid
        patches = preprocess(*images)
        outputs = self._passes(encoder, encoder, patches)
        if self.head is not None:
            return self.head(outputs, patches, grid)
        # Copied: a later frame's pass may overwrite the outputs, but a lane keeps them.
        embeddings, *deepstack = (tensor.clone() for tensor in outputs)
        return EncodedVision(embeddings, tuple(deepstack), grid.shape)

    def follow(self, known: Any, vision: EncodedVision) -> tuple[Any, EncodedVision]:
        """A frame as it is seen after others; see `vision.FollowingHead`."""
        head = cast('FollowingHead', self.head)
        return head.follow(known, vision)

    def encoder(self, grid: Grid) -> tuple[Preprocessor, VisionEncoder]:
        """Preprocessing and encoder of a grid, created on first use."""
        if grid not in self._ready:
            self._drop_engines()
            preprocess = Preprocessor(
                grid, self._normalization, self.device, self.dtype, self._find_sizes
            )
            self._ready[grid] = preprocess, self._encoders(grid)
            if len(self._ready) > MAX_GRIDS:
                _, (_, oldest) = self._ready.popitem(last=False)
                self._passes.forget(oldest)
        self._ready.move_to_end(grid)
        preprocess, encoder = self._ready[grid]
        if (renewed := self._encoders.renew(encoder)) is not encoder:
            self._passes.forget(encoder)
            self._ready[grid] = preprocess, renewed
            # Without this last reference the memory of the torch tower can be freed.
            del encoder
            if self.device.type == 'cuda':
                torch.cuda.empty_cache()
        return preprocess, renewed

    def _drop_engines(self) -> None:
        """Let go of engines of other grids, before torch's tower is there again.

        With the engine that replaces it, that would be three towers in memory.
        """
        for grid, (_, encoder) in list(self._ready.items()):
            if self._encoders.holds_weights(encoder):
                self._passes.forget(encoder)
                del self._ready[grid]

    def state(self, grid: Grid) -> VisionState:
        """What runs the vision tower of a grid now."""
        return self._encoders.state(grid)


def averaged(visions: Sequence[EncodedVision]) -> EncodedVision:
    """The mean of several frames, as one frame; a mean among them counts for all of its frames.

    The mean is kept in float32: in bfloat16 a frame that joins several hundred others would be
    rounded away.

    Raises:
        BackboneError: they have different grids.
    """
    if len({vision.grid for vision in visions}) != 1:
        raise BackboneError('only frames of the same size can be averaged')
    counts = [vision.frames for vision in visions]
    levels = zip(*(vision.deepstack for vision in visions), strict=True)
    return EncodedVision(
        _mean([vision.embeddings for vision in visions], counts),
        tuple(_mean(level, counts) for level in levels),
        visions[0].grid,
        visions[-1].sightings,
        sum(counts),
    )


def _mean(tensors: Sequence[Tensor], counts: Sequence[int]) -> Tensor:
    """The weighted mean, float32."""
    total = torch.zeros_like(tensors[0], dtype=torch.float32)
    for tensor, count in zip(tensors, counts, strict=True):
        total.add_(tensor, alpha=count)
    return total.div_(sum(counts))
