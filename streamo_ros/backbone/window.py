# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The key-value window: which tokens each lane holds, and at which positions.

The attention owns the keys and values, in buffers allocated once. Evictions copy the
survivors together and rotate their keys by new positions from the un-rotated ones: positions stay
contiguous and nothing drifts. Rotating rotated bfloat16 keys a little further at each eviction
would be 44 % off after a thousand of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone.attention import Attention
from streamo_ros.backbone.attention import WindowShape
from streamo_ros.core.interface import BackboneError


@dataclass(frozen=True)
class TokenPositions:
    """Relative positions of tokens, from which absolute ones are computed.

    Attributes:
        offsets: position relative to the token's block on the three axes, int64, (tokens, 3).
        steps: how far the token advances the position of what follows, int64, (tokens,). A frame
            advances it once, with its last token.
        inside: whether the token continues a frame, bool, (tokens,).
    """

    offsets: NDArray[np.int64]
    steps: NDArray[np.int64]
    inside: NDArray[np.bool_]

    def positions(self, start: int) -> NDArray[np.int64]:
        """Positions, shape (3, tokens), when the first block is at `start`."""
        return start + self._from_zero

    @cached_property
    def _from_zero(self) -> NDArray[np.int64]:
        base = np.cumsum(self.steps) - self.steps
        return (base[:, None] + self.offsets).T

    def __len__(self) -> int:
        return len(self.steps)


def text_positions(tokens: int) -> TokenPositions:
    """The positions of text: each token is a block of its own and advances the position by one."""
    return TokenPositions(
        np.zeros((tokens, 3), np.int64), np.ones(tokens, np.int64), np.zeros(tokens, np.bool_)
    )


def join_positions(parts: Sequence[TokenPositions]) -> TokenPositions:
    """The positions of consecutive parts."""
    return TokenPositions(
        np.concatenate([part.offsets for part in parts]),
        np.concatenate([part.steps for part in parts]),
        np.concatenate([part.inside for part in parts]),
    )


class KeyValueWindow:
    """Tokens of all lanes.

    Args:
        attention: holds their keys and values.
    """

    def __init__(self, attention: Attention) -> None:
        self.attention = attention
        self.shape: WindowShape = attention.shape
        self._marks: list[TokenPositions | None] = [None] * self.shape.lanes

    def open(self) -> int:
        """Take the first free slot, empty.

        Raises:
            BackboneError: all slots are taken.
        """
        if None not in self._marks:
            raise BackboneError(
                f'all {self.shape.lanes} lanes are taken: cancel an instruction or raise '
                'max_instructions'
            )
        slot = self._marks.index(None)
        self._marks[slot] = text_positions(0)
        return slot

    def close(self, slot: int) -> None:
        """Free the slot."""
        self._held(slot)
        self._marks[slot] = None

    def length(self, slot: int) -> int:
        """Tokens that the slot holds."""
        return len(self._held(slot))

    def position(self, slot: int) -> int:
        """Position of the next token."""
        return int(self._held(slot).steps.sum())

    def commit(self, slot: int, marks: TokenPositions) -> None:
        """Count rows that a pass has appended to the slot.

        Raises:
            BackboneError: there is no room for them.
        """
        self.check_room(slot, len(marks))
        self._marks[slot] = join_positions((self._held(slot), marks))

    def check_room(self, slot: int, tokens: int) -> None:
        """Refuse more tokens than fit.

        Raises:
            BackboneError: the slot would overflow.
        """
        if self.length(slot) + tokens > self.shape.capacity:
            raise BackboneError(
                f'lane {slot} holds {self.length(slot)} tokens and {tokens} more do not fit into '
                f'{self.shape.capacity}: evict first, or raise context.capacity'
            )

    def truncate(self, slot: int, length: int) -> None:
        """Forget everything after the first `length` tokens.

        Raises:
            BackboneError: the cut goes through a frame.
        """
        marks = self._held(slot)
        if length >= len(marks):
            return
        self._check_cut(marks, length)
        self._marks[slot] = TokenPositions(
            marks.offsets[:length], marks.steps[:length], marks.inside[:length]
        )

    def scrub(self, slot: int) -> None:
        """Keep what a failed pass left after the slot's length from affecting later passes."""
        self.attention.scrub(slot, self.length(slot))

    def evict(self, slot: int, keep: Sequence[tuple[int, int]]) -> None:
        """Keep the tokens of these ranges, in this order; positions close up.

        Raises:
            BackboneError: the ranges are not of the slot, overlap, or cut a frame.
        """
        marks = self._held(slot)
        survivors = self._survivors(marks, keep)
        still = _unmoved(survivors)
        self._marks[slot] = kept = TokenPositions(
            marks.offsets[survivors], marks.steps[survivors], marks.inside[survivors]
        )
        if still < len(survivors):
            self.attention.move(slot, survivors[still:], still, kept.positions(0)[:, still:])

    def _held(self, slot: int) -> TokenPositions:
        marks = self._marks[slot] if 0 <= slot < self.shape.lanes else None
        if marks is None:
            raise BackboneError(f'lane {slot} is not open')
        return marks

    def _survivors(
        self, marks: TokenPositions, keep: Sequence[tuple[int, int]]
    ) -> NDArray[np.int64]:
        edge = 0
        for start, stop in sorted(keep):
            if not edge <= start <= stop <= len(marks):
                raise BackboneError(
                    f'ranges to keep must be apart within 0..{len(marks)}, got {list(keep)}'
                )
            edge = stop
        for cut in (cut for ends in keep for cut in ends):
            self._check_cut(marks, cut)
        return np.concatenate(
            [np.zeros(0, np.int64), *(np.arange(start, stop) for start, stop in keep)]
        )

    @staticmethod
    def _check_cut(marks: TokenPositions, at: int) -> None:
        if at < len(marks) and marks.inside[at]:
            raise BackboneError(
                f'token {at} is inside a frame: a frame is kept or forgotten whole'
            )


def _unmoved(survivors: NDArray[np.int64]) -> int:
    """Number of leading rows that do not move."""
    moved = np.flatnonzero(survivors != np.arange(len(survivors)))
    return int(moved[0]) if len(moved) else len(survivors)
