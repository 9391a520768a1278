# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One step's turn in a dialogue: its tokens, its size, and the part of it that is kept.

`PromptTokens.turn` says in which order the parts stand; this module adds what a dialogue has to
remember of each turn.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from fractions import Fraction
from operator import is_not

from streamo_ros.core.eviction import Action
from streamo_ros.core.eviction import TurnSize
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import Kind

Range = tuple[int, int]
"""Half-open range of tokens in a slot."""


@dataclass
class Turn:
    """One step's turn.

    Attributes:
        ticks: of its frames; of one frame in most dialects.
        visions: their vision tokens; () once they have been evicted.
        prefix: what opens the user's turn; () for a turn that follows the instruction.
        texts: what stands before each frame and after the last one, see `PromptTokens.texts`.
        reply: state, answer and end of turn, as far as they are known.
        answered: whether the state is Response.
        kind: what the answer is, as far as its beginning tells.
        asks: whether it holds the instruction.
    """

    ticks: tuple[Tick, ...]
    visions: tuple[VisionTokens, ...]
    prefix: tuple[int, ...] = ()
    texts: tuple[tuple[int, ...], ...] = ()
    reply: tuple[int, ...] = ()
    answered: bool = False
    kind: Kind = Kind.ANSWER
    asks: bool = False
    _measured: tuple[tuple[object, ...], TurnSize] = field(
        default=((), TurnSize(0, 0, False)), init=False, repr=False, compare=False
    )

    @property
    def tick(self) -> Tick:
        """The tick of its last frame."""
        return self.ticks[-1]

    def pieces(self, prompt: PromptTokens) -> tuple[Piece, ...]:
        """The turn up to the point where its state is read."""
        first, *others = self.texts or ((),)
        return prompt.turn((self.prefix + first, *others), self.visions)

    def size(self, prompt: PromptTokens) -> TurnSize:
        """Its size in a slot once all of its parts are there."""
        # Each request asks for the sizes of all turns, and only the last has changed.
        parts = (prompt, self.prefix, self.texts, self.reply, self.visions, self.answered)
        before, size = self._measured
        if len(before) != len(parts) or any(map(is_not, before, parts)):
            size = self._size(prompt)
            self._measured = parts, size
        return size

    def _size(self, prompt: PromptTokens) -> TurnSize:
        vision = sum([prompt.frame_tokens(vision.tokens) for vision in self.visions])
        text = len(self.prefix) + sum(map(len, self.texts)) + len(prompt.reply_prompt)
        return TurnSize(text + len(self.reply) + vision, vision, self.answered)

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
        stop = begin + self.size(prompt).tokens
        if action is Action.KEEP or not self.visions:
            return [(start, stop)]
        ranges = []
        at = begin + len(self.prefix)
        for text, vision in zip(self.texts, self.visions, strict=False):
            at += len(text)
            ranges.append((start, at))
            at += prompt.frame_tokens(vision.tokens)
            start = at
        return [*ranges, (start, stop)]


def blocks(ticks: Sequence[Tick], size: int) -> list[tuple[Fraction, Fraction]]:
    """Start and end of what each block of so many frames represents, on their own clock."""
    parts = [ticks[at : at + size] for at in range(0, len(ticks), size)]
    return [(part[0].start, part[-1].end) for part in parts]


def leaving(
    turns: Sequence[Turn], actions: Sequence[Action], sink: int, prompt: PromptTokens
) -> list[tuple[int, Turn]]:
    """The turns that leave, each with the place of its reply in the slot; see `evicted`."""
    found, end = [], sink
    for turn, action in zip(turns, actions, strict=True):
        end += turn.size(prompt).tokens
        if action is Action.DROP:
            found.append((end - len(turn.reply), turn))
    return found


def evicted(
    turns: Sequence[Turn], actions: Sequence[Action], sink: int, prompt: PromptTokens
) -> tuple[list[Range], list[Turn], int]:
    """Carry out a policy's plan on the turns of a slot; none of them is merged.

    Args:
        turns: all of them, oldest first; those that stay are changed.
        actions: their fates.
        sink: tokens before the first of them.
        prompt: the dialect in this model's tokens.

    Returns:
        The ranges of the slot behind the sink that survive, the turns that stay, and the tokens of
        the whole as it was.
    """
    keep, begin, kept = list[Range](), sink, list[Turn]()
    for turn, action in zip(turns, actions, strict=True):
        size = turn.size(prompt).tokens
        if action is not Action.DROP:
            prefix = turn.prefix if kept else prompt.first_prefix
            start = begin + len(turn.prefix) - len(prefix)
            keep += turn.kept_ranges(action, start, begin, prompt)
            turn.prefix = prefix
            turn.visions = () if action is Action.STRIP else turn.visions
            kept.append(turn)
        begin += size
    return keep, kept, begin


def merged(
    turns: Sequence[Turn],
    actions: Sequence[Action],
    merge: Callable[[Sequence[VisionTokens]], VisionTokens],
) -> list[Turn]:
    """The turns that stay when frames are averaged into the first of the next one that stays."""
    kept, before = list[Turn](), list[VisionTokens]()
    for turn, action in zip(turns, actions, strict=True):
        if action is Action.MERGE:
            before += turn.visions
            continue
        if turn.visions and before:
            first, *others = turn.visions
            turn.visions = (merge([*before, first]), *others)
        kept.append(turn)
        before = []
    return kept


def newest(turns: Sequence[Turn], room: int, prompt: PromptTokens) -> list[Turn]:
    """The newest turns that fit into so many tokens."""
    kept = list(turns)
    while kept and sum(turn.size(prompt).tokens for turn in kept) > room:
        kept.pop(0)
    return kept


def restarted(turns: Sequence[Turn], now: Tick, longest: Fraction) -> list[Turn]:
    """The turns that stay when the time tags restart: no tag may be as long as before.

    Those of the last half of `longest` stay as they are. Of older ones, answers that have outlived
    their frames stay, as far as a quarter of `longest` has room: who is to speak when something
    changes must know what it said last. They are moved to right before what follows them.

    Args:
        turns: all of them, oldest first; those that are moved are changed.
        now: the tick of the coming frame.
        longest: seconds after which tags restart.
    """
    old = sum(turn.tick.start < now.start - longest / 2 for turn in turns)
    kept = list(turns[old:])
    for turn in reversed(turns[:old]):
        shift = (kept[0].ticks[0] if kept else now).start - turn.tick.end
        if turn.ticks[0].start + shift < now.start - longest * 3 / 4:
            break
        if turn.answered and not turn.visions:
            turn.ticks = tuple(tick.later(shift) for tick in turn.ticks)
            kept.insert(0, turn)
    return kept


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
