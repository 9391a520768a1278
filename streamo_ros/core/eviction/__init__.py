# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Memory policies: which past turns stay in a lane's window. One file each; none knows torch.

A policy looks at sizes only. The lane carries out what it says.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Action(enum.Enum):
    """What becomes of a past turn."""

    KEEP = 'keep'
    STRIP = 'strip'
    """Its vision tokens leave; tag and answer stay."""
    DROP = 'drop'
    """It leaves whole."""
    MERGE = 'merge'
    """Its frame is averaged into that of the next turn that stays; the rest of it leaves."""


@dataclass(frozen=True, slots=True)
class TurnSize:
    """A past turn, as a policy sees it, oldest first in a sequence of them.

    Attributes:
        tokens: places it takes in the window.
        vision_tokens: those of its frames with their markers; 0 when it has been stripped.
        answered: whether it holds an answer.
    """

    tokens: int
    vision_tokens: int
    answered: bool


@dataclass(frozen=True, slots=True)
class WindowLimits:
    """What a lane may hold.

    Attributes:
        capacity: tokens of the slot.
        sink: tokens of the sink, which never leaves.
        max_frames: turns with frames, the coming one included.
        max_answers: turns kept for their answer alone.
    """

    capacity: int
    sink: int
    max_frames: int
    max_answers: int


class EvictionPolicy(Protocol):
    """Decides what leaves before a turn comes in."""

    def for_lane(self, lane: int, lanes: int) -> EvictionPolicy:
        """The policy of one lane: the same for all, or one that has a state of its own.

        Args:
            lane: its slot.
            lanes: how many there are.
        """

    def plan(
        self, turns: Sequence[TurnSize], need: int, limits: WindowLimits
    ) -> tuple[Action, ...] | None:
        """Make room.

        Args:
            turns: the lane's past, oldest first.
            need: tokens of the coming turn, its longest answer included.
            limits: what the lane may hold.

        Returns:
            A fate for each turn; None when nothing leaves.
        """
