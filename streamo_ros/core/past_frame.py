# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A kept frame of the past, and how the core asks for some."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PastFrame:
    """A kept frame.

    Attributes:
        stamp: capture time, nanoseconds.
        load: gives the picture, RGB, uint8, shape (height, width, 3); None when it is gone.
    """

    stamp: int
    load: Callable[[], NDArray[np.uint8] | None]


PastFrames = Callable[[int, int], Sequence[PastFrame]]
"""A few kept frames from a capture time on and before another one, in the order of time."""
