# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Forgets nothing: for short streams and for measuring what forgetting costs."""

from __future__ import annotations

from collections.abc import Sequence

from streamo_ros.core.eviction import Action
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.eviction import TurnSize
from streamo_ros.core.eviction import WindowLimits
from streamo_ros.core.interface import BackboneError


class FullPolicy:
    """Keeps every turn until the slot is full, then refuses the next frame."""

    def for_lane(self, lane: int, lanes: int) -> EvictionPolicy:  # noqa: ARG002
        """See `EvictionPolicy`: it is the same for all."""
        return self

    def plan(
        self, turns: Sequence[TurnSize], need: int, limits: WindowLimits
    ) -> tuple[Action, ...] | None:
        """See `Policy.plan`.

        Raises:
            BackboneError: the slot is full.
        """
        used = limits.sink + need + sum(turn.tokens for turn in turns)
        if used > limits.capacity:
            raise BackboneError(
                f'the policy full keeps everything and {used} tokens do not fit into '
                f'{limits.capacity}: raise context.capacity or use the policy window'
            )
        return None
