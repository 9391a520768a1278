# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Camera messages as the JPEG files that a page shows."""

from __future__ import annotations

from typing import NamedTuple

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


class PagePicture(NamedTuple):
    """A picture for the page.

    Attributes:
        jpeg: the file; b'' = there is none.
        width: pixels of the camera's image; 0 = those of the file.
        height: the same.
    """

    jpeg: bytes = b''
    width: int = 0
    height: int = 0

    @classmethod
    def of(cls, image: NDArray[np.uint8]) -> PagePicture:
        """Of an image; see `small_jpeg`."""
        return cls(small_jpeg(image), image.shape[1], image.shape[0])


def page_picture(data: Buffer, compressed: bool) -> PagePicture:
    """The picture of a serialized camera message; an empty one when it cannot be decoded.

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
            return PagePicture.of(image)
        coded = read_compressed(data)
        if bytes(coded.data[:3]) == b'\xff\xd8\xff' and len(coded.data) < LARGEST:
            return PagePicture(bytes(coded.data))
        return PagePicture.of(decode_compressed(coded.format, coded.data))
    except (CdrError, ImageError):
        return PagePicture()


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
