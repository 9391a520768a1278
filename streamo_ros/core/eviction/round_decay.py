# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""StreamBridge's memory: frames of old rounds are averaged into one, the oldest rounds first.

A round is what was seen up to an answer, the answer included. Text is touched only where a turn
has nothing but its frame: a frame that is averaged away takes its time tag along. What is left
must be said again from an empty slot, so this policy costs a prefill and is not flat.

The paper keeps all frames and compresses them anew for each answer. Here a mean takes the place of
its frames at once, and counts for all of them when it is averaged again. The result is the same:
as frames are always taken from the oldest rounds first, what has become one stays together.

Source: Wang et al., 'StreamBridge', arXiv 2505.05467, sec. 3.1 and the pseudo-code of its
appendix (round-decayed compression).
"""

from __future__ import annotations

from collections.abc import Sequence

from streamo_ros.core.eviction import Action
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.eviction import TurnSize
from streamo_ros.core.eviction import WindowLimits


def pooled_frames(
    rounds: Sequence[int], length: int, longest: int, tokens_per_frame: int
) -> tuple[int, ...]:
    """How many of each round's first frames become one.

    Args:
        rounds: frames of each round, oldest first.
        length: tokens of everything, text included.
        longest: tokens that may stay (the paper's MaxLen).
        tokens_per_frame: of one frame.

    Returns:
        For each round 0 (nothing is pooled) or a number from 2 up to its frames.
    """
    if length <= longest:
        return (0,) * len(rounds)
    redundant = int((length - longest) / tokens_per_frame) + 1
    target = redundant * tokens_per_frame
    pooled = [0] * len(rounds)
    for at, frames in enumerate(rounds):
        if target <= 0:
            break
        if frames < 2:
            continue
        whole = frames * tokens_per_frame <= target + tokens_per_frame
        pooled[at] = frames if whole else target // tokens_per_frame + 1
        target -= (pooled[at] - 1) * tokens_per_frame
    return tuple(pooled)


class RoundDecayPolicy:
    """Averages old frames when the coming turn would not fit.

    The paper lets its buffer grow without end and shortens it to MaxLen for each answer. Here the
    slot is the buffer, and MaxLen three quarters of it: so a rebuild is paid once in many frames.
    Of each group of frames that become one, the last turn stays and holds the average; the others
    have the fate `MERGE`. Where averaging does not suffice, the older half of the turns leaves.
    """

    def for_lane(self, lane: int, lanes: int) -> EvictionPolicy:  # noqa: ARG002
        """See `EvictionPolicy`: it is the same for all."""
        return self

    def plan(
        self, turns: Sequence[TurnSize], need: int, limits: WindowLimits
    ) -> tuple[Action, ...] | None:
        """See `Policy.plan`."""
        length = limits.sink + need + sum(turn.tokens for turn in turns)
        if length <= limits.capacity:
            return None
        rounds = frame_rounds(turns)
        counts = pooled_frames(
            [len(frames) for frames in rounds],
            length,
            3 * limits.capacity // 4,
            max((turn.vision_tokens for turn in turns), default=1) or 1,
        )
        merged = {
            at
            for frames, count in zip(rounds, counts, strict=True)
            for at in frames[: max(0, count - 1)]
        }
        if length - sum(turns[at].tokens for at in merged) > limits.capacity:
            older = -(-len(turns) // 2)
            return (Action.DROP,) * older + (Action.KEEP,) * (len(turns) - older)
        return tuple(Action.MERGE if at in merged else Action.KEEP for at in range(len(turns)))


def frame_rounds(turns: Sequence[TurnSize]) -> list[list[int]]:
    """Numbers of the turns with a frame, by round; a round ends with its answer."""
    rounds: list[list[int]] = [[]]
    for at, turn in enumerate(turns):
        if turn.vision_tokens:
            rounds[-1].append(at)
        if turn.answered:
            rounds.append([])
    return rounds
