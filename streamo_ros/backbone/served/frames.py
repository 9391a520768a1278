# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Makes of a camera frame what is sent to a server: a JPEG picture of the model's own size, once.

All lanes and all later requests send the same text.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone.frame_size import check_frame
from streamo_ros.backbone.frame_size import smart_size
from streamo_ros.backbone.served.chat import ServedFrame
from streamo_ros.core.interface import BackboneError

EDGE = 28
"""Pixels of a merged vision token of Qwen2.5-VL: such sizes need no second resizing."""
MIN_PIXELS = 4 * EDGE * EDGE
QUALITY = 95


@dataclass
class FrameWriter:
    """Writes frames of one model.

    Args:
        max_pixels: largest area of a frame.
        min_pixels: smallest area of one.
        scale: vision tokens for each square of 28 pixels, as measured.
    """

    max_pixels: int
    min_pixels: int = MIN_PIXELS
    scale: float = 1.0

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of 28 pixels of a frame of this size.

        Raises:
            BackboneError: one side is far longer than the other.
        """
        tall, wide = smart_size(height, width, EDGE, self.min_pixels, self.max_pixels)
        return tall // EDGE, wide // EDGE

    def tokens(self, grid: tuple[int, int]) -> int:
        """Vision tokens of a frame of this grid."""
        return max(1, round(grid[0] * grid[1] * self.scale))

    def write(self, image: NDArray[np.uint8]) -> ServedFrame:
        """Resize and encode a frame.

        Args:
            image: RGB, uint8, shape (height, width, 3).

        Raises:
            BackboneError: it is not such an image.
        """
        check_frame(image)
        grid = self.grid(*image.shape[:2])
        size = grid[1] * EDGE, grid[0] * EDGE
        if image.shape[1::-1] != size:
            smaller = size[0] < image.shape[1]
            filtering = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
            image = np.asarray(cv2.resize(image, size, interpolation=filtering), np.uint8)
        bgr = np.ascontiguousarray(image[:, :, ::-1])
        written, data = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        if not written:
            raise BackboneError('OpenCV cannot write the frame as JPEG')
        content = data.tobytes()
        url = f'data:image/jpeg;base64,{base64.b64encode(content).decode()}'
        name = hashlib.sha256(content).hexdigest()[:24]
        return ServedFrame(self.tokens(grid), grid, name, url)
