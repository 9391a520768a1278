# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The interface of a gate: a model that says of each frame how much it calls for an answer.

It stands in front of a larger model, which then need not know when to speak. It has lanes and a
window of its own, both bounded.

Source: Wang et al., 'StreamBridge', arXiv 2505.05467, sec. 3.2 (decoupled activation model).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.35
"""The published threshold."""


@dataclass(frozen=True)
class Look:
    """A frame that a lane looks at.

    Attributes:
        lane: of `Activation.open`.
        glimpse: of `Activation.see`.
        interval: the frame's, in seconds; each begins where the lane's last one did, or later.
        said: the answer that was given behind the lane's last frame; '' = none.
    """

    lane: int
    glimpse: Any
    interval: tuple[Fraction, Fraction]
    said: str = ''


class Activation(Protocol):
    """A gate. Used by one thread at a time."""

    @property
    def name(self) -> str:
        """Of the model."""

    @property
    def identity(self) -> str:
        """Hash of all that its scores depend on."""

    @property
    def threshold(self) -> float:
        """The score from which it asks for an answer; 0 = it does not say."""

    def open(self, question: str) -> int:
        """Take a lane for a question.

        Raises:
            BackboneError: all are taken, or the question is too long.
        """

    def close(self, lane: int) -> None:
        """Give a lane back."""

    def see(self, image: NDArray[np.uint8]) -> Any:
        """Encode a frame once for all lanes.

        Args:
            image: RGB, uint8, shape (height, width, 3), of any size.

        Raises:
            BackboneError: the pass failed.
        """

    def score(self, looks: Sequence[Look]) -> NDArray[np.float32]:
        """Take a frame into several lanes.

        Returns:
            How much each calls for an answer, 0 to 1; NaN where that failed.

        Raises:
            BackboneError: the pass failed as a whole.
        """
