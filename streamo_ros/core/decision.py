# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From three logits to a state: softmax over the three state tokens, thresholds, hysteresis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.protocol import State


@dataclass(frozen=True)
class Thresholds:
    """When a state is chosen; 0 = when it is the most probable one.

    Response iff its probability reaches `response`, else Standby iff its probability reaches
    `standby`, else Silence. A gate gives one score, the probability of Response: with `scored`
    both thresholds are compared with it. `hysteresis` is for what follows a Response, see
    `Hysteresis`.
    """

    standby: float = 0.0
    response: float = 0.0
    scored: bool = False
    hysteresis: float = 0.0

    @classmethod
    def for_model(
        cls,
        info: BackboneInfo,
        standby: float = 0.0,
        response: float = 0.0,
        activation: float = 0.0,
        hysteresis: float = 0.0,
    ) -> Thresholds:
        """What the user asked for; where that is 0, what the model asks for.

        With a gate `activation` counts instead of `response`, and Standby begins at half of it.
        """
        if info.gate:
            score = activation or info.response_threshold
            return cls(standby or score / 2, score, True, hysteresis)
        return cls(standby, response or info.response_threshold, False, hysteresis)

    def bar(self, chances: tuple[float, float, float]) -> float:
        """What the probability of Response is compared with in one frame."""
        return self.response if self.response > 0 else max(chances[0], chances[1])


class Hysteresis:
    """Whether a Response may follow the last one.

    It may when the probability of Response has been less than its threshold minus
    `Thresholds.hysteresis` in at least one frame since. Without a threshold, the probability of
    the more probable other state stands for it. With a hysteresis of 0 it always may.
    """

    def __init__(self) -> None:
        self._spent = False

    def ready(self, chances: tuple[float, float, float], thresholds: Thresholds) -> bool:
        """Follow the next frame: whether a Response may be decided."""
        if thresholds.hysteresis <= 0 or (
            chances[2] < thresholds.bar(chances) - thresholds.hysteresis
        ):
            self._spent = False
        return not self._spent

    def spend(self) -> None:
        """Response was decided."""
        self._spent = True


class Sample(NamedTuple):
    """What was recorded of one decision.

    Attributes:
        stamp: capture time of the frame, nanoseconds.
        chances: probabilities of Silence, Standby and Response; None = unknown.
        stream_id: the frame's stream.
    """

    stamp: int
    chances: tuple[float, float, float] | None
    stream_id: int = 1


def probabilities(logits: NDArray[np.float32]) -> tuple[float, float, float]:
    """Softmax over the logits of Silence, Standby, Response and other answers; NaN in, NaN out.

    Every answer is a Response, whatever kind it is.
    """
    scores = np.exp(logits.astype(np.float64) - np.max(logits))
    silence, standby, *responses = (scores / scores.sum()).tolist()
    return silence, standby, sum(responses)


def decide(
    chances: tuple[float, float, float], thresholds: Thresholds, may_respond: bool = True
) -> State:
    """The decided state.

    Args:
        chances: probabilities of Silence, Standby and Response.
        thresholds: see `Thresholds`.
        may_respond: False while an answer would be held back, as in a cooldown, or before the
            probability has fallen since the last one.
    """
    silence, standby, response = chances
    if thresholds.scored:
        standby = response
    if may_respond and _chosen(response, thresholds.bar(chances), thresholds.response):
        return State.RESPONSE
    if _chosen(standby, silence, thresholds.standby):
        return State.STANDBY
    return State.SILENCE


def redecide(samples: Iterable[Sample], thresholds: Thresholds, cooldown: int = 0) -> list[State]:
    """What other thresholds would have decided, from probabilities that were recorded.

    The probabilities are taken as they were: that another decision would have entered the dialogue
    and moved those after it is left out.

    Args:
        samples: the decisions of one instruction, in order.
        thresholds: see `Thresholds`.
        cooldown: capture time after a Response during which there is no other, nanoseconds.

    Returns:
        One state per sample; UNKNOWN where there are no probabilities.
    """
    states = []
    quiet_until = stream = 0
    hysteresis = Hysteresis()
    for sample in samples:
        if sample.stream_id != stream:
            # A new stream is a new dialogue.
            stream, quiet_until, hysteresis = sample.stream_id, 0, Hysteresis()
        state = State.UNKNOWN
        if sample.chances is not None:
            ready = hysteresis.ready(sample.chances, thresholds)
            state = decide(sample.chances, thresholds, ready and sample.stamp >= quiet_until)
        if state is State.RESPONSE:
            hysteresis.spend()
            quiet_until = sample.stamp + cooldown
        states.append(state)
    return states


def _chosen(chance: float, rival: float, threshold: float) -> bool:
    return chance >= threshold if threshold > 0 else chance > rival
