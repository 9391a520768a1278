# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Requests of several lanes as the tensors of one pass.

Ids and frames become rows, positions and spans; tails are padded. Nothing runs here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.backbone.step import LaneRows
from streamo_ros.backbone.step import pack_places
from streamo_ros.backbone.step import Span
from streamo_ros.backbone.vision import EncodedVision
from streamo_ros.backbone.window import join_positions
from streamo_ros.backbone.window import KeyValueWindow
from streamo_ros.backbone.window import text_positions
from streamo_ros.backbone.window import TokenPositions
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import piece_tokens
from streamo_ros.core.interface import Request
from streamo_ros.core.unpaired_frame import UnpairedFrame

MarksOf = Callable[[int, int], TokenPositions]


@dataclass(frozen=True)
class Buckets:
    """How a step is laid out, so that few different passes exist.

    Attributes:
        padded: rows are rounded up to a geometric series and every slot of the window is a lane
            of the step, so that its tensors' sizes follow from the rows alone. Otherwise there
            are exactly as many rows and lanes as there are tokens and requests.
    """

    padded: bool = False

    def rows(self, tokens: int) -> int:
        """Padded number of rows for this many tokens: a multiple of 16, at most an eighth more."""
        if not self.padded or tokens <= 1:
            return tokens
        step = max(16, (1 << (tokens - 1).bit_length()) // 16)
        return -(-tokens // step) * step


@dataclass(frozen=True)
class StepLayout:
    """The rows of a step and where they go, on the host.

    Attributes:
        places: packed, see `step.pack_places`.
        rows: of the step, padding included.
        begins: first row of each request.
        spans: see `step.ModelStep`; empty where steps are padded.
        single: no lane has more than one new row.
    """

    places: NDArray[np.int32]
    rows: int
    begins: tuple[int, ...]
    spans: tuple[Span, ...]
    single: bool


@dataclass(frozen=True)
class Batch:
    """One pass: what is computed, and what the window holds afterwards.

    Attributes:
        requests: ordered by slot.
        layout: where their rows belong.
        reads: which lane of the step each request is.
        marks: of each request's tokens.
    """

    requests: tuple[Request, ...]
    layout: StepLayout
    reads: tuple[int, ...]
    marks: tuple[TokenPositions, ...]

    @property
    def has_frames(self) -> bool:
        """Whether it has anything but ids."""
        return any(
            not isinstance(piece, tuple) for request in self.requests for piece in request.pieces
        )


def assemble(
    requests: Sequence[Request], window: KeyValueWindow, marks_of: MarksOf, buckets: Buckets
) -> Batch:
    """Lay out one pass.

    Args:
        requests: what to append, ordered by slot; each has at least one token.
        window: gives each lane's start.
        marks_of: a frame's marks, of (rows, columns).
        buckets: how to pad.
    """
    marks = _marks(requests, marks_of)
    slots = tuple(request.slot for request in requests)
    reads = slots if buckets.padded else tuple(range(len(requests)))
    return Batch(tuple(requests), _layout(slots, marks, reads, window, buckets), reads, marks)


def _layout(
    slots: Sequence[int],
    marks: Sequence[TokenPositions],
    reads: Sequence[int],
    window: KeyValueWindow,
    buckets: Buckets,
) -> StepLayout:
    counts = [len(mark) for mark in marks]
    begins = [0, *itertools.accumulate(counts)]
    single = max(counts) == 1
    rows = _single_rows(len(slots), window) if single and buckets.padded else begins[-1]
    rows = buckets.rows(rows) if not single else rows
    positions = np.zeros((3, rows), np.int64)
    targets = np.full(rows, window.shape.lanes * window.shape.rows)
    lanes = [LaneRows(0, 0, 0)] * (window.shape.lanes if buckets.padded else len(slots))
    for slot, mark, begin, lane in zip(slots, marks, begins, reads, strict=False):
        start, end = window.length(slot), begin + len(mark)
        positions[:, begin:end] = mark.positions(window.position(slot))
        targets[begin:end] = slot * window.shape.rows + start + np.arange(len(mark))
        lanes[lane] = LaneRows(begin, len(mark), start)
    spans = () if buckets.padded else _spans(slots, lanes)
    places = pack_places(positions, targets, begins[-1], lanes)
    return StepLayout(places, rows, tuple(begins[:-1]), spans, single)


def _single_rows(requests: int, window: KeyValueWindow) -> int:
    """One lane alone, the usual case, or all of them: only two passes are worth capturing."""
    return 1 if requests == 1 else window.shape.lanes


def _spans(slots: Sequence[int], lanes: Sequence[LaneRows]) -> tuple[Span, ...]:
    """Neighboring slots with the same sizes become one span."""
    spans: list[Span] = []
    for slot, lane in zip(slots, lanes, strict=True):
        before = spans[-1] if spans else None
        if before and before == Span(slot - before.lanes, before.lanes, lane.count, lane.start):
            spans[-1] = Span(before.slot, before.lanes + 1, lane.count, lane.start)
        else:
            spans.append(Span(slot, 1, lane.count, lane.start))
    return tuple(spans)


def by_slot(requests: Sequence[Request]) -> tuple[list[Request], list[int]]:
    """Requests ordered by slot, and the new index of each original one."""
    order = sorted(range(len(requests)), key=lambda at: requests[at].slot)
    ordered = [requests[at] for at in order]
    if len({request.slot for request in ordered}) < len(ordered):
        raise BackboneError('a lane can take part in a pass only once')
    return ordered, [order.index(at) for at in range(len(requests))]


def _marks(requests: Sequence[Request], marks_of: MarksOf) -> tuple[TokenPositions, ...]:
    """The marks of each request; lanes whose pieces have the same sizes share them."""
    sizes = [
        tuple(len(piece) if isinstance(piece, tuple) else piece.grid for piece in request.pieces)
        for request in requests
    ]
    found = {
        size: join_positions([_piece_marks(piece, marks_of) for piece in request.pieces])
        for size, request in dict(zip(sizes, requests, strict=True)).items()
    }
    return tuple(found[size] for size in sizes)


def _piece_marks(piece: Piece, marks_of: MarksOf) -> TokenPositions:
    return text_positions(len(piece)) if isinstance(piece, tuple) else marks_of(*piece.grid)


def token_ids(batch: Batch) -> NDArray[np.int64]:
    """Ids of all rows, (rows,); 0 for frames and padding."""
    ids = np.zeros(batch.layout.rows, np.int64)
    for at, piece in _placed(batch):
        if isinstance(piece, tuple):
            ids[at : at + len(piece)] = piece
    return ids


def fill_frames(batch: Batch, rows: Tensor) -> Tensor | None:
    """Put the frames' vision tokens into the rows.

    Args:
        batch: the pass they belong to.
        rows: what the step has for its ids, see `Decoder.embed`; frames are written into it.

    Returns:
        What deepstack adds, (levels, rows, hidden); None if there is nothing.
    """
    visions = [
        (at, own_vision(piece)) for at, piece in _placed(batch) if not isinstance(piece, tuple)
    ]
    for at, vision in visions:
        # What stands behind the embedding is of the id, and a frame has the padding's.
        rows[at : at + vision.tokens, : vision.embeddings.shape[1]] = vision.embeddings
    levels = max((len(vision.deepstack) for _, vision in visions), default=0)
    if not levels:
        return None
    added = rows.new_zeros((levels, *rows.shape))
    for at, vision in visions:
        for level, features in enumerate(vision.deepstack):
            added[level, at : at + vision.tokens] = features
    return added


def _placed(batch: Batch) -> Iterator[tuple[int, Piece]]:
    """Pieces of all requests with their first row."""
    for request, begin in zip(batch.requests, batch.layout.begins, strict=True):
        at = begin
        for piece in request.pieces:
            yield at, piece
            at += piece_tokens(piece)


def own_vision(piece: Piece) -> EncodedVision:
    """The piece as a frame encoded by this backbone.

    Raises:
        TypeError: it was not.
    """
    if isinstance(piece, UnpairedFrame):
        piece = piece.alone()
    if not isinstance(piece, EncodedVision):
        raise TypeError(f'a frame must come from encode() of this backbone, got {type(piece)}')
    return piece
