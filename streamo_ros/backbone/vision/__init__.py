# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The interface of vision encoders, whatever runs them.

An encoder is made for one grid. It takes flattened patches and gives vision tokens; resizing,
normalization and patch order come before it, in `preprocess`, and are the same for all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.core.interface import Sighting

StatusCallback = Callable[[str], None]
"""Receives one sentence about what is being done."""


@dataclass(frozen=True)
class Grid:
    """Size of a frame for the encoder.

    Attributes:
        rows: merged token rows.
        columns: merged token columns.
        patch: pixels along a patch's edge.
        merge: patches along a merged token's edge.
        depth: frames that a patch holds: 2 where the tower sees two frames as one.
        pooled: vision tokens of a frame, where they are not one for each row and column.
    """

    rows: int
    columns: int
    patch: int
    merge: int
    depth: int = 1
    pooled: int = 0

    @property
    def tokens(self) -> int:
        """Vision tokens of a frame."""
        return self.pooled or self.rows * self.columns

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of its vision tokens; one row where they are not a picture."""
        return (1, self.pooled) if self.pooled else (self.rows, self.columns)

    @property
    def patches(self) -> tuple[int, int]:
        """Patch rows and columns."""
        return self.rows * self.merge, self.columns * self.merge

    @property
    def patch_shape(self) -> tuple[int, int]:
        """Shape of an encoder's input: (patches, numbers in a patch)."""
        height, width = self.patches
        return height * width, 3 * self.depth * self.patch * self.patch

    @property
    def pixels(self) -> tuple[int, int]:
        """Height and width of the resized frame."""
        edge = self.patch * self.merge
        return self.rows * edge, self.columns * edge


@dataclass(frozen=True)
class EncodedVision:
    """One encoded frame; satisfies `interface.VisionTokens`.

    Attributes:
        embeddings: input embeddings of the text model, shape (tokens, hidden).
        deepstack: what is added after each of the first text layers, each (tokens, hidden).
        grid: merged (rows, columns).
        sightings: what was recognized, where the tower does that.
        frames: number of frames whose mean it is; the mean of several is float32.
        seen: what a `FollowingHead` makes the frame's tokens of; None = they are the same after
            any other frames.
    """

    embeddings: Tensor
    deepstack: tuple[Tensor, ...]
    grid: tuple[int, int]
    sightings: tuple[Sighting, ...] = ()
    frames: int = 1
    seen: Any = None

    @property
    def tokens(self) -> int:
        """Number of positions that it takes in a lane."""
        return int(self.embeddings.shape[0])

    @property
    def vector(self) -> NDArray[np.float16]:
        """The mean of the embeddings, shape (hidden,); waits for the device."""
        mean: NDArray[np.float16] = self.embeddings.float().mean(0).half().cpu().numpy()
        return mean


@dataclass(frozen=True)
class VisionState:
    """What runs the vision tower now.

    Attributes:
        backend: 'torch', 'onnxruntime' or 'tensorrt'.
        version: version of the backend.
        note: one sentence why it is not the requested backend, or what is being done; '' = none.
        model_id: identity of checkpoint and backend together; '' = that of the checkpoint.
    """

    backend: str
    version: str
    note: str = ''
    model_id: str = ''


class VisionEncoder(Protocol):
    """Runs a vision tower of one grid."""

    grid: Grid
    """The grid that it was made for."""

    def __hash__(self) -> int:
        """By identity: a captured pass belongs to one encoder."""

    def __call__(self, patches: Tensor) -> tuple[Tensor, ...]:
        """One pass.

        Args:
            patches: shape `Grid.patch_shape`, the model's dtype, in the order of
                `preprocess.patchify`.

        Returns:
            Vision tokens, then the deepstack levels, each (tokens, hidden).
        """


class VisionHead(Protocol):
    """Makes the vision tokens of a frame; may depend on values, so it is never captured."""

    def __call__(self, outputs: tuple[Tensor, ...], patches: Tensor, grid: Grid) -> EncodedVision:
        """The frame's tokens.

        Args:
            outputs: of the encoder; a later pass may overwrite them.
            patches: what it was given.
            grid: its grid.
        """


class FollowingHead(VisionHead, Protocol):
    """A head whose tokens of a frame depend on the frames before it in the same lane, too."""

    def follow(self, known: Any, vision: EncodedVision) -> tuple[Any, EncodedVision]:
        """A frame as it is seen after others.

        Args:
            known: what the frames before have shown; None = there were none.
            vision: the frame, seen alone.

        Returns:
            What they have shown with this one, and the frame.
        """


class VisionEncoders(Protocol):
    """Makes the encoders of a checkpoint."""

    def __call__(self, grid: Grid) -> VisionEncoder:
        """A new encoder of a grid."""

    def renew(self, encoder: VisionEncoder) -> VisionEncoder:
        """The encoder to use from now on in place of this one: usually the same."""

    def holds_weights(self, encoder: VisionEncoder) -> bool:
        """Whether an encoder has weights of its own, which the others do not share."""

    def state(self, grid: Grid) -> VisionState:
        """What runs a grid now."""
