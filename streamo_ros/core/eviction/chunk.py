# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whole chunks of frames leave at once, so that nothing before them changes in between.

For models behind a server: what a request shares with the one before is in the server's cache, and
an eviction costs it everything behind the gap. So evictions are rare and large.

Source: Streaming Harness, arXiv 2606.08615: within a chunk the prompt is only appended to.
"""

from __future__ import annotations

from collections.abc import Sequence

from streamo_ros.core.eviction import Action
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.eviction import TurnSize
from streamo_ros.core.eviction import WindowLimits
from streamo_ros.core.eviction.sliding_window import WindowPolicy

KEPT = 4
"""A chunk begins with the last frames of the one before: one in so many."""


class ChunkPolicy:
    """Sink + last answers + the frames since the chunk began.

    When the coming frame would be one too many, all frames leave but the newest quarter. The first
    chunks of the lanes have different lengths, so that lanes which began together do not roll over
    together.

    Args:
        stagger: 0 to 1, by how much of a chunk the first one is shorter.
    """

    def __init__(self, stagger: float = 0.0) -> None:
        self._stagger = stagger
        self._window = WindowPolicy()

    def for_lane(self, lane: int, lanes: int) -> EvictionPolicy:
        """See `EvictionPolicy`."""
        return ChunkPolicy(lane / lanes)

    def plan(
        self, turns: Sequence[TurnSize], need: int, limits: WindowLimits
    ) -> tuple[Action, ...] | None:
        """See `EvictionPolicy.plan`."""
        frames = sum(1 for turn in turns if turn.vision_tokens)
        used = limits.sink + need + sum(turn.tokens for turn in turns)
        kept = max(1, limits.max_frames // KEPT)
        longest = limits.max_frames - round(self._stagger * (limits.max_frames - kept))
        if frames < longest and used <= limits.capacity:
            return None
        self._stagger = 0.0
        return self._window.leave(turns, need, limits, max(1, frames - frames // KEPT))
