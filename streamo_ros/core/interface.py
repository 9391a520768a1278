# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The interface of every backbone: encode a frame, extend lanes, decode a token, evict.

Imports no torch. A lane's past is a row of tokens in one slot of a key-value window; the caller
decides what is appended and which tokens leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.prompt import PromptTokens


class BackboneError(StreamoError, RuntimeError):
    """A model cannot be loaded or run; the message states the problem and how to fix it."""


class UnavailableError(BackboneError):
    """The model runs elsewhere and does not answer; no new process would mend that."""


class PartialError(BackboneError):
    """Some requests of a batch failed, each for a reason of its own; the others are done.

    Args:
        results: for each request its result, or the error that it ended in.
    """

    def __init__(self, results: Sequence[Any]) -> None:
        self.results = tuple(results)
        errors = [result for result in results if isinstance(result, BackboneError)]
        super().__init__('; '.join(dict.fromkeys(map(str, errors))))


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing that was recognized in a frame.

    Attributes:
        kind: what it is, in a word or two.
        score: how sure the tower is, 0 to 1.
        box: left, top, right and bottom, 0 to 1 of the frame.
    """

    kind: str
    score: float
    box: tuple[float, ...]


class VisionTokens(Protocol):
    """The vision tokens of one frame, on the backbone's device; shared by lanes, never changed."""

    @property
    def tokens(self) -> int:
        """Tokens that it takes in a slot, the image markers not counted."""

    @property
    def grid(self) -> tuple[int, int]:
        """Merged token grid, (rows, columns)."""

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        """What was recognized in the frame, where the tower does that."""

    @property
    def vector(self) -> NDArray[np.float16] | None:
        """What the frame looks like: the mean of its tokens, shape (hidden,); None = unknown."""


Piece = tuple[int, ...] | VisionTokens
"""Token ids, or one frame."""


@dataclass(frozen=True)
class Request:
    """What to append to one lane.

    Attributes:
        slot: the lane's slot in the key-value window.
        pieces: ids and frames in order; empty id tuples are allowed.
        may_stop: for `decode`: whether the chosen token may be a control token. False for an
            answer's first token, since an answer without text helps nobody.
        said: for `decode`: ids of the answer so far.
    """

    slot: int
    pieces: tuple[Piece, ...]
    may_stop: bool = True
    said: tuple[int, ...] = ()

    @property
    def tokens(self) -> int:
        """Tokens that it takes in the slot."""
        return sum(piece_tokens(piece) for piece in self.pieces)


def piece_tokens(piece: Piece) -> int:
    """Tokens that a piece takes in a slot."""
    return len(piece) if isinstance(piece, tuple) else piece.tokens


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen.

    Attributes:
        temperature: 0 = the most probable token; otherwise seeded sampling.
        seed: seed for sampling.
        repetition_penalty: makes tokens that the answer has already less probable; 1 = none.
        top_k: sample among this many of the most probable tokens; 0 = all.
        top_p: sample among the most probable tokens that have this probability together.
    """

    temperature: float = 0.0
    seed: int = 0
    repetition_penalty: float = 1.0
    top_k: int = 0
    top_p: float = 1.0


@dataclass(frozen=True)
class BackboneInfo:
    """Identity and sizes, as `ModelInfo.msg` publishes them.

    Attributes:
        model_id: hash of weights, tokenizer and vision backend.
        model: the folder's name, or the repository id the checkpoint names.
        architecture: the transformers class.
        image_size: (width, height) that the vision encoder sees; (0, 0) before the first frame.
        tokens_per_frame: vision tokens per frame; 0 before the first frame.
        max_tokens_per_frame: most vision tokens that a frame of any size can have; 0 = unknown.
        context_capacity: tokens that one lane can hold.
        vision_note: why the vision backend is not the one requested, or what is in progress; '' if
            neither; not part of the identity.
        max_frames: frames that the checkpoint wants a lane to keep; where it does not say, fewer
            than the default if only so many fit into memory; 0 = unspecified.
        max_time: seconds of stream after which the checkpoint wants tags to restart; 0 = none.
        response_threshold: probability from which the checkpoint wants Response to be decided;
            0 = when it is the most probable.
        sampling_rate: frames per second that the checkpoint wants; 0 = unspecified.
        max_pixels: largest frame area that the checkpoint wants; 0 = unspecified.
        unknown_word_reply: what it says of a word that it does not know, with {word} in it; only
            of checkpoints for which every known word is one token; '' = of no other.
        answers_past: whether it was trained to answer questions about kept pictures of the past.
        writes_summaries: whether it was trained to summarize kept pictures of the past.
        sampling: how the checkpoint wants tokens to be chosen.
        gate: name of the gate that decides when it speaks, whose score is the probability of
            Response; '' = it decides itself.
        policy: what should leave a full context; a choice of `context.policy`.
        note: what there is to know about how it runs now, in one sentence; '' if nothing; not
            part of the identity.
    """

    model_id: str
    model: str
    architecture: str
    protocol: str
    dtype: str
    device: str
    vision_backend: str = 'torch'
    vision_backend_version: str = ''
    vision_note: str = field(default='', compare=False)
    image_size: tuple[int, int] = (0, 0)
    tokens_per_frame: int = 0
    max_tokens_per_frame: int = 0
    context_capacity: int = 0
    max_frames: int = 0
    max_time: float = 0.0
    response_threshold: float = 0.0
    sampling_rate: float = 0.0
    max_pixels: int = 0
    unknown_word_reply: str = ''
    answers_past: bool = False
    writes_summaries: bool = False
    sampling: Sampling = field(default_factory=Sampling)
    gate: str = ''
    policy: str = 'window'
    note: str = field(default='', compare=False)

    @property
    def averages_frames(self) -> bool:
        """Whether it can average frames; a server and vLLM keep their embeddings."""
        return self.vision_backend not in ('server', 'vllm')


class Backbone(Protocol):
    """A vision-language model with slots for several lanes. Used by one thread at a time.

    Slots are rows of a preallocated key-value window; positions in a slot are contiguous, before
    and after evictions.
    """

    @property
    def prompt(self) -> PromptTokens:
        """The protocol in this model's tokens."""

    @property
    def info(self) -> BackboneInfo:
        """Identity and sizes."""

    @property
    def lanes(self) -> int:
        """Number of slots."""

    @property
    def capacity(self) -> int:
        """Tokens that a slot can hold."""

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Merged token grid (rows, columns) of a frame of this size in pixels."""

    def encode(self, image: NDArray[np.uint8]) -> VisionTokens:
        """One vision pass.

        Args:
            image: RGB, uint8, shape (height, width, 3), of any size.

        Returns:
            Its vision tokens; in a dialect in which they depend on other frames or on the lane, a
            `unpaired_frame.UnpairedFrame`.

        Raises:
            BackboneError: the pass failed.
        """

    def merge(self, visions: Sequence[VisionTokens]) -> VisionTokens:
        """The mean of several frames of one grid, as one frame.

        One that is a mean itself counts for all of its own frames.
        """

    def open(self) -> int:
        """Take a free, empty slot.

        Raises:
            BackboneError: all slots are taken.
        """

    def close(self, slot: int) -> None:
        """Empty a slot and give it back."""

    def length(self, slot: int) -> int:
        """Tokens that the slot holds."""

    def extend(self, requests: Sequence[Request]) -> NDArray[np.float32]:
        """Append to several lanes in one pass and read the states.

        Returns:
            Raw logits of the three state tokens after each request's last token, shape
            (requests, 3 or more), in the order Silence, Standby, Response, and then those of the
            dialect's other answers, see `PromptTokens.read_ids`. NaN where the pass failed: that
            lane is as it was before.

        Raises:
            PartialError: some requests failed alone; their lanes are as they were before.
            BackboneError: the pass failed as a whole, or a slot would overflow; every lane is as
                it was before.
        """

    def prefill(self, request: Request) -> None:
        """Append without reading logits (a rebuild); may be long.

        Raises:
            BackboneError: the pass failed, or the slot would overflow; it is as it was before.
        """

    def decode(self, requests: Sequence[Request], sampling: Sampling) -> list[int | None]:
        """Append (ids only, usually one) to several lanes in one pass and choose the next token.

        Returns:
            One token id for each request; None where the logits were not finite: that lane is
            as it was before.

        Raises:
            PartialError: some requests failed alone; their lanes are as they were before.
            BackboneError: the pass failed as a whole, or a slot would overflow; every lane is as
                it was before.
        """

    def evict(self, slot: int, keep: Sequence[tuple[int, int]]) -> None:
        """Keep only the tokens in these ranges; the positions of those that stay close up.

        Args:
            slot: the lane's slot.
            keep: half-open token ranges [start, stop) in the order in which they stand afterwards,
                not overlapping.
        """

    def truncate(self, slot: int, length: int) -> None:
        """Drop everything after the first `length` tokens."""

    def memory(self) -> dict[str, Any]:
        """Bytes in use by component, for diagnostics."""
