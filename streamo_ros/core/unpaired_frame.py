# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera frame that is encoded once a lane says with which other one, and how large.

In some dialects one patch of the vision tower holds two frames, and after Standby a frame is seen
larger. Lanes that ask for the same thing share one vision pass.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from streamo_ros.core.interface import Sighting
    from streamo_ros.core.interface import VisionTokens

Image = NDArray[np.uint8]
Encode = Callable[[Sequence[Image], bool], 'VisionTokens']
"""One vision pass over the frames of one patch; whether they are seen larger."""
_NUMBERS = itertools.count()


class UnpairedFrame:
    """Satisfies `interface.VisionTokens` before there are any.

    Args:
        image: RGB, uint8, shape (height, width, 3).
        grid: merged token grid at the usual size, (rows, columns).
        encode: makes vision tokens.
    """

    def __init__(self, image: Image, grid: tuple[int, int], encode: Encode) -> None:
        self.grid = grid
        self._image = image
        self._encode = encode
        self._number = next(_NUMBERS)
        self._made: dict[tuple[int, bool], VisionTokens] = {}

    @property
    def tokens(self) -> int:
        """Tokens that it takes in a slot at the usual size."""
        return self.grid[0] * self.grid[1]

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        """Nothing is recognized before a pass."""
        return ()

    @property
    def vector(self) -> NDArray[np.float16] | None:
        """What it looks like, of the first pass that it was the last frame of; None before."""
        return next((vision.vector for vision in self._made.values()), None)

    def alone(self, larger: bool = False) -> VisionTokens:
        """The vision tokens of this frame as a still one.

        Raises:
            BackboneError: the pass failed.
        """
        return self._pass(self, (self._image,), larger)

    def after(self, before: UnpairedFrame, larger: bool = False) -> VisionTokens:
        """The vision tokens of a frame and this one, as those of one.

        Raises:
            BackboneError: the pass failed, or their grids differ.
        """
        return self._pass(before, (before._image, self._image), larger)

    def _pass(self, before: UnpairedFrame, images: Sequence[Image], larger: bool) -> VisionTokens:
        # By number: a frame that held the one before would hold all that came before.
        key = before._number, larger
        if key not in self._made:
            self._made[key] = self._encode(images, larger)
        return self._made[key]


def made(vision: VisionTokens) -> VisionTokens:
    """Vision tokens that can be appended: of a pending frame those of a still one.

    Raises:
        BackboneError: its pass failed.
    """
    return vision.alone() if isinstance(vision, UnpairedFrame) else vision
