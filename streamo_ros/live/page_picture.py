# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Camera messages as the JPEG files that a page shows."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.sources.cdr import Buffer
from streamo_ros.sources.cdr import CdrError
from streamo_ros.sources.cdr import read_compressed
from streamo_ros.sources.cdr import read_image
from streamo_ros.sources.image import decode_compressed
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.image import to_rgb
from streamo_ros.sources.jpeg_encoder import jpeg

WIDTH, QUALITY = 640, 80
"""Pixels, and JPEG quality."""
LARGEST = 200_000
"""Bytes of a camera's own JPEG file that is shown as it is."""


def page_picture(data: Buffer, compressed: bool) -> bytes:
    """The picture of a serialized camera message; b'' when it cannot be decoded.

    Args:
        data: the message.
        compressed: whether it is a CompressedImage, and not an Image.
    """
    try:
        if not compressed:
            raw = read_image(data)
            image = to_rgb(
                raw.encoding, raw.width, raw.height, raw.step, raw.data, raw.is_bigendian
            )
            return small_jpeg(image)
        coded = read_compressed(data)
        if bytes(coded.data[:3]) == b'\xff\xd8\xff' and len(coded.data) < LARGEST:
            return bytes(coded.data)
        return small_jpeg(decode_compressed(coded.format, coded.data))
    except (CdrError, ImageError):
        return b''


def small_jpeg(image: NDArray[np.uint8]) -> bytes:
    """A picture for the page.

    Args:
        image: RGB, uint8, shape (height, width, 3).
    """
    height, width = image.shape[:2]
    if width > WIDTH:
        size = (WIDTH, max(1, round(height * WIDTH / width)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return jpeg(image, QUALITY).tobytes()
