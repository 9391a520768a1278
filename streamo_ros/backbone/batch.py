# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Requests of several lanes as the tensors of one pass.

Knows how ids and frames become rows, positions and spans, and how tails are padded. Knows no
weights beyond the embedding, and runs nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from streamo_ros.backbone.decoder import Span
from streamo_ros.backbone.decoder import Step
from streamo_ros.backbone.vision import EncodedVision
from streamo_ros.backbone.window import join_positions
from streamo_ros.backbone.window import KeyValueWindow
from streamo_ros.backbone.window import text_positions
from streamo_ros.backbone.window import TokenPositions
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import piece_tokens
from streamo_ros.core.interface import Request

MarksOf = Callable[[int, int], TokenPositions]


@dataclass(frozen=True)
class Buckets:
    """How sizes are rounded up, so that few different passes exist.

    Attributes:
        tokens: new rows of a lane, padded at the tail, are a multiple of this; a single one
            stays single. 1 pads nothing.
        attend: looked-at rows are a multiple of this. 1 looks at exactly those in use.
    """

    tokens: int = 1
    attend: int = 1

    def rows(self, tokens: int) -> int:
        """Rows for so many new tokens."""
        return 1 if tokens == 1 else -(-tokens // self.tokens) * self.tokens

    def slack(self, capacity: int) -> int:
        """Rows behind the capacity that a padded tail or a rounded look may reach."""
        rows = capacity + self.tokens - 1
        return -(-rows // self.attend) * self.attend - capacity

    def looked_at(self, used: int, most: int) -> int:
        """Rows looked at when so many are in use, of `most`."""
        return min(-(-used // self.attend) * self.attend, most)


@dataclass(frozen=True)
class Batch:
    """One pass: what is computed, and what the window holds afterwards."""

    spans: tuple[Span, ...]
    step: Step
    slots: tuple[int, ...]
    marks: tuple[TokenPositions, ...]


def assemble(
    requests: Sequence[Request],
    window: KeyValueWindow,
    marks_of: MarksOf,
    embed: Callable[[Tensor], Tensor],
    buckets: Buckets,
) -> Batch:
    """Lay out one pass; lanes are ordered by slot by the caller.

    Args:
        requests: what to append; every one has at least one token.
        window: gives each lane's start.
        marks_of: a frame's marks, of (rows, columns).
        embed: embeds ids.
        buckets: how to pad.
    """
    marks = tuple(_request_marks(request, marks_of) for request in requests)
    starts = [window.length(request.slot) for request in requests]
    sizes = [buckets.rows(request.tokens) for request in requests]
    begins = [0, *itertools.accumulate(sizes)]
    positions = np.zeros((3, begins[-1]), np.int64)
    for request, mark, begin in zip(requests, marks, begins, strict=False):
        at = window.position(request.slot)
        positions[:, begin : begin + len(mark)] = mark.positions(at)
    device = window.layers[0].device
    embeddings, deepstack = _rows(requests, begins, embed, device)
    last = [begin + len(mark) - 1 for begin, mark in zip(begins, marks, strict=False)]
    step = Step(
        embeddings=embeddings,
        positions=torch.from_numpy(positions).to(device),
        starts=torch.tensor(starts, device=device),
        last=torch.tensor(last, device=device),
        deepstack=deepstack,
    )
    spans = _spans(requests, starts, sizes, window, buckets)
    return Batch(spans, step, tuple(request.slot for request in requests), marks)


def _spans(
    requests: Sequence[Request],
    starts: Sequence[int],
    sizes: Sequence[int],
    window: KeyValueWindow,
    buckets: Buckets,
) -> tuple[Span, ...]:
    """Neighbouring slots with the same sizes become one span.

    Where looked-at rows are rounded up, all lanes look at the most that any of them needs: one
    more lane must not mean new sizes.
    """
    most = window.shape.capacity + window.shape.slack
    attends = [
        buckets.looked_at(start + size, most) for start, size in zip(starts, sizes, strict=True)
    ]
    if buckets.attend > 1:
        attends = [max(attends)] * len(attends)
    spans: list[Span] = []
    for request, size, attend in zip(requests, sizes, attends, strict=True):
        padded = buckets != Buckets()
        before = spans[-1] if spans else None
        if before and before == Span(
            request.slot - before.lanes, before.lanes, size, attend, padded
        ):
            spans[-1] = Span(before.slot, before.lanes + 1, size, attend, padded)
        else:
            spans.append(Span(request.slot, 1, size, attend, padded))
    return tuple(spans)


def by_slot(requests: Sequence[Request]) -> tuple[list[Request], list[int]]:
    """Requests ordered by slot, and where each of the given ones went."""
    order = sorted(range(len(requests)), key=lambda at: requests[at].slot)
    ordered = [requests[at] for at in order]
    if len({request.slot for request in ordered}) < len(ordered):
        raise BackboneError('a lane can take part in a pass only once')
    return ordered, [order.index(at) for at in range(len(requests))]


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


def _request_marks(request: Request, marks_of: MarksOf) -> TokenPositions:
    return join_positions([_piece_marks(piece, marks_of) for piece in request.pieces])


def _piece_marks(piece: Piece, marks_of: MarksOf) -> TokenPositions:
    return text_positions(len(piece)) if isinstance(piece, tuple) else marks_of(*piece.grid)


def _rows(
    requests: Sequence[Request],
    begins: Sequence[int],
    embed: Callable[[Tensor], Tensor],
    device: torch.device,
) -> tuple[Tensor, Tensor | None]:
    """Embeddings of all rows, and what deepstack adds to them; padding is token 0."""
    ids = np.zeros(begins[-1], np.int64)
    visions: list[tuple[int, EncodedVision]] = []
    for request, begin in zip(requests, begins, strict=False):
        at = int(begin)
        for piece in request.pieces:
            if isinstance(piece, tuple):
                ids[at : at + len(piece)] = piece
                at += len(piece)
            else:
                visions.append((at, own_vision(piece)))
                at += piece.tokens
    rows = embed(torch.from_numpy(ids).to(device))
    for at, vision in visions:
        rows[at : at + vision.tokens] = vision.embeddings
    return rows, _added(visions, rows)


def _added(visions: Sequence[tuple[int, EncodedVision]], rows: Tensor) -> Tensor | None:
    levels = max((len(vision.deepstack) for _, vision in visions), default=0)
    if not levels:
        return None
    added = rows.new_zeros((levels, *rows.shape))
    for at, vision in visions:
        for level, features in enumerate(vision.deepstack):
            added[level, at : at + vision.tokens] = features
    return added


def own_vision(piece: Piece) -> EncodedVision:
    """A frame that came from `encode` of this backbone."""
    if not isinstance(piece, EncodedVision):
        raise TypeError(f'a frame must come from encode() of this backbone, got {type(piece)}')
    return piece
