# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The session backbone: a checkpoint in vLLM's engine that satisfies `Backbone`.

A lane is a list here and a session there, which is only appended to. vLLM can take nothing out of
a live cache: a lane that has lost tokens begins a new session with all that is left of it, so
evictions should be rare and large (policy chunk).
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone.context_size import check_context
from streamo_ros.backbone.list_lanes import ListLanes
from streamo_ros.backbone.session.engine import Chosen
from streamo_ros.backbone.session.engine import Chunk
from streamo_ros.backbone.session.engine import SessionEngine
from streamo_ros.backbone.session.frames import Item
from streamo_ros.backbone.session.frames import PictureMaker
from streamo_ros.backbone.session.frames import SessionFrame
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.interface import PartialError
from streamo_ros.core.interface import piece_tokens
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.prompt import PromptTokens

ResultT = TypeVar('ResultT')


class SessionBackbone(ListLanes['int | SessionFrame']):
    """Satisfies `interface.Backbone`.

    Args:
        engine: vLLM's.
        pictures: makes pictures of frames.
        image_token: the id that stands for a picture.
        prompt: the dialogue in the checkpoint's tokens.
        info: identity and sizes.
        lanes: number of slots.
        capacity: tokens of a slot; vLLM must take a few more.
        window: bytes of keys and values that vLLM holds.

    Attributes:
        sessions: that were begun.
    """

    def __init__(
        self,
        engine: SessionEngine,
        pictures: PictureMaker,
        image_token: int,
        prompt: PromptTokens,
        info: BackboneInfo,
        lanes: int,
        capacity: int,
        window: int = 0,
    ) -> None:
        self.prompt = prompt
        self.lanes = lanes
        self.capacity = capacity
        self.sessions = 0
        self.rows: dict[int, list[Item]] = {}
        self._engine = engine
        self._pictures = pictures
        self._image_token = image_token
        self._info = replace(info, context_capacity=capacity)
        self._window = window
        self._live: dict[int, str] = {}
        self._fed: dict[int, int] = {}
        # What must not be the first token of an answer.
        self._control = sorted(prompt.tokenizer.control_ids | set(prompt.first_tokens))

    @property
    def info(self) -> BackboneInfo:
        """See `interface.Backbone`."""
        return self._info

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of a frame's vision tokens."""
        return self._pictures.grid(height, width)

    def encode(self, image: NDArray[np.uint8]) -> SessionFrame:
        """Resize the frame; its vision pass is part of the first lane's."""
        frame = self._pictures.make(image)
        if self._info.image_size != frame.picture.size:
            check_context(self.capacity, self.prompt, frame.tokens)
            self._info = replace(
                self._info, image_size=frame.picture.size, tokens_per_frame=frame.tokens
            )
        return frame

    def merge(self, visions: Sequence[VisionTokens]) -> SessionFrame:
        """Refused: the embeddings are vLLM's.

        Raises:
            BackboneError: always.
        """
        raise BackboneError(
            f'{len(visions)} frames in vLLM cannot be averaged: set context.policy to chunk or '
            'window'
        )

    def extend(self, requests: Sequence[Request]) -> NDArray[np.float32]:
        """Append to several lanes and read the states."""
        ids = list(self.prompt.read_ids)
        asked = {'temperature': 0.0, 'logprobs': len(ids), 'logprob_token_ids': ids}

        def read(chosen: Chosen) -> NDArray[np.float32]:
            return np.array([chosen.chances.get(each, np.nan) for each in ids], np.float32)

        rows = self._append(requests, [asked] * len(requests), read)
        for request, row in zip(requests, rows, strict=True):
            if not np.isfinite(row).all():
                self._undo(request)
        return np.array(rows, np.float32).reshape(len(requests), len(ids))

    def prefill(self, request: Request) -> None:
        """Append; vLLM sees it with what comes next."""
        self.check_room(request)
        self.rows[request.slot] += _items(request)

    def decode(self, requests: Sequence[Request], sampling: Sampling) -> list[int | None]:
        """Append to several lanes and choose the next tokens."""
        asked = [self._sampling(request, sampling) for request in requests]
        return self._append(requests, asked, lambda chosen: chosen.token)

    def evict(self, slot: int, keep: Sequence[tuple[int, int]]) -> None:
        """See `interface.Backbone`; the lane begins a new session."""
        super().evict(slot, keep)
        self._leave(slot)

    def truncate(self, slot: int, length: int) -> None:
        """See `interface.Backbone`; a lane that vLLM has seen more of begins a new session."""
        super().truncate(slot, length)
        if self._fed.get(slot, 0) > length:
            self._leave(slot)

    def close(self, slot: int) -> None:
        """See `interface.Backbone`."""
        super().close(slot)
        self._leave(slot)

    def memory(self) -> dict[str, Any]:
        """See `interface.Backbone`."""
        frames = {
            id(item): item.picture.width * item.picture.height * 3
            for row in self.rows.values()
            for item in row
            if isinstance(item, SessionFrame)
        }
        return {'window': self._window, 'frames': sum(frames.values())}

    def _append(
        self,
        requests: Sequence[Request],
        asked: Sequence[dict[str, Any]],
        read: Callable[[Chosen], ResultT],
    ) -> list[ResultT]:
        """Append to several lanes and read what was chosen; those that fail are as before.

        Raises:
            PartialError: some failed.
            BackboneError: a slot would overflow.
        """
        for request in requests:
            self.check_room(request)
        for request in requests:
            self.rows[request.slot] += _items(request)
        chunks = [self._chunk(*pair) for pair in zip(requests, asked, strict=True)]
        found = self._engine.append(chunks)
        for request, result in zip(requests, found, strict=True):
            if isinstance(result, BackboneError):
                self._undo(request)
            else:
                self._fed[request.slot] = len(self.rows[request.slot])
        results = [it if isinstance(it, BackboneError) else read(it) for it in found]
        done = [result for result in results if not isinstance(result, BackboneError)]
        if len(done) < len(results):
            raise PartialError(results)
        return done

    def _chunk(self, request: Request, asked: dict[str, Any]) -> Chunk:
        """What of a lane its session has not seen."""
        slot = request.slot
        if slot not in self._live:
            self.sessions += 1
            self._live[slot] = f'lane {slot}, session {self.sessions}'
        ids: list[int] = []
        frames: list[SessionFrame] = []
        last: Item | None = None
        for item in self.rows[slot][self._fed.get(slot, 0) :]:
            if not isinstance(item, SessionFrame):
                ids.append(item)
            elif item is not last:
                ids.append(self._image_token)
                frames.append(item)
            last = item
        pictures = tuple((frame.name, frame.picture) for frame in frames)
        return Chunk(self._live[slot], tuple(ids), pictures, asked)

    def _sampling(self, request: Request, sampling: Sampling) -> dict[str, Any]:
        """How the next token is chosen; a draw depends on the seed and on the lane's length."""
        asked: dict[str, Any] = {'temperature': sampling.temperature}
        if sampling.temperature > 0:
            length = len(self.rows[request.slot]) + request.tokens
            asked |= {
                'seed': sampling.seed + length,
                'top_k': sampling.top_k,
                'top_p': sampling.top_p,
            }
        if sampling.repetition_penalty != 1:
            asked['repetition_penalty'] = sampling.repetition_penalty
        if not request.may_stop:
            asked |= {'min_tokens': 1, 'stop_token_ids': self._control}
        return asked

    def _undo(self, request: Request) -> None:
        """Take back what has just been appended to a lane."""
        row = self.rows[request.slot]
        del row[len(row) - request.tokens :]
        self._leave(request.slot)

    def _leave(self, slot: int) -> None:
        """End a lane's session: the next one begins with all that the lane holds."""
        self._fed.pop(slot, None)
        session = self._live.pop(slot, None)
        if session is not None:
            self._engine.end(session)


def _items(request: Request) -> list[Item]:
    """What a request adds to a row."""
    items: list[Item] = []
    for piece in request.pieces:
        if isinstance(piece, tuple):
            items += piece
        else:
            assert isinstance(piece, SessionFrame)
            items += [piece] * piece_tokens(piece)
    return items
