# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rows of the engine: a silent frame and an answer, as the node asks for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from typing import TYPE_CHECKING

import numpy as np

from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.protocol import State
from streamo_ros.tools.gpu import machine
from streamo_ros.tools.gpu import roofline
from streamo_ros.tools.gpu.clock import CallTimes
from streamo_ros.tools.gpu.clock import repeat
from streamo_ros.tools.gpu.dialogue import BenchDialogue
from streamo_ros.tools.gpu.dialogue import noise
from streamo_ros.tools.gpu.plan import CameraView
from streamo_ros.tools.gpu.plan import Job

if TYPE_CHECKING:
    from streamo_ros.tools.gpu.rig import Rig


class Engine:
    """A backbone whose lanes have seen a camera of noise.

    Args:
        backbone: what is measured.
        view: what its camera gives.
    """

    def __init__(self, backbone: Backbone, view: CameraView) -> None:
        self.backbone = backbone
        self.images = noise(view)
        self.visions = [backbone.encode(image) for image in self.images]
        self.slots = [backbone.open() for _ in range(backbone.lanes)]
        self.dialogues = [BenchDialogue(backbone.prompt) for _ in self.slots]
        self.states = np.zeros((0, 3), np.float32)

    def bring(self, lanes: int, context: int) -> None:
        """Have the first lanes stand right before the frame that reaches a context.

        Raises:
            BackboneError: there are not so many lanes.
        """
        if lanes > len(self.slots):
            raise BackboneError(f'only {len(self.slots)} of {lanes} lanes fit: out of memory')
        for slot, dialogue in zip(self.slots[:lanes], self.dialogues, strict=False):
            dialogue.cut(context)
            self.backbone.truncate(slot, dialogue.tokens)
            turns = dialogue.until(context, self.visions)
            if turns:
                self.backbone.prefill(Request(slot, tuple(p for turn in turns for p in turn)))
                dialogue.append(turns)

    def restart(self) -> None:
        """Empty the first lane."""
        self.backbone.truncate(self.slots[0], 0)
        self.dialogues[0] = BenchDialogue(self.backbone.prompt)

    def frame(self, lanes: int, between: Callable[[], None] | None = None) -> None:
        """A silent frame of the first lanes: one image in, states on the host.

        Args:
            lanes: how many.
            between: called behind the vision pass.
        """
        seen = self.dialogues[0].seen
        vision = self.backbone.encode(self.images[seen % len(self.images)])
        if between is not None:
            between()
        self.states = self.backbone.extend(
            [
                Request(slot, dialogue.turn(vision))
                for slot, dialogue in zip(self.slots[:lanes], self.dialogues, strict=False)
            ]
        )

    def undo(self, lanes: int) -> None:
        """Take back what was appended behind the turns that are noted."""
        for slot, dialogue in zip(self.slots[:lanes], self.dialogues, strict=False):
            self.backbone.truncate(slot, dialogue.tokens)

    def answer(self, lanes: int, steps: int, wait: Callable[[], None]) -> list[float]:
        """Decode after a Response decision; seconds of each step.

        Raises:
            BackboneError: logits were not finite.
        """
        fed = [self.backbone.prompt.replies[State.RESPONSE]] * lanes
        taken = []
        for step in range(steps):
            wait()
            began = time.perf_counter()
            tokens = self.backbone.decode(
                [
                    Request(slot, (ids,), may_stop=step > 0)
                    for slot, ids in zip(self.slots, fed, strict=False)
                ],
                Sampling(),
            )
            taken.append(time.perf_counter() - began)
            fed = [(token,) for token in tokens if token is not None]
            if len(fed) < len(tokens):
                raise BackboneError('decode gave numbers that are not finite')
        return taken


def measure(rig: Rig, job: Job) -> dict[str, Any]:
    """One row: frame and answer of some lanes at one context."""
    engine = rig.engine(job)
    if rig.device != 'cpu':
        import torch

        torch.cuda.reset_peak_memory_stats()
    engine.bring(job.lanes, job.context)
    frames = repeat(
        lambda: engine.frame(job.lanes), rig.wait, rig.effort, lambda: engine.undo(job.lanes)
    )
    states = engine.states
    if not np.isfinite(states).all():
        raise BackboneError('the states are not finite')
    encode, extend = _stages(rig, engine, job.lanes)
    figures = (
        _sizes(engine, job)
        | _frame(rig, job, engine, frames)
        | {
            'encode_ms': encode,
            'extend_ms': extend,
            'states': states[0].tolist(),
            'slots': len(engine.slots),
        }
    )
    figures |= _answer(rig, job, engine, figures['context_tokens'])
    engine.undo(job.lanes)
    return figures | _memory(rig)


def _sizes(engine: Engine, job: Job) -> dict[str, Any]:
    length = engine.backbone.length(engine.slots[0])
    return {
        'context_tokens': length,
        'new_tokens': length - engine.dialogues[0].tokens,
        'vision_tokens': engine.visions[0].tokens,
        'lanes_measured': job.lanes,
    }


def _stages(rig: Rig, engine: Engine, lanes: int) -> tuple[float, float]:
    """Milliseconds of vision pass and append, each waited for; medians."""
    marks: list[float] = []

    def between() -> None:
        rig.wait()
        marks.append(time.perf_counter())

    began: list[float] = []
    ended: list[float] = []

    def staged() -> None:
        began.append(time.perf_counter())
        engine.frame(lanes, between)
        ended.append(time.perf_counter())

    effort = replace(rig.effort, warm=0, repeats=rig.effort.repeats // 2)
    repeat(staged, rig.wait, effort, lambda: engine.undo(lanes))
    middle, start, stop = np.array(marks), np.array(began), np.array(ended)
    return float(1e3 * np.median(middle - start)), float(1e3 * np.median(stop - middle))


def _frame(rig: Rig, job: Job, engine: Engine, frames: CallTimes) -> dict[str, Any]:
    sizes, body = _sizes(engine, job), rig.body(job.shape)
    vision = roofline.vision_cost(body, sizes['vision_tokens'], rig.number_size)
    append = roofline.append_cost(
        body, job.lanes, sizes['new_tokens'], sizes['context_tokens'], rig.sizes(job)
    )
    least = 1e3 * (vision.seconds(rig.ceilings) + append.seconds(rig.ceilings))
    return {
        'frame_ms': frames.ms,
        'frame_worst_ms': frames.worst_ms,
        'frame_first_ms': 1e3 * frames.first,
        'repeats': len(frames.each),
        'roofline_ms_computed': least,
        'roofline_ratio': frames.ms / least,
    }


def _answer(rig: Rig, job: Job, engine: Engine, context: int) -> dict[str, Any]:
    """An answer behind the frame, taken back and given again: first token, and those after it."""
    lengths = [engine.backbone.length(slot) for slot in engine.slots[: job.lanes]]
    first, further = [], []
    for at in range(rig.effort.answers + 1):
        taken = engine.answer(job.lanes, rig.effort.steps + 1, rig.wait)
        for slot, length in zip(engine.slots, lengths, strict=False):
            engine.backbone.truncate(slot, length)
        if at:
            first.append(taken[0])
            further += taken[1:]
    step = float(np.median(further))
    cost = roofline.token_cost(
        rig.body(job.shape), job.lanes, context + rig.effort.steps // 2, rig.sizes(job)
    )
    rate = cost.bytes / step / 1e9
    return {
        'first_token_ms': float(1e3 * np.median(first)),
        'token_ms': 1e3 * step,
        'tokens_per_s': job.lanes / step,
        'decode_gb_per_s': rate,
        'decode_share': rate / rig.ceilings['copy_gb_per_s'],
    }


def _memory(rig: Rig) -> dict[str, Any]:
    if rig.device == 'cpu':
        return {}
    import torch

    free, total = torch.cuda.mem_get_info()
    return {
        'peak_gib': torch.cuda.max_memory_allocated() / machine.GIB,
        'used_gib': (total - free) / machine.GIB,
    }
