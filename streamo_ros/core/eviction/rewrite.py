# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Old steps are rewritten: the silent ones leave, of the others the answers stay as text.

Source: AURA, `SessionHistory` of its streaming service: more than 45 rounds are cut to 30, and of
the older rounds about one question the first and the last three are kept without their video.
"""

from __future__ import annotations

from collections.abc import Sequence

from streamo_ros.core.eviction import Action
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.eviction import TurnSize
from streamo_ros.core.eviction import WindowLimits
from streamo_ros.core.eviction.sliding_window import kept_tokens

KEPT = 2, 3
"""The share of the frames that stay when some leave: 30 of 45."""
ANSWERS = 4
"""Most answers that are kept as text."""


class RewritePolicy:
    """Sink + answers as text + the last steps."""

    def for_lane(self, lane: int, lanes: int) -> EvictionPolicy:  # noqa: ARG002
        """See `EvictionPolicy`: it is the same for all."""
        return self

    def plan(
        self, turns: Sequence[TurnSize], need: int, limits: WindowLimits
    ) -> tuple[Action, ...] | None:
        """See `EvictionPolicy.plan`."""
        used = limits.sink + need + sum(turn.tokens for turn in turns)
        frames = [at for at, turn in enumerate(turns) if turn.vision_tokens]
        if len(frames) < limits.max_frames and used <= limits.capacity:
            return None
        # One of those that stay is the coming one.
        kept = max(0, KEPT[0] * min(limits.max_frames, len(frames) + 1) // KEPT[1] - 1)
        answers = min(ANSWERS, limits.max_answers)
        while True:
            actions = self._rewrite(turns, frames[len(frames) - kept :], answers)
            if not kept or self._held(turns, actions) + limits.sink + need <= limits.capacity:
                break
            kept //= 2
        if self._held(turns, actions) + limits.sink + need > limits.capacity:
            return (Action.DROP,) * len(turns)
        return actions

    @staticmethod
    def _rewrite(
        turns: Sequence[TurnSize], kept: Sequence[int], answers: int
    ) -> tuple[Action, ...]:
        first = kept[0] if kept else len(turns)
        texts = [at for at in range(first) if turns[at].answered]
        # The first one holds the question; the others are the latest.
        if len(texts) > answers:
            texts = [*texts[: min(1, answers)], *texts[len(texts) - max(0, answers - 1) :]]
        old = [Action.STRIP if at in texts else Action.DROP for at in range(first)]
        return (*old, *[Action.KEEP] * (len(turns) - first))

    @staticmethod
    def _held(turns: Sequence[TurnSize], actions: Sequence[Action]) -> int:
        return sum(kept_tokens(turn, action) for turn, action in zip(turns, actions, strict=True))
