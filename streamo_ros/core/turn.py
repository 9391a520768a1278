# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One frame's turn in a lane: how it is spelled, what it takes, what of it stays.

Knows the order of a turn's parts: opening, time tag, frame, the place where the state is read,
reply. Knows nothing of other turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamo_ros.core.eviction import Action
from streamo_ros.core.eviction import TurnSize
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.protocol import PromptTokens

Range = tuple[int, int]
"""Half-open range of tokens in a slot."""


@dataclass
class Turn:
    """One frame's turn.

    Attributes:
        tick: of its frame.
        sight: its vision tokens; None when they have left.
        head: the opening; () for the turn that follows the instruction.
        tag: the time tag.
        reply: state, answer and end, as far as they are known.
        answered: whether the state is Response.
    """

    tick: Tick
    vision: VisionTokens | None
    head: tuple[int, ...]
    tag: tuple[int, ...]
    reply: tuple[int, ...] = ()
    answered: bool = False

    def pieces(self, words: PromptTokens) -> tuple[Piece, ...]:
        """The turn up to the place where its state is read."""
        if self.vision is None:
            return (self.head + self.tag + words.ask,)
        return self.head + self.tag + words.image_open, self.vision, words.image_close + words.ask

    def size(self, words: PromptTokens) -> TurnSize:
        """What it takes in a slot once all its parts stand there."""
        vision = vision_token_count(self.vision, words)
        text = len(self.head) + len(self.tag) + len(words.ask) + len(self.reply)
        return TurnSize(text + vision, vision, self.answered)

    def ranges(self, action: Action, start: int, at: int, size: TurnSize) -> list[Range]:
        """What of it is kept.

        Args:
            fate: KEEP or STRIP.
            start: first token that is kept: behind an opening that leaves.
            at: first token of the turn.
            size: of the turn.
        """
        stop = at + size.tokens
        if action is Action.KEEP or not size.vision_tokens:
            return [(start, stop)]
        seen = at + len(self.head) + len(self.tag)
        return [(start, seen), (seen + size.vision_tokens, stop)]


def vision_token_count(vision: VisionTokens | None, words: PromptTokens) -> int:
    """Tokens of a frame with its markers; 0 for none."""
    if vision is None:
        return 0
    return vision.tokens + len(words.image_open) + len(words.image_close)


def joined(ranges: Sequence[Range], length: int) -> list[Range]:
    """Ranges cut to `length`, touching ones made one, empty ones left out."""
    found: list[Range] = []
    for start, stop in ranges:
        stop = min(stop, length)
        if start >= stop:
            continue
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], stop)
        else:
            found.append((start, stop))
    return found
