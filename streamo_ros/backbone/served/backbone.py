# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The served backbone: a model behind an OpenAI-compatible server that satisfies `Backbone`.

A lane is a list here, and the server sees all of it with every frame; its prefix cache makes that
one frame's work. Lanes ask at the same time, a bounded number of them.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone.context_size import check_context
from streamo_ros.backbone.list_lanes import ListLanes
from streamo_ros.backbone.served.answer import ServedAnswer
from streamo_ros.backbone.served.call import RefusedError
from streamo_ros.backbone.served.chat import chat_of
from streamo_ros.backbone.served.chat import Message
from streamo_ros.backbone.served.chat import row_of
from streamo_ros.backbone.served.chat import ServedFrame
from streamo_ros.backbone.served.endpoint import Endpoint
from streamo_ros.backbone.served.frames import EDGE
from streamo_ros.backbone.served.frames import FrameWriter
from streamo_ros.backbone.served.known_frames import KnownFrames
from streamo_ros.backbone.served.pieces import piece_id
from streamo_ros.backbone.served.pieces import PieceTokenizer
from streamo_ros.backbone.served.probe import CHAT
from streamo_ros.backbone.served.server import is_full
from streamo_ros.backbone.served.server import NUDGE
from streamo_ros.backbone.served.server import Server
from streamo_ros.backbone.served.server import usage_of
from streamo_ros.backbone.served.tally import Tally
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.interface import PartialError
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.interface import UnavailableError
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.prompt import PromptTokens

ResultT = TypeVar('ResultT')
CONCURRENCY = 8
"""Requests under way at once, whatever the number of lanes."""
SHORTER = 0.8
"""Part of a context that remains in use after a server has refused a dialogue for its length."""


class ServedBackbone(ListLanes['int | ServedFrame']):
    """Satisfies `interface.Backbone`.

    Args:
        endpoint: the server.
        server: what is known of it.
        prompt: the dialogue in `PieceTokenizer`'s tokens.
        frames: writes frames.
        info: identity and sizes.
        lanes: number of slots.
        capacity: tokens of a slot.

    Attributes:
        tally: what the server was sent and what it had in its cache.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        server: Server,
        prompt: PromptTokens,
        frames: FrameWriter,
        info: BackboneInfo,
        lanes: int,
        capacity: int,
    ) -> None:
        assert isinstance(prompt.tokenizer, PieceTokenizer)
        self.prompt = prompt
        self.lanes = lanes
        self.capacity = capacity
        self.tally = Tally(endpoint.traffic)
        self._tokenizer = prompt.tokenizer
        self._endpoint = endpoint
        self._server = server
        self._frames = frames
        self._info = info
        self._known = KnownFrames(endpoint, server)
        self.rows = {}
        self._answers: dict[int, ServedAnswer] = {}
        self._likely: dict[int, bool] = {}
        self._pool = ThreadPoolExecutor(min(lanes, CONCURRENCY), 'streamo request')

    @property
    def info(self) -> BackboneInfo:
        """See `interface.Backbone`."""
        notes = (self._info.note, self.tally.describe())
        return replace(
            self._info, context_capacity=self.capacity, note='; '.join(filter(None, notes))
        )

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of 28 pixels."""
        return self._frames.grid(height, width)

    def encode(self, image: NDArray[np.uint8]) -> ServedFrame:
        """Write the frame as JPEG; the vision pass is the server's."""
        frame = self._frames.write(image)
        rows, columns = frame.grid
        size = columns * EDGE, rows * EDGE
        if self._info.image_size != size:
            check_context(self.capacity, self.prompt, frame.tokens)
            self._info = replace(self._info, image_size=size, tokens_per_frame=frame.tokens)
        return frame

    def merge(self, visions: Sequence[VisionTokens]) -> ServedFrame:
        """Refused: the embeddings are the server's.

        Raises:
            BackboneError: always.
        """
        raise BackboneError(
            f'{len(visions)} frames of a served model cannot be averaged: set context.policy to '
            'chunk or window'
        )

    def close(self, slot: int) -> None:
        """See `interface.Backbone`."""
        self._stop_answer(slot)
        super().close(slot)

    def extend(self, requests: Sequence[Request]) -> NDArray[np.float32]:
        """Ask for the states of several lanes at the same time."""
        rows = self._each(self._read_state, requests)
        return np.array(rows, np.float32).reshape(len(requests), 3)

    def prefill(self, request: Request) -> None:
        """Append; the server sees it with the next frame."""
        self.check_room(request)
        self.rows[request.slot] += row_of(request.pieces)

    def decode(self, requests: Sequence[Request], sampling: Sampling) -> list[int | None]:
        """The next piece of each answer, as a token; it waits until the server has written it."""
        return self._each(lambda request: self._next_token(request, sampling), requests)

    def memory(self) -> dict[str, Any]:
        """See `interface.Backbone`."""
        frames = {
            id(token): len(token.url)
            for row in self.rows.values()
            for token in row
            if isinstance(token, ServedFrame)
        }
        return {'frames': sum(frames.values()), 'sent': self.tally.traffic.sent_bytes}

    def _each(
        self, run: Callable[[Request], ResultT], requests: Sequence[Request]
    ) -> list[ResultT]:
        """Run each request; those that fail leave their lane as it was.

        Raises:
            PartialError: some failed.
        """

        def attempt(request: Request) -> ResultT | BackboneError:
            row = self.rows[request.slot]
            before = len(row)
            try:
                self.check_room(request)
                row += row_of(request.pieces)
                return run(request)
            except BackboneError as error:
                self._stop_answer(request.slot)
                del row[before:]
                known = isinstance(error, UnavailableError)
                return error if known else UnavailableError(str(error))

        many = len(requests) > 1
        results = list(self._pool.map(attempt, requests) if many else map(attempt, requests))
        if any(isinstance(result, BackboneError) for result in results):
            raise PartialError(results)
        return [result for result in results if not isinstance(result, BackboneError)]

    def _read_state(self, request: Request) -> NDArray[np.float32]:
        slot = request.slot
        self._stop_answer(slot)
        messages, _ = self._chat(slot)
        try:
            reply = self._known.post(
                messages, lambda sent: self._server.state_request(sent, slot), CHAT
            )
        except RefusedError as error:
            if is_full(error):
                raise self._shortened(slot, error) from error
            raise
        reading = self._server.read(reply)
        self._count(reply, slot)
        self.tally.bounded += reading.bounded
        self._likely[slot] = int(np.argmax(reading.logits)) == len(reading.logits) - 1
        return reading.logits

    def _next_token(self, request: Request, sampling: Sampling) -> int:
        slot = request.slot
        length = len(self.rows[slot])
        answer = self._answers.get(slot)
        # Also after a failed step: the server goes on behind what was said.
        if answer is None or answer.length != length - request.tokens or request.may_stop is False:
            self._stop_answer(slot)
            answer = self._answers[slot] = self._begin_answer(slot, sampling)
        answer.length = length
        piece = answer.next_piece()
        return piece_id(piece) if piece else self.prompt.stop

    def _begin_answer(self, slot: int, sampling: Sampling) -> ServedAnswer:
        messages, started = self._chat(slot)
        room = max(1, self.capacity - len(self.rows[slot]))
        tagged = not self._server.continues
        if tagged and not self._likely.get(slot, False):
            last = messages[-1]
            messages = [*messages[:-1], {**last, 'content': [*last['content'], NUDGE]}]
        said = '' if tagged else started
        stream = self._known.stream(
            messages,
            lambda sent: self._server.answer_request(sent, said, room, sampling, slot),
            CHAT,
        )
        return ServedAnswer(stream, tagged=tagged)

    def _chat(self, slot: int) -> tuple[list[Message], str]:
        return chat_of(self.rows[slot], self._tokenizer)

    def _stop_answer(self, slot: int) -> None:
        answer = self._answers.pop(slot, None)
        if answer is not None:
            answer.close()

    def _count(self, reply: dict[str, Any], slot: int) -> None:
        """Count what the server says, and correct the capacity where our tokens are longer."""
        prompt, cached = usage_of(reply)
        self.tally.count(prompt, cached)
        ours = len(self.rows[slot])
        if self._server.context and prompt > ours:
            self.capacity = min(self.capacity, self._server.context * ours // prompt)

    def _shortened(self, slot: int, error: RefusedError) -> BackboneError:
        """Make lanes shorter: at the next frame the oldest frames leave."""
        self.capacity = min(self.capacity, int(SHORTER * len(self.rows[slot])))
        return BackboneError(
            f'the dialogue is too long for the server ({error.sentence}): it is cut to '
            f'{self.capacity} tokens; serve the model with a longer context or lower '
            'context.max_frames'
        )
