# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Camera frames as vLLM takes them: pictures of the model's own size, so that it resizes none."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from streamo_ros.backbone.frame_size import check_frame
from streamo_ros.backbone.plan import FrameSizes
from streamo_ros.backbone.vision.resizer import Resizer
from streamo_ros.core.interface import Sighting


@dataclass(frozen=True, eq=False)
class SessionFrame:
    """A frame whose vision pass is vLLM's.

    Attributes:
        tokens: that it takes in a lane.
        grid: rows and columns of its vision tokens.
        name: what vLLM knows it by.
        picture: as Pillow has it.
        sightings: none, vLLM recognizes nothing for us.
        vector: none, the embeddings are vLLM's.
    """

    tokens: int
    grid: tuple[int, int]
    name: str
    picture: Image.Image
    sightings: tuple[Sighting, ...] = ()
    vector: NDArray[np.float16] | None = None


Item: TypeAlias = 'int | SessionFrame'
"""One token of a lane; a frame stands in it once for each of its tokens."""


class PictureMaker:
    """Makes pictures of the frames of one checkpoint.

    Args:
        sizes: of its frames.
        resample: Pillow's number of the filter of its image processor.
    """

    def __init__(self, sizes: FrameSizes, resample: int) -> None:
        self._sizes = sizes
        self._resize = Resizer(resample)
        self._numbers = itertools.count()

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of the vision tokens of a frame of this size in pixels."""
        return self._sizes(height, width).shape

    def make(self, image: NDArray[np.uint8]) -> SessionFrame:
        """Resize a frame.

        Args:
            image: RGB, uint8, shape (height, width, 3).

        Raises:
            BackboneError: it is not such an image.
        """
        check_frame(image)
        grid = self._sizes(*image.shape[:2])
        small = self._resize(image, *grid.pixels)
        # Copied: the camera may write into its frame while vLLM still reads it.
        picture = Image.fromarray(np.array(small))
        return SessionFrame(grid.tokens, grid.shape, f'frame {next(self._numbers)}', picture)
