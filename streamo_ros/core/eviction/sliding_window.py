# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A sliding window that forgets in blocks: old frames leave, their answers stay a while longer."""

from __future__ import annotations

from collections.abc import Sequence

from streamo_ros.core.eviction import Action
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.eviction import TurnSize
from streamo_ros.core.eviction import WindowLimits


class WindowPolicy:
    """Sink + last frames + last answers.

    When the coming frame would be one too many, the oldest quarter of the frames leaves at once,
    so that the copy of the survivors is paid once in many frames. A turn without an answer leaves
    whole; a turn with one loses its vision tokens and stays among the last `max_answers`.
    """

    def plan(
        self, turns: Sequence[TurnSize], need: int, limits: WindowLimits
    ) -> tuple[Action, ...] | None:
        """See `Policy.plan`."""
        frames = sum(1 for turn in turns if turn.vision_tokens)
        used = limits.sink + need + sum(turn.tokens for turn in turns)
        if frames < limits.max_frames and used <= limits.capacity:
            return None
        block = max(1, limits.max_frames // 4)
        return self.leave(turns, need, limits, max(block, frames + 1 - limits.max_frames))

    def for_lane(self, lane: int, lanes: int) -> EvictionPolicy:  # noqa: ARG002
        """See `EvictionPolicy`: it is the same for all."""
        return self

    def leave(
        self, turns: Sequence[TurnSize], need: int, limits: WindowLimits, block: int
    ) -> tuple[Action, ...]:
        """The fates when the oldest frames leave, and more where that does not make room.

        Args:
            turns: see `EvictionPolicy.plan`.
            need: see there.
            limits: see there.
            block: frames that leave.
        """
        actions = [Action.KEEP] * len(turns)
        frames = [at for at, turn in enumerate(turns) if turn.vision_tokens]
        for at in frames[:block]:
            actions[at] = Action.STRIP if turns[at].answered else Action.DROP
        kept = frames[sum(action is not Action.KEEP for action in actions) :]
        self._cap_answers(turns, actions, limits.max_answers)
        self._fit(turns, actions, kept, limits.capacity - limits.sink - need)
        return tuple(actions)

    @staticmethod
    def _cap_answers(turns: Sequence[TurnSize], actions: list[Action], most: int) -> None:
        """Only the newest `most` bare answers stay."""
        bare = [
            at
            for at, (turn, action) in enumerate(zip(turns, actions, strict=True))
            if action is Action.STRIP or (action is Action.KEEP and not turn.vision_tokens)
        ]
        for at in bare[: len(bare) - most] if len(bare) > most else []:
            actions[at] = Action.DROP

    @staticmethod
    def _fit(
        turns: Sequence[TurnSize], actions: list[Action], frames: list[int], room: int
    ) -> None:
        """Long answers can fill the slot before frames do: then frames, then answers leave."""

        def held() -> int:
            return sum(
                kept_tokens(turn, action) for turn, action in zip(turns, actions, strict=True)
            )

        for at in frames:
            if held() <= room:
                return
            actions[at] = Action.STRIP if turns[at].answered else Action.DROP
        for at in range(len(turns)):
            if held() <= room:
                return
            actions[at] = Action.DROP


def kept_tokens(turn: TurnSize, action: Action) -> int:
    """Places that a turn takes after its fate."""
    if action is Action.DROP:
        return 0
    return turn.tokens - (turn.vision_tokens if action is Action.STRIP else 0)
