# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A sliding window that forgets in blocks: old frames leave, their answers stay a while longer."""

from __future__ import annotations

from collections.abc import Sequence

from streamo_ros.core.eviction import Fate
from streamo_ros.core.eviction import Limits
from streamo_ros.core.eviction import TurnSize


class WindowPolicy:
    """Sink + last frames + last answers.

    When the coming frame would be one too many, the oldest quarter of the frames leaves at once,
    so that the copy of the survivors is paid once in many frames. A turn without an answer leaves
    whole; a turn with one loses its vision tokens and stays among the last `max_answers`.
    """

    def plan(
        self, turns: Sequence[TurnSize], need: int, limits: Limits
    ) -> tuple[Fate, ...] | None:
        """See `Policy.plan`."""
        fates = [Fate.KEEP] * len(turns)
        frames = [at for at, turn in enumerate(turns) if turn.vision_tokens]
        used = limits.sink + need + sum(turn.tokens for turn in turns)
        if len(frames) < limits.max_frames and used <= limits.capacity:
            return None
        block = max(1, limits.max_frames // 4)
        for at in frames[: max(block, len(frames) + 1 - limits.max_frames)]:
            fates[at] = Fate.STRIP if turns[at].answered else Fate.DROP
        kept = frames[sum(fate is not Fate.KEEP for fate in fates) :]
        self._cap_answers(turns, fates, limits.max_answers)
        self._fit(turns, fates, kept, limits.capacity - limits.sink - need)
        return tuple(fates)

    @staticmethod
    def _cap_answers(turns: Sequence[TurnSize], fates: list[Fate], most: int) -> None:
        """Only the newest `most` bare answers stay."""
        bare = [
            at
            for at, (turn, fate) in enumerate(zip(turns, fates, strict=True))
            if fate is Fate.STRIP or (fate is Fate.KEEP and not turn.vision_tokens)
        ]
        for at in bare[: len(bare) - most] if len(bare) > most else []:
            fates[at] = Fate.DROP

    @staticmethod
    def _fit(turns: Sequence[TurnSize], fates: list[Fate], frames: list[int], room: int) -> None:
        """Long answers can fill the slot before frames do: then frames, then answers leave."""

        def held() -> int:
            return sum(kept_tokens(turn, fate) for turn, fate in zip(turns, fates, strict=True))

        for at in frames:
            if held() <= room:
                return
            fates[at] = Fate.STRIP if turns[at].answered else Fate.DROP
        for at in range(len(turns)):
            if held() <= room:
                return
            fates[at] = Fate.DROP


def kept_tokens(turn: TurnSize, fate: Fate) -> int:
    """Places that a turn takes after its fate."""
    if fate is Fate.DROP:
        return 0
    return turn.tokens - (turn.vision_tokens if fate is Fate.STRIP else 0)
