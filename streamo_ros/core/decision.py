# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From three logits to a state: softmax over the three state tokens, thresholds, eligibility."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.protocol import State


@dataclass(frozen=True)
class Thresholds:
    """When a state is chosen; 0 = when it is the most probable one.

    Response iff its probability reaches `response`, else Standby iff its probability reaches
    `standby`, else Silence. A gate gives one score, the probability of Response: with `scored`
    both thresholds are compared with it.
    """

    standby: float = 0.0
    response: float = 0.0
    scored: bool = False

    @classmethod
    def for_model(
        cls, info: BackboneInfo, standby: float = 0.0, response: float = 0.0
    ) -> Thresholds:
        """What the user asked for; where that is 0, what the model asks for.

        A gate's own threshold is part of the model; Standby begins at half of it.
        """
        if info.gate:
            return cls(standby or info.response_threshold / 2, info.response_threshold, True)
        return cls(standby, response or info.response_threshold)


def probabilities(logits: NDArray[np.float32]) -> tuple[float, float, float]:
    """Softmax over (Silence, Standby, Response) logits; NaN in, NaN out."""
    scores = np.exp(logits.astype(np.float64) - np.max(logits))
    silence, standby, response = (scores / scores.sum()).tolist()
    return silence, standby, response


def decide(
    chances: tuple[float, float, float], thresholds: Thresholds, may_respond: bool = True
) -> State:
    """The decided state.

    Args:
        chances: probabilities of Silence, Standby and Response.
        thresholds: see `Thresholds`.
        may_respond: False while an answer would be held back, as in a cooldown.
    """
    silence, standby, response = chances
    if thresholds.scored:
        standby = response
    if may_respond and _chosen(response, max(silence, standby), thresholds.response):
        return State.RESPONSE
    if _chosen(standby, silence, thresholds.standby):
        return State.STANDBY
    return State.SILENCE


def _chosen(chance: float, rival: float, threshold: float) -> bool:
    return chance >= threshold if threshold > 0 else chance > rival
