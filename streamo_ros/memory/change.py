# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finds the frames on which much changed, so that their pictures are kept."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_EDGE = 16
_LEAST = 8.0
"""Mean difference of gray values, 0 to 255, below which it is noise."""

_TIMES = 3.0
_MEMORY = 0.05


class ChangeDetector:
    """Compares each picture with the one before.

    Much is what is much for this camera: a robot that drives sees every frame change, and only
    what stands out from that counts.
    """

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None
        self._usual = 0.0

    def look(self, image: NDArray[np.uint8]) -> bool:
        """Whether much changed since the last picture.

        Args:
            image: RGB, uint8, shape (height, width, 3).
        """
        small = cv2.resize(image, (_EDGE, _EDGE), interpolation=cv2.INTER_AREA)
        gray = small.astype(np.float32).mean(axis=2)
        last, self._last = self._last, gray
        if last is None:
            return True
        difference = float(np.abs(gray - last).mean())
        much = difference > max(_LEAST, _TIMES * self._usual)
        self._usual += _MEMORY * (difference - self._usual)
        return much
