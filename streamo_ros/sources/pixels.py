# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every image conversion shares: its error, its result and the scaling of 16 bits to 8.

Sensors of 10, 12 and 14 bits are published in 16-bit containers, and no message says how many of
the bits are in use. The data say it: the depth is the smallest of 10, 12, 14 and 16 bits that
holds the brightest value of the image. A 12-bit image therefore looks as the camera saw it, an
image that uses all 16 bits is unchanged, and no value is ever clipped. The price: an image darker
than 1/64 of its full scale is brightened, because it cannot be told from one of fewer bits.
"""

from __future__ import annotations

from typing import Any
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.errors import StreamoError

Rgb: TypeAlias = NDArray[np.uint8]
"""uint8, shape (height, width, 3)."""

Pixels: TypeAlias = NDArray[Any]
"""Any depth, shape (height, width[, channels])."""

_DEPTHS = (10, 12, 14, 16)


class ImageError(StreamoError, ValueError):
    """An image cannot be converted; the message says what is wrong with it."""


def measurement_error(what: str) -> ImageError:
    """The refusal of data that are no picture, the same wherever they come from.

    Args:
        what: how the data are described, e.g. "the encoding '32FC1'".
    """
    return ImageError(
        f'{what} holds measurements such as depth, not a picture: choose a color or gray image '
        'topic, or publish an infrared camera as mono16'
    )


def narrow(values: Pixels) -> Pixels:
    """Scale 16-bit values to 8 bits by the range that they use; see the module's text.

    Args:
        values: uint16, any shape.

    Returns:
        uint8, same shape.
    """
    used = int(values.max()).bit_length()
    depth = next(depth for depth in _DEPTHS if used <= depth)
    return cv2.convertScaleAbs(values, alpha=255 / ((1 << depth) - 1))


def gray_to_rgb(gray: Pixels) -> Rgb:
    """Repeat a gray image, uint8, in three channels."""
    return cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB)  # type: ignore[return-value]
