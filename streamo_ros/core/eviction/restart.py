# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When the window is full, everything leaves, and the dialogue starts over with the instruction.

Source: JoyAI-VL-Interaction, whose adapter clears the messages at the end of a chunk.
"""

from __future__ import annotations

from collections.abc import Sequence

from streamo_ros.core.eviction import Action
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.eviction import TurnSize
from streamo_ros.core.eviction import WindowLimits


class RestartPolicy:
    """Sink + the steps since the last restart."""

    def for_lane(self, lane: int, lanes: int) -> EvictionPolicy:  # noqa: ARG002
        """See `EvictionPolicy`: it is the same for all."""
        return self

    def plan(
        self, turns: Sequence[TurnSize], need: int, limits: WindowLimits
    ) -> tuple[Action, ...] | None:
        """See `EvictionPolicy.plan`."""
        used = limits.sink + need + sum(turn.tokens for turn in turns)
        if len(turns) < limits.max_frames and used <= limits.capacity:
            return None
        return (Action.DROP,) * len(turns)
