# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From three logits to a state: softmax over the three state tokens, thresholds, eligibility."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.protocol import State


@dataclass(frozen=True)
class Thresholds:
    """When a state is chosen; 0 = when it is the most probable one.

    Response iff its probability reaches `response`, else Standby iff its probability reaches
    `standby`, else Silence.
    """

    standby: float = 0.0
    response: float = 0.0


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
    if may_respond and _chosen(response, max(silence, standby), thresholds.response):
        return State.RESPONSE
    if _chosen(standby, silence, thresholds.standby):
        return State.STANDBY
    return State.SILENCE


def _chosen(chance: float, rival: float, threshold: float) -> bool:
    return chance >= threshold if threshold > 0 else chance > rival
