# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One frame's turn in a dialogue: its tokens, its size, and the part of it that is kept.

`PromptTokens.turn` says in which order the parts stand; this module adds what a dialogue has to
remember of each turn.
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
        tick: the frame's tick.
        vision: its vision tokens; None once they have been evicted.
        prefix: what opens the user's turn; () for the turn that follows the instruction.
        tag: the time tag.
        reply: state, answer and end of turn, as far as they are known.
        answered: whether the state is Response.
    """

    tick: Tick
    vision: VisionTokens | None
    prefix: tuple[int, ...]
    tag: tuple[int, ...]
    reply: tuple[int, ...] = ()
    answered: bool = False

    def pieces(self, prompt: PromptTokens) -> tuple[Piece, ...]:
        """The turn up to the point where its state is read."""
        return prompt.turn(self.prefix + self.tag, self.vision)

    def size(self, prompt: PromptTokens) -> TurnSize:
        """Its size in a slot once all of its parts are there."""
        vision = self._vision_tokens(prompt)
        text = len(self.prefix) + len(self.tag) + len(prompt.reply_prompt) + len(self.reply)
        return TurnSize(text + vision, vision, self.answered)

    def kept_ranges(
        self, action: Action, start: int, begin: int, prompt: PromptTokens
    ) -> list[Range]:
        """The ranges of the slot that survive an eviction.

        Args:
            action: KEEP or STRIP.
            start: first token to keep: after the prefix if that is dropped.
            begin: first token of the turn.
            prompt: the protocol in this model's tokens.
        """
        size = self.size(prompt)
        stop = begin + size.tokens
        if action is Action.KEEP or not size.vision_tokens:
            return [(start, stop)]
        vision = begin + len(self.prefix) + len(self.tag)
        return [(start, vision), (vision + size.vision_tokens, stop)]

    def _vision_tokens(self, prompt: PromptTokens) -> int:
        return 0 if self.vision is None else prompt.frame_tokens(self.vision.tokens)


def merge_ranges(ranges: Sequence[Range], length: int) -> list[Range]:
    """Ranges clipped to `length`; adjacent ones are joined, empty ones left out."""
    merged: list[Range] = []
    for start, stop in ranges:
        stop = min(stop, length)
        if start >= stop:
            continue
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return merged
