# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a rebuilt lane has still to read: one bounded part after another, between frames.

A lane that is said again holds thousands of tokens. In one pass they would take as long as dozens
of frames, and no frame would be looked at meanwhile (Law 4).
"""

from __future__ import annotations

from collections.abc import Sequence

from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import piece_tokens
from streamo_ros.core.interface import Request

PART_TOKENS = 256
"""Most tokens of a part: about the work of two frames. A larger frame is read alone."""


class Prefill:
    """Reads a request into a slot, in parts.

    Args:
        backbone: owns the slot.
        slot: where it goes.
    """

    def __init__(self, backbone: Backbone, slot: int) -> None:
        self._backbone = backbone
        self._slot = slot
        self._parts: list[tuple[Piece, ...]] = []

    def __bool__(self) -> bool:
        """Whether anything is left to be read."""
        return bool(self._parts)

    def start(self, pieces: Sequence[Piece]) -> None:
        """Begin with these pieces; what was left of others is forgotten."""
        self._parts = cut_pieces(pieces, PART_TOKENS)

    def step(self) -> None:
        """Read the next part; what follows is forgotten if that fails.

        Raises:
            BackboneError: the pass failed; the slot holds the parts before.
        """
        part, *rest = self._parts
        self._parts = []
        self._backbone.prefill(Request(self._slot, part))
        self._parts = rest

    def finish(self) -> None:
        """Read all that is left at once.

        Raises:
            BackboneError: the pass failed; the slot holds the parts before.
        """
        if self._parts:
            left = tuple(piece for part in self._parts for piece in part)
            self._parts = []
            self._backbone.prefill(Request(self._slot, left))


def cut_pieces(pieces: Sequence[Piece], most: int) -> list[tuple[Piece, ...]]:
    """Cut pieces into groups of at most `most` tokens; a frame is never cut."""
    small: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, tuple):
            small += [piece[at : at + most] for at in range(0, len(piece), most)]
        else:
            small.append(piece)
    groups: list[tuple[Piece, ...]] = []
    for piece in small:
        held = sum(map(piece_tokens, groups[-1])) if groups else most
        if held + piece_tokens(piece) > most:
            groups.append((piece,))
        else:
            groups[-1] = (*groups[-1], piece)
    return groups
