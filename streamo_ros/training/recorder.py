# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A backbone without a model: it records what a dialogue appends and evicts.

With it the dialogue that serves also writes the training data, so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.interface import Sighting
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.prompt import PromptTokens


@dataclass(frozen=True, eq=False)
class RecordedFrame:
    """A frame that stands for its vision tokens.

    Attributes:
        number: which frame it is.
        tokens: vision tokens it takes.
        grid: see `VisionTokens`.
        sightings: see `VisionTokens`.
        vector: see `VisionTokens`.
    """

    number: int
    tokens: int
    grid: tuple[int, int]
    sightings: tuple[Sighting, ...] = ()
    vector: NDArray[np.float16] | None = None


RowItem = int | RecordedFrame
"""A token id, or the frame that one vision token belongs to."""


@dataclass(frozen=True)
class Eviction:
    """What was left when tokens were removed.

    Attributes:
        at: number of tokens appended so far.
        held: those of them that stay, ascending.
    """

    at: int
    held: tuple[int, ...]


class RecordingBackbone:
    """One slot that records. See `core.interface.Backbone`.

    Args:
        prompt: the prompt tokens.
        capacity: tokens that the slot can hold.

    Attributes:
        appended: every token since the slot was last emptied, evicted or not.
        held: those that the slot holds, as places in `appended`.
        evictions: since the slot was last emptied.
        emptied: what had been appended when the slot was emptied; None = it has not been since
            this was last set to None.
    """

    lanes = 1

    def __init__(self, prompt: PromptTokens, capacity: int) -> None:
        self.prompt = prompt
        self.capacity = capacity
        self.appended: list[RowItem] = []
        self.held: list[int] = []
        self.evictions: list[Eviction] = []
        self.emptied: list[RowItem] | None = None
        self._frames = 0

    @property
    def row(self) -> list[RowItem]:
        """What the slot holds, one item per token."""
        return [self.appended[place] for place in self.held]

    @property
    def info(self) -> BackboneInfo:
        """Says that there is no model."""
        return BackboneInfo('recording', 'recording', 'none', self.prompt.kind, 'none', 'none')

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """One vision token per frame, whatever its size."""
        del height, width
        return (1, 1)

    def encode(self, image: NDArray[np.uint8]) -> RecordedFrame:
        """Number the frame; its pixels are not looked at."""
        grid = self.grid(*image.shape[:2])
        self._frames += 1
        return RecordedFrame(self._frames - 1, 1, grid)

    def merge(self, visions: Sequence[VisionTokens]) -> VisionTokens:
        """Averaged frames cannot be recorded.

        Raises:
            BackboneError: always.
        """
        raise BackboneError(f'an average of {len(visions)} frames has no pixels to train on')

    def open(self) -> int:
        """See `Backbone.open`."""
        return 0

    def close(self, slot: int) -> None:
        """See `Backbone.close`."""
        self.truncate(slot, 0)

    def length(self, slot: int) -> int:
        """See `Backbone.length`."""
        del slot
        return len(self.held)

    def extend(self, requests: Sequence[Request]) -> NDArray[np.float32]:
        """Record; the logits are all equal, because the caller decides."""
        for request in requests:
            self.prefill(request)
        return np.zeros((len(requests), 3), np.float32)

    def prefill(self, request: Request) -> None:
        """Record.

        Raises:
            BackboneError: the slot overflows.
        """
        if len(self.held) + request.tokens > self.capacity:
            raise BackboneError(f'the dialogue does not fit into {self.capacity} tokens')
        before = len(self.appended)
        for piece in request.pieces:
            if isinstance(piece, RecordedFrame):
                self.appended += [piece] * piece.tokens
            elif isinstance(piece, tuple):
                self.appended += piece
            else:
                raise BackboneError(f'{piece!r} is not a recorded frame')
        self.held += range(before, len(self.appended))

    def decode(self, requests: Sequence[Request], sampling: Sampling) -> list[int | None]:
        """Record; the caller knows the next token."""
        del sampling
        for request in requests:
            self.prefill(request)
        return [self.prompt.stop for _ in requests]

    def evict(self, slot: int, keep: Sequence[tuple[int, int]]) -> None:
        """See `Backbone.evict`."""
        del slot
        self.held = [place for start, stop in keep for place in self.held[start:stop]]
        self.evictions.append(Eviction(len(self.appended), tuple(self.held)))

    def truncate(self, slot: int, length: int) -> None:
        """See `Backbone.truncate`; training takes nothing back, so all or nothing leaves.

        Raises:
            BackboneError: only a part is to be dropped.
        """
        del slot
        if length >= len(self.held):
            return
        if length:
            raise BackboneError(f'a recording cannot be cut back to {length} tokens')
        self.emptied = self.appended if self.emptied is None else self.emptied
        self.appended, self.held, self.evictions = [], [], []

    def memory(self) -> dict[str, Any]:
        """See `Backbone.memory`."""
        return {'row': len(self.held)}
