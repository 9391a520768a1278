# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tiny videos, made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def make_video() -> Callable[..., Path]:
    """Write a video whose frame k has red value 4 k (mod 256), as decoding shows within a few."""

    def make(path: Path, frames: int = 76, rate: float = 1.0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'mp4v'), rate, (32, 24))
        assert writer.isOpened()
        for k in range(frames):
            image = np.zeros((24, 32, 3), np.uint8)
            image[:, :, 2] = (4 * k) % 256
            writer.write(image)
        writer.release()
        return path

    return make
