# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rows of plain transformers: the loops that people write, on the same weights and dialogue.

Each loop gets its pixels and positions handed to it, so it is a little faster here than one that
leaves those to transformers. None of them forgets anything, and each serves one lane.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from typing import TYPE_CHECKING

import numpy as np

from streamo_ros.backbone.plain import PlainModel
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import piece_tokens
from streamo_ros.core.protocol import State
from streamo_ros.tools.gpu.clock import repeat
from streamo_ros.tools.gpu.dialogue import BenchDialogue
from streamo_ros.tools.gpu.dialogue import noise
from streamo_ros.tools.gpu.machine import version_of
from streamo_ros.tools.gpu.plan import DYNAMIC
from streamo_ros.tools.gpu.plan import Job
from streamo_ros.tools.gpu.plan import REPREFILL
from streamo_ros.tools.gpu.plan import STATIC

if TYPE_CHECKING:
    from streamo_ros.tools.gpu.rig import Rig

_GROUP = 8
"""Turns that are appended at once while a cache is filled."""
_SLACK = 1_024
_HOW = {
    DYNAMIC: 'eager, the cache grows by concatenation',
    STATIC: 'eager: each length of a turn would be compiled anew, which takes minutes',
    REPREFILL: 'eager, the whole dialogue for each frame, vision tokens kept',
}


class Loop(PlainModel):
    """One dialogue through one kind of cache.

    Args:
        kind: DYNAMIC, STATIC or REPREFILL.
        model: of transformers.
        backbone: prepares frames.
        context: tokens for which a static cache has to have room.
    """

    def __init__(self, kind: str, model: Any, backbone: Any, context: int) -> None:
        super().__init__(model, backbone)
        self._kind = kind
        self._past: tuple[Piece, ...] = ()
        self._kept = 0
        if kind == STATIC:
            from transformers import StaticCache

            self._cache = StaticCache(config=self._text.config, max_cache_len=context + _SLACK)

    def keep(self, pieces: Sequence[Piece]) -> None:
        """Append for good."""
        if self._kind == REPREFILL:
            self._past += tuple(pieces)
        else:
            self.append(pieces)
        self._kept = self._position

    def try_out(self, pieces: Sequence[Piece]) -> Any:
        """Logits after these pieces; `take_back` undoes it."""
        if self._kind == REPREFILL:
            return self.reprefill((*self._past, *pieces))
        return self.append(pieces)

    def take_back(self, pieces: Sequence[Piece]) -> None:
        """Forget what has just been appended."""
        import torch

        if self._kind == DYNAMIC:
            super().take_back(pieces)
        if self._kind == STATIC:
            tokens = sum(map(piece_tokens, pieces))
            with torch.inference_mode():
                for layer in self._cache.layers:
                    layer.cumulative_length -= tokens
            self._position = self._kept


def measure(rig: Rig, job: Job) -> dict[str, Any]:
    """One row: frame and answer of one loop at one context."""
    model, companion = rig.stock(job)
    attention = _choose_attention(model, rig, job.kind)
    loop = Loop(job.kind, model, companion, job.context)
    dialogue = BenchDialogue(companion.prompt)
    images = noise(job.view)
    visions = [loop.encode(image) for image in images]
    turns = dialogue.until(job.context, visions)
    for at in range(0, len(turns), _GROUP):
        loop.keep(tuple(piece for turn in turns[at : at + _GROUP] for piece in turn))
    dialogue.append(turns)
    states = list(companion.prompt.state_ids)
    last: list[Any] = []

    def frame() -> None:
        vision = loop.encode(images[dialogue.seen % len(images)])
        turn = dialogue.turn(vision)
        last[:] = turn, loop.try_out(turn)[states].cpu().numpy()

    def undo() -> None:
        if last:
            loop.take_back(last[0])
            last.clear()

    slow = job.kind == REPREFILL
    effort = replace(rig.effort, warm=1) if slow else rig.effort
    times = repeat(frame, rig.wait, effort, undo)
    before = dialogue.tokens
    dialogue.append([last[0]])
    figures = {
        'context_tokens': dialogue.tokens,
        'new_tokens': dialogue.tokens - before,
        'frame_ms': times.ms,
        'frame_worst_ms': times.worst_ms,
        'repeats': len(times.each),
        'states': last[1].tolist(),
        'attention': attention,
        'how': _HOW[job.kind],
    }
    return figures if slow else figures | _answer(rig, loop, companion.prompt)


def _answer(rig: Rig, loop: Loop, prompt: Any) -> dict[str, Any]:
    """An answer behind the frame, twice; the first run warms up."""
    taken: list[float] = []
    for _ in range(2):
        fed, said, taken = prompt.replies[State.RESPONSE], (), []
        for _ in range(rig.effort.steps + 1):
            rig.wait()
            began = time.perf_counter()
            token = int(loop.append((fed,)).argmax())
            taken.append(time.perf_counter() - began)
            said += fed
            fed = (token,)
        loop.take_back((said,))
    step = float(np.median(taken[1:]))
    return {
        'first_token_ms': 1e3 * taken[0],
        'token_ms': 1e3 * step,
        'tokens_per_s': 1 / step,
    }


def _choose_attention(model: Any, rig: Rig, kind: str) -> str:
    flash = rig.device != 'cpu' and version_of('flash_attn') and kind != STATIC
    name = 'flash_attention_2' if flash else 'sdpa'
    model.set_attn_implementation(name)
    return name
