# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every test may use: frames, scripts and an assistant without a model."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from streamo_ros.frame import Frame
from streamo_ros.frame import SECOND
from streamo_ros.frame import Tick


def make_frame(second: float, *, stream_id: int = 1, size: tuple[int, int] = (48, 64)) -> Frame:
    """A grey frame of the tick that begins at `second`, for a stream that began at 1000 s."""
    start = Fraction(second).limit_denominator(1000)
    stamp = 1000 * SECOND + int(start * SECOND)
    image = np.full((*size, 3), 128, np.uint8)
    return Frame(Tick(stamp, start, start + 1, int(second), stream_id), image, 'camera')


@pytest.fixture
def frame() -> Callable[..., Frame]:
    return make_frame


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker('slow'):
            item.add_marker(pytest.mark.timeout(0))
