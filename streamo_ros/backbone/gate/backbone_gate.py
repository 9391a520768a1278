# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What gates that run on the engine have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.passes import PassRunner


class BackboneGate:
    """The part of `core.activation.Activation` that does not depend on what is scored.

    Args:
        backbone: the checkpoint.
    """

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self._passes = PassRunner(backbone)

    @property
    def name(self) -> str:
        """See `Activation`."""
        return self._backbone.info.model

    @property
    def identity(self) -> str:
        """See `Activation`."""
        return self._backbone.info.model_id

    @property
    def threshold(self) -> float:
        """What the checkpoint asks for."""
        return self._backbone.info.response_threshold

    def see(self, image: NDArray[np.uint8]) -> VisionTokens:
        """See `Activation`."""
        return self._backbone.encode(image)

    def _checked(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """The scores of several lanes.

        Raises:
            BackboneError: all passes failed.
        """
        if len(scores) and np.isnan(scores).all():
            raise BackboneError(f'the gate {self.name} failed: {self._passes.last_failure}')
        return scores
