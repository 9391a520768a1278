# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The streaming backbone: a checkpoint that satisfies `interface.Backbone`.

Combines vision encoder, window and decoder: a frame is encoded once and appended to its lanes in
one pass, whose last row gives the states.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from streamo_ros.backbone.batch import assemble
from streamo_ros.backbone.batch import Batch
from streamo_ros.backbone.batch import Buckets
from streamo_ros.backbone.batch import by_slot
from streamo_ros.backbone.batch import own_vision
from streamo_ros.backbone.batch_runner import BatchRunner
from streamo_ros.backbone.context_size import check_context
from streamo_ros.backbone.decoder import Decoder
from streamo_ros.backbone.followed_lanes import FollowedLanes
from streamo_ros.backbone.graph_cache import GraphCache
from streamo_ros.backbone.layer import bytes_of
from streamo_ros.backbone.sampling import Choice
from streamo_ros.backbone.sampling import choose
from streamo_ros.backbone.sizing import PREFILL_TOKENS
from streamo_ros.backbone.vision import EncodedVision
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.frames import averaged
from streamo_ros.backbone.vision.frames import FrameEncoder
from streamo_ros.backbone.window import KeyValueWindow
from streamo_ros.backbone.window import TokenPositions
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.prefill import cut_pieces
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.unpaired_frame import UnpairedFrame

Read = TypeVar('Read')


class StreamingBackbone:
    """Satisfies `interface.Backbone`.

    A request whose numbers are not finite leaves its lane as it was.

    Args:
        frames: encodes frames.
        decoder: the text model.
        window: what its lanes hold.
        marks: a frame's marks, of (rows, columns).
        prompt: the dialogue in this checkpoint's tokens.
        info: identity and sizes.
        buckets: how passes are padded.
        passes: runs them.
    """

    def __init__(
        self,
        frames: FrameEncoder,
        decoder: Decoder,
        window: KeyValueWindow,
        marks: Callable[[int, int], TokenPositions],
        prompt: PromptTokens,
        info: BackboneInfo,
        buckets: Buckets,
        passes: GraphCache,
    ) -> None:
        self.prompt = prompt
        self.frames = frames
        self._decoder = decoder
        self._window = window
        self.marks = lru_cache(maxsize=16)(marks)
        self._info = replace(info, context_capacity=self.capacity)
        self._grid: Grid | None = None
        self._buckets = buckets
        states = torch.tensor(prompt.read_ids, device=frames.device)
        # What must not be the first token of an answer.
        control = sorted(prompt.tokenizer.control_ids | set(prompt.first_tokens))
        self._control = torch.tensor(control, dtype=torch.int64, device=frames.device)
        self._runner = BatchRunner(decoder, states, passes, prompt.first_tokens)
        self._followed = FollowedLanes(self.lanes)

    @property
    def info(self) -> BackboneInfo:
        """Identity and sizes; changes with the first frame and when an engine takes over."""
        if self._grid is None:
            return self._info
        vision = self.frames.state(self._grid)
        return replace(
            self._info,
            model_id=vision.model_id or self._info.model_id,
            vision_note=vision.note,
            vision_backend=vision.backend,
            vision_backend_version=vision.version,
        )

    @property
    def lanes(self) -> int:
        """How many slots there are."""
        return self._window.shape.lanes

    @property
    def capacity(self) -> int:
        """Tokens that one slot can hold."""
        return self._window.shape.capacity

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Merged token grid (rows, columns) of a frame of this size in pixels."""
        grid = self.frames.find_grid(height, width)
        return grid.shape

    def encode(self, image: NDArray[np.uint8]) -> EncodedVision | UnpairedFrame:
        """One vision pass; see `interface.Backbone.encode`."""
        grid = self.frames.find_grid(*image.shape[:2])
        self._look_at(grid)
        if self.prompt.dialect.is_lazy:
            return UnpairedFrame(image, grid.shape, self._see)
        return self._see((image,), False)

    @torch.inference_mode()
    def _see(self, images: Sequence[NDArray[np.uint8]], larger: bool) -> EncodedVision:
        """One vision pass over the frames of one patch."""
        try:
            return self.frames(*images, larger=larger)
        except BackboneError:
            raise
        except RuntimeError as error:
            raise _failure('the vision pass', error) from error

    @torch.inference_mode()
    def merge(self, visions: Sequence[VisionTokens]) -> EncodedVision:
        """The mean of several frames of one grid, as one frame.

        Raises:
            BackboneError: they are of different grids.
        """
        return averaged([own_vision(vision) for vision in visions])

    def open(self) -> int:
        """Take a free, empty slot."""
        return self._window.open()

    def close(self, slot: int) -> None:
        """Empty a slot and give it back."""
        self._window.close(slot)
        self._followed.close(slot)

    def length(self, slot: int) -> int:
        """Tokens that the slot holds."""
        return self._window.length(slot)

    @torch.inference_mode()
    def extend(self, requests: Sequence[Request]) -> NDArray[np.float32]:
        """Append to several lanes in one pass and read the states."""
        if not requests:
            return np.zeros((0, len(self.prompt.read_ids)), np.float32)
        ordered, back = by_slot(requests)
        batch = self._batch(ordered)
        logits = self._run(batch, self._runner.states)
        states: NDArray[np.float32] = logits.cpu().numpy()[list(batch.reads)]
        failed: NDArray[np.bool_] = np.logical_not(np.isfinite(states).all(axis=1))
        states[failed] = np.nan
        self._undo([request for request, bad in zip(ordered, failed, strict=True) if bad])
        return states[back]

    @torch.inference_mode()
    def prefill(self, request: Request) -> None:
        """Append without reading anything, in parts.

        Raises:
            BackboneError: a pass failed or its numbers are not finite; the lane is as it was.
        """
        self._window.check_room(request.slot, request.tokens)
        before = self._window.length(request.slot)
        for pieces in cut_pieces(request.pieces, PREFILL_TOKENS):
            batch = self._batch([Request(request.slot, pieces)])
            if not bool(self._run(batch, self._runner.finite)[batch.reads[0]]):
                self.truncate(request.slot, before)
                self._window.scrub(request.slot)
                raise BackboneError(
                    'the model gave numbers that are not finite: try model.dtype float32'
                )

    @torch.inference_mode()
    def decode(self, requests: Sequence[Request], sampling: Sampling) -> list[int | None]:
        """Append to several lanes in one pass and choose the next tokens."""
        if not requests:
            return []
        ordered, back = by_slot(requests)
        batch = self._batch(ordered)
        best, logits = self._run(batch, self._runner.tokens)
        reads = list(batch.reads)
        choices = [
            Choice(self._window.length(request.slot), request.said, request.may_stop)
            for request in ordered
        ]
        tokens = choose(best[reads], logits[reads], choices, sampling, self._control)
        self._undo(
            [request for request, token in zip(ordered, tokens, strict=True) if token is None]
        )
        return [tokens[at] for at in back]

    @torch.inference_mode()
    def evict(self, slot: int, keep: Sequence[tuple[int, int]]) -> None:
        """Forget all tokens but those in the ranges; see `interface.Backbone.evict`."""
        self._window.evict(slot, keep)
        self._followed.evict(slot, keep)

    def truncate(self, slot: int, length: int) -> None:
        """Forget everything after the first `length` tokens."""
        self._window.truncate(slot, length)
        self._followed.truncate(slot, length)

    def memory(self) -> dict[str, Any]:
        """Bytes in use, by part."""
        attention = self._decoder.attention
        window = sum(map(bytes_of, (*attention.layers, *attention.scales)))
        parts = {'window': window, 'weights': self._decoder.weight_bytes}
        if self.frames.device.type == 'cuda':
            parts['allocated'] = torch.cuda.memory_allocated(self.frames.device)
            parts['peak'] = torch.cuda.max_memory_allocated(self.frames.device)
        return parts

    def _look_at(self, grid: Grid) -> None:
        """Note the grid of the incoming frames.

        Raises:
            BackboneError: a slot cannot hold one of them.
        """
        if self._grid == grid:
            return
        check_context(self.capacity, self.prompt, grid.tokens)
        height, width = grid.pixels
        self._grid = grid
        self._info = replace(self._info, image_size=(width, height), tokens_per_frame=grid.tokens)

    def _batch(self, requests: Sequence[Request]) -> Batch:
        for request in requests:
            if not request.tokens:
                raise BackboneError(f'nothing to append to lane {request.slot}')
            self._window.check_room(request.slot, request.tokens)
        lengths = [self._window.length(request.slot) for request in requests]
        requests = self._followed.follow(requests, lengths, self.frames.follow)
        return assemble(requests, self._window, self.marks, self._buckets)

    def _run(self, batch: Batch, read: Callable[[Batch], Read]) -> Read:
        """Run one pass and count it."""
        try:
            result = read(batch)
        except RuntimeError as error:
            raise _failure('the pass', error) from error
        for request, marks in zip(batch.requests, batch.marks, strict=True):
            self._window.commit(request.slot, marks)
            self._followed.commit(request.slot)
        return result

    def _undo(self, requests: Sequence[Request]) -> None:
        """Undo what has just been appended to these lanes."""
        for request in requests:
            self.truncate(request.slot, self._window.length(request.slot) - request.tokens)
            self._window.scrub(request.slot)


def _failure(what: str, error: RuntimeError) -> BackboneError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return BackboneError(f'{what} failed: {lines[0]}')
