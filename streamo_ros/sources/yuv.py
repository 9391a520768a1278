# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Planar YUV images to RGB: 4:2:0, 4:2:2 and 4:4:4 with 8 bits a value.

Values are taken as cameras and V4L2 send them, BT.601 with 16 to 235 for luma.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from streamo_ros.sources.pixels import ImageError
from streamo_ros.sources.pixels import Pixels
from streamo_ros.sources.pixels import Rgb

# From (Y, U, V, 1) to (R, G, B), ITU-R BT.601, limited range.
_BT601 = np.array(
    [
        [1.164384, 0.0, 1.596027, -222.921],
        [1.164384, -0.391762, -0.812968, 135.576],
        [1.164384, 2.017232, 0.0, -276.836],
    ],
    np.float32,
)


@dataclass(frozen=True)
class Planar:
    """Where the color of a planar encoding is.

    Attributes:
        across: pixels in a row that share their color, 1 or 2.
        down: rows that share their color, 1 or 2.
        interleaved: whether U and V alternate in one plane.
        v_first: whether V comes before U.
    """

    across: int
    down: int
    interleaved: bool = True
    v_first: bool = False

    def rows(self, height: int) -> int:
        """Rows of `step` bytes that all planes of an image take."""
        return height + 2 * height // (self.across * self.down)


PLANAR = {
    'nv12': Planar(2, 2),
    'nv21': Planar(2, 2, v_first=True),
    'nv16': Planar(2, 1),
    'nv61': Planar(2, 1, v_first=True),
    'nv24': Planar(1, 1),
    'nv42': Planar(1, 1, v_first=True),
    'i420': Planar(2, 2, interleaved=False),
    'yv12': Planar(2, 2, interleaved=False, v_first=True),
}
"""Planar encodings by name."""


def planar_to_rgb(encoding: str, width: int, height: int, step: int, data: Pixels) -> Rgb:
    """Convert an image of one of `PLANAR`.

    Args:
        encoding: one of `PLANAR`.
        step: bytes from one row of luma to the next. Drivers also divide the size of the whole
            message by its height; that is recognized.
        data: uint8, one-dimensional, all planes.

    Raises:
        ImageError: the sizes do not agree.
    """
    layout = PLANAR[encoding]
    if width % layout.across or height % layout.down:
        raise ImageError(f'a {encoding} image must have an even size, but it is {width}x{height}')
    rows = layout.rows(height)
    if data.size == step * height and step * height >= rows * width:
        step = step * height // rows
    if step < width or data.size != step * rows:
        raise ImageError(
            f'a {encoding} image of {width}x{height} with step {step} takes {step * rows} bytes, '
            f'but the data have {data.size}'
        )
    luma = data[: step * height].reshape(height, step)[:, :width]
    u, v = _chroma(layout, data[step * height :], width // layout.across, height // layout.down)
    if layout.across == 2:
        u, v = np.repeat(u, 2, 1), np.repeat(v, 2, 1)
    if layout.down == 2:
        u, v = np.repeat(u, 2, 0), np.repeat(v, 2, 0)
    return cv2.transform(np.dstack([luma, u, v]), _BT601)  # type: ignore[return-value]


def _chroma(layout: Planar, data: Pixels, width: int, height: int) -> tuple[Pixels, Pixels]:
    """U and V, each of shape (height, width); rows of the planes may be padded."""
    if layout.interleaved:
        both = data.reshape(height, -1)[:, : 2 * width]
        first, second = both[:, 0::2], both[:, 1::2]
    else:
        first, second = data.reshape(2, height, -1)[:, :, :width]
    return (second, first) if layout.v_first else (first, second)
