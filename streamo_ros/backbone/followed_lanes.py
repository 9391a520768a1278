# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the frames of each lane have shown, for checkpoints whose frames depend on those before.

It follows from the frames that a lane has read, in order, and goes back when the lane does. Frames
that were evicted still count, and do so, too, when a lane reads what it keeps once more.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from typing import NamedTuple

from streamo_ros.backbone.batch import own_vision
from streamo_ros.backbone.vision import EncodedVision
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import piece_tokens
from streamo_ros.core.interface import Request

Follow = Callable[[Any, EncodedVision], tuple[Any, EncodedVision]]
"""See `vision.FollowingHead.follow`."""
_REMEMBERED = 64
"""Frames that a lane can go back before it forgets all of them."""


class _Shown(NamedTuple):
    """What frames have shown up to a token of the lane."""

    end: int
    known: Any


class _Read(NamedTuple):
    """What frames had shown before one of them; it is held so that its identity stays its own."""

    seen: Any
    before: Any


class FollowedLanes:
    """What each slot's frames have shown.

    Args:
        lanes: number of slots.
    """

    def __init__(self, lanes: int) -> None:
        self._shown: list[list[_Shown]] = [[] for _ in range(lanes)]
        self._next: dict[int, list[_Shown]] = {}
        self._read: list[dict[int, _Read]] = [{} for _ in range(lanes)]

    def follow(
        self, requests: Sequence[Request], lengths: Sequence[int], follow: Follow
    ) -> list[Request]:
        """The requests with their frames as they are seen after those before.

        Args:
            requests: what is to be appended.
            lengths: tokens that their slots hold.
            follow: gives a frame's tokens after others.
        """
        self._next = {}
        # Lanes that have read the same frames share the work.
        done = dict[tuple[int, int], tuple[Any, EncodedVision]]()
        result = []
        for request, end in zip(requests, lengths, strict=True):
            shown, read = list(self._shown[request.slot]), self._read[request.slot]
            pieces = list[Piece]()
            for piece in request.pieces:
                end += piece_tokens(piece)
                if not isinstance(piece, tuple):
                    vision, known = own_vision(piece), shown[-1].known if shown else None
                    if vision.seen is not None:
                        if not shown and id(vision.seen) in read:
                            known = read[id(vision.seen)].before
                        _remember(read, _Read(vision.seen, known))
                        key = id(known), id(vision.seen)
                        if key not in done:
                            done[key] = follow(known, vision)
                        known, piece = done[key]
                        shown.append(_Shown(end, known))
                pieces.append(piece)
            if len(shown) > len(self._shown[request.slot]):
                self._next[request.slot] = shown[-_REMEMBERED:]
                request = replace(request, pieces=tuple(pieces))
            result.append(request)
        return result

    def close(self, slot: int) -> None:
        """The slot is free: who reads in it next has seen nothing."""
        self._shown[slot], self._read[slot] = [], {}

    def commit(self, slot: int) -> None:
        """The last request to the slot is in it."""
        self._shown[slot] = self._next.pop(slot, self._shown[slot])

    def truncate(self, slot: int, length: int) -> None:
        """The slot holds `length` tokens."""
        self._shown[slot] = [shown for shown in self._shown[slot] if shown.end <= length]

    def evict(self, slot: int, keep: Sequence[tuple[int, int]]) -> None:
        """The slot holds the tokens of these ranges."""
        self._shown[slot] = [
            _Shown(sum(max(0, min(stop, shown.end) - start) for start, stop in keep), shown.known)
            for shown in self._shown[slot]
        ]


def _remember(read: dict[int, _Read], frame: _Read) -> None:
    """Note a frame as the latest one."""
    read.pop(id(frame.seen), None)
    read[id(frame.seen)] = frame
    if len(read) > _REMEMBERED:
        del read[next(iter(read))]
