# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A gate in front of a model, together a backbone: the gate decides when, the model says what.

The model takes in each frame as it would alone, or nothing until it must answer (`on_demand`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.activation import Activation
from streamo_ros.core.activation import Look
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.interface import PartialError
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.interface import Sighting
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import find_time_tag

_LEAST = 1e-9


@dataclass(frozen=True, eq=False)
class GatedVision:
    """A frame as the model and as the gate see it.

    Attributes:
        seen: by the model.
        glimpse: by the gate.
    """

    seen: VisionTokens
    glimpse: Any

    @property
    def tokens(self) -> int:
        """See `VisionTokens`."""
        return self.seen.tokens

    @property
    def grid(self) -> tuple[int, int]:
        """See `VisionTokens`."""
        return self.seen.grid

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        """See `VisionTokens`."""
        return self.seen.sightings

    @property
    def vector(self) -> NDArray[np.float16] | None:
        """See `VisionTokens`."""
        return self.seen.vector


@dataclass
class _Watch:
    """A lane's gate: its lane there, the clock that its frames have, and what was said last."""

    lane: int
    tag: tuple[Fraction, Fraction] | None = None
    start: Fraction = Fraction(0)
    said: tuple[int, ...] = ()


class GatedBackbone:
    """Satisfies `interface.Backbone`; the states are the gate's score.

    Args:
        model: says what.
        gate: says when.
        alpha: score from which it is time.
    """

    def __init__(self, model: Backbone, gate: Activation, alpha: float) -> None:
        self._model = model
        self._gate = gate
        self._alpha = alpha
        self._watches: dict[int, _Watch] = {}

    @property
    def prompt(self) -> PromptTokens:
        """The model's."""
        return self._model.prompt

    @property
    def info(self) -> BackboneInfo:
        """The model's, with the gate in its identity."""
        info = self._model.info
        return replace(
            info,
            model_id=f'{info.model_id}+{self._gate.identity}',
            gate=self._gate.name,
            response_threshold=self._alpha,
        )

    @property
    def lanes(self) -> int:
        """The model's."""
        return self._model.lanes

    @property
    def capacity(self) -> int:
        """The model's."""
        return self._model.capacity

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """The model's."""
        return self._model.grid(height, width)

    def encode(self, image: NDArray[np.uint8]) -> GatedVision:
        """One vision pass of each."""
        return GatedVision(self._model.encode(image), self._gate.see(image))

    def merge(self, visions: Sequence[VisionTokens]) -> GatedVision:
        """The mean for the model; the gate has seen the frames and needs none."""
        own = [_own(vision) for vision in visions]
        return GatedVision(self._model.merge([vision.seen for vision in own]), own[-1].glimpse)

    def open(self) -> int:
        """See `interface.Backbone`."""
        return self._model.open()

    def close(self, slot: int) -> None:
        """See `interface.Backbone`."""
        self._model.close(slot)
        if slot in self._watches:
            self._gate.close(self._watches.pop(slot).lane)

    def length(self, slot: int) -> int:
        """See `interface.Backbone`."""
        return self._model.length(slot)

    def extend(self, requests: Sequence[Request]) -> NDArray[np.float32]:
        """Let the model take the frames in, and the gate decide them."""
        lengths = [self._model.length(request.slot) for request in requests]
        try:
            results: list[Any] = list(self._model.extend([_bare(it) for it in requests]))
        except PartialError as error:
            results = list(error.results)
        taken = [at for at, result in enumerate(results) if not isinstance(result, BackboneError)]
        taken = [at for at in taken if np.isfinite(results[at]).all()]
        try:
            scores = self._scores([requests[at] for at in taken], [lengths[at] for at in taken])
        except BackboneError:
            for at in taken:
                self._model.truncate(requests[at].slot, lengths[at])
            raise
        for at, score in zip(taken, scores, strict=True):
            results[at] = _logits(float(score))
            if np.isnan(score):
                self._model.truncate(requests[at].slot, lengths[at])
        if any(isinstance(result, BackboneError) for result in results):
            raise PartialError(results)
        return np.array(results, np.float32).reshape(len(requests), 3)

    def prefill(self, request: Request) -> None:
        """See `interface.Backbone`; the gate keeps what it has seen."""
        self._watch(request, self._model.length(request.slot))
        self._model.prefill(_bare(request))

    def decode(self, requests: Sequence[Request], sampling: Sampling) -> list[int | None]:
        """The model's next tokens; the gate is told of them with the next frame."""
        for request in requests:
            if request.slot in self._watches:
                self._watches[request.slot].said = request.said
        return self._model.decode(requests, sampling)

    def evict(self, slot: int, keep: Sequence[tuple[int, int]]) -> None:
        """See `interface.Backbone`; the gate has a window of its own."""
        self._model.evict(slot, keep)

    def truncate(self, slot: int, length: int) -> None:
        """See `interface.Backbone`."""
        self._model.truncate(slot, length)

    def memory(self) -> dict[str, Any]:
        """The model's."""
        return self._model.memory()

    def _scores(self, requests: Sequence[Request], lengths: Sequence[int]) -> NDArray[np.float32]:
        """The gate's scores of the frames in these requests."""
        looks = []
        for request, length in zip(requests, lengths, strict=True):
            watch = self._watch(request, length)
            vision, text = _frame_of(request.pieces, self.prompt)
            said = self.prompt.tokenizer.text(watch.said).strip()
            looks.append(Look(watch.lane, vision.glimpse, self._advance(watch, text), said))
            watch.said = ()
        return self._gate.score(looks) if looks else np.zeros(0, np.float32)

    def _watch(self, request: Request, length: int) -> _Watch:
        """The lane's gate, opened with the instruction that its slot begins with."""
        if request.slot not in self._watches:
            sink = request.pieces[0]
            assert length == 0, 'a slot begins with its instruction'
            assert isinstance(sink, tuple), 'a slot begins with its instruction'
            self._watches[request.slot] = _Watch(self._gate.open(self.prompt.instruction(sink)))
        return self._watches[request.slot]

    @staticmethod
    def _advance(watch: _Watch, text: str) -> tuple[Fraction, Fraction]:
        """The frame's interval on the gate's clock, which goes on where tags restart."""
        tag = find_time_tag(text)
        assert tag is not None, 'a frame follows its time tag'
        length = tag[1] - tag[0]
        if watch.tag is None:
            watch.start = tag[0]
        else:
            step = tag[0] - watch.tag[0]
            watch.start += step if step > 0 else length
        watch.tag = tag
        return watch.start, watch.start + length


def _own(vision: VisionTokens) -> GatedVision:
    assert isinstance(vision, GatedVision)
    return vision


def _bare(request: Request) -> Request:
    """The request as the model has it."""
    pieces = tuple(it if isinstance(it, tuple) else _own(it).seen for it in request.pieces)
    return replace(request, pieces=pieces)


def _frame_of(pieces: Sequence[Piece], prompt: PromptTokens) -> tuple[GatedVision, str]:
    """The last frame of a request, and the text before it."""
    at = max(at for at, piece in enumerate(pieces) if not isinstance(piece, tuple))
    before = pieces[at - 1]
    assert isinstance(before, tuple)
    vision = pieces[at]
    assert not isinstance(vision, tuple)
    return _own(vision), prompt.tokenizer.text(before)


def _logits(score: float) -> NDArray[np.float32]:
    """Logits whose softmax is (1 - score, 0, score); NaN for NaN."""
    if np.isnan(score):
        return np.full(3, np.nan, np.float32)
    chances = (1.0 - score, _LEAST, score)
    return np.log(np.clip(chances, _LEAST, 1.0)).astype(np.float32)
