# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The oldest steps leave whole, one by one, whatever was said in them.

Source: OneStreamer and VideoChat3, whose sessions delete the oldest message with frames and the
reply to it. They compute what stays anew for each frame; here it keeps what it was computed with.
"""

from __future__ import annotations

from collections.abc import Sequence

from streamo_ros.core.eviction import Action
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.eviction import TurnSize
from streamo_ros.core.eviction import WindowLimits


class OldestPolicy:
    """Sink + the last steps."""

    def for_lane(self, lane: int, lanes: int) -> EvictionPolicy:  # noqa: ARG002
        """See `EvictionPolicy`: it is the same for all."""
        return self

    def plan(
        self, turns: Sequence[TurnSize], need: int, limits: WindowLimits
    ) -> tuple[Action, ...] | None:
        """See `EvictionPolicy.plan`."""
        used = limits.sink + need + sum(turn.tokens for turn in turns)
        leave = max(0, len(turns) + 1 - limits.max_frames)
        used -= sum(turn.tokens for turn in turns[:leave])
        while leave < len(turns) and used > limits.capacity:
            used -= turns[leave].tokens
            leave += 1
        if not leave:
            return None
        return (Action.DROP,) * leave + (Action.KEEP,) * (len(turns) - leave)
