# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A model that takes nothing in until it must answer: frames are kept, encoded, and read then.

What is kept is flattened into rounds of frames and their answer, shortened to a longest length by
averaging the frames of old rounds, and read in one pass; so how long an answer takes depends on
that length and not on how much was seen.

Source: Wang et al., 'StreamBridge', arXiv 2505.05467, sec. 3.1 and its appendix's pseudo-code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone.gate.flattening import flatten
from streamo_ros.backbone.gate.flattening import shorten
from streamo_ros.backbone.list_lanes import ListLanes
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.interface import PartialError
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.prompt import PromptTokens

Row = list[int | VisionTokens]
"""A lane's content; a frame stands in it once for each of its tokens."""


class OnDemandBackbone(ListLanes['int | VisionTokens']):
    """Satisfies `interface.Backbone`, but for the states, which a gate must decide.

    Args:
        model: what answers; its slots are used for answers only.
        capacity: tokens that are kept for a lane.
        longest: tokens that the model reads for an answer.

    Raises:
        BackboneError: the model cannot hold so many.
    """

    def __init__(self, model: Backbone, capacity: int, longest: int) -> None:
        if longest >= model.capacity:
            raise BackboneError(
                f'context.max_len {longest} leaves no room for an answer: the model holds '
                f'{model.capacity} tokens'
            )
        self._model = model
        self.capacity = capacity
        self._longest = longest
        self.lanes = model.lanes
        self.rows = {}
        self._sinks: dict[int, tuple[int, ...]] = {}
        self._answering: dict[int, int] = {}

    @property
    def prompt(self) -> PromptTokens:
        """The model's."""
        return self._model.prompt

    @property
    def info(self) -> BackboneInfo:
        """The model's."""
        info = self._model.info
        if not info.averages_frames:
            note = 'it keeps its embeddings to itself: frames are left out instead of averaged'
            info = replace(info, note='; '.join(filter(None, (note, info.note))))
        return replace(info, context_capacity=self.capacity)

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """The model's."""
        return self._model.grid(height, width)

    def encode(self, image: NDArray[np.uint8]) -> VisionTokens:
        """The model's vision pass."""
        return self._model.encode(image)

    def merge(self, visions: Sequence[VisionTokens]) -> VisionTokens:
        """The model's."""
        return self._model.merge(visions)

    def close(self, slot: int) -> None:
        """See `interface.Backbone`."""
        self._end_answer(slot)
        super().close(slot)

    def extend(self, requests: Sequence[Request]) -> NDArray[np.float32]:
        """Keep the frames; the logits are all zero."""
        for request in requests:
            self.check_room(request)
        for request in requests:
            self._end_answer(request.slot)
            self._append(request)
        return np.zeros((len(requests), 3), np.float32)

    def prefill(self, request: Request) -> None:
        """See `interface.Backbone`."""
        self.check_room(request)
        self._end_answer(request.slot)
        self._append(request)

    def decode(self, requests: Sequence[Request], sampling: Sampling) -> list[int | None]:
        """The next tokens; an answer's first lets the model read what was kept.

        Raises:
            PartialError: some of the requests failed.
        """
        results: list[Any] = [None] * len(requests)
        running: list[tuple[int, Request]] = []
        for at, request in enumerate(requests):
            try:
                running.append((at, self._model_request(request)))
            except BackboneError as error:
                results[at] = error
        try:
            tokens: Sequence[Any] = self._model.decode([it for _, it in running], sampling)
        except PartialError as error:
            tokens = error.results
        for (at, _), token in zip(running, tokens, strict=True):
            results[at] = token
        for request, result in zip(requests, results, strict=True):
            if isinstance(result, int):
                self._append(request)
            else:
                self._end_answer(request.slot)
        if any(isinstance(result, BackboneError) for result in results):
            raise PartialError(results)
        return results

    def truncate(self, slot: int, length: int) -> None:
        """See `interface.Backbone`."""
        if length < len(self.rows[slot]):
            self._end_answer(slot)
            super().truncate(slot, length)

    def memory(self) -> dict[str, Any]:
        """The model's."""
        return self._model.memory()

    def _model_request(self, request: Request) -> Request:
        """The request for the model, which has read all that comes before it."""
        self.check_room(request)
        slot = request.slot
        if slot in self._answering:
            return replace(request, slot=self._answering[slot])
        row = [*self.rows[slot], *row_of(request.pieces)]
        flat = flatten(row, self._sinks[slot], self.prompt)
        short = shorten(flat, self._longest, self._merge)
        self._answering[slot] = self._model.open()
        return replace(request, slot=self._answering[slot], pieces=short.pieces)

    def _merge(self, visions: Sequence[VisionTokens]) -> VisionTokens:
        """The mean of frames; of a model that keeps its embeddings, the last of them."""
        averages = self._model.info.averages_frames
        return self._model.merge(visions) if averages else visions[-1]

    def _end_answer(self, slot: int) -> None:
        if slot in self._answering:
            self._model.close(self._answering.pop(slot))

    def _append(self, request: Request) -> None:
        if not self.rows[request.slot]:
            sink = request.pieces[0]
            assert isinstance(sink, tuple), 'a slot begins with its instruction'
            self._sinks[request.slot] = sink
        self.rows[request.slot] += row_of(request.pieces)


def row_of(pieces: Sequence[Piece]) -> Row:
    """What pieces add to a row."""
    row: Row = []
    for piece in pieces:
        row += piece if isinstance(piece, tuple) else [piece] * piece.tokens
    return row
