# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Times the stages of a frame: real lanes on a real backbone, with frames of noise.

Every frame is settled as Silence, whatever the model decides, so that every run does the same
work.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress as Bar

from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.eviction.full import FullPolicy
from streamo_ros.core.eviction.sliding_window import WindowPolicy
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.protocol import State

INSTRUCTION = 'Tell me when somebody puts a cup on the table.'
_STEPS = 32
EARLY, PART = 1000, 1000
"""First frame of the early part of a long run, and the number of frames in a part."""


@dataclass
class Stages:
    """Seconds per frame, and memory early and late in the run."""

    encode: NDArray[np.float64]
    extend: NDArray[np.float64]
    processor: NDArray[np.float64]
    """CPU time of the calling thread; with one thread, independent of what else is running."""
    memory: list[float] = field(default_factory=list)

    @property
    def frames(self) -> NDArray[np.float64]:
        """Encode and extend combined."""
        return self.encode + self.extend


class StreamTimes:
    """A camera of noise and the lanes that watch it.

    Args:
        backbone: the model under test.
        lanes: number of active instructions.
        memory: what a lane keeps; all frames when `full`.
        size: (width, height) of a frame.
        full: evict nothing, and keep the input of the first lane in `past`.
    """

    def __init__(
        self,
        backbone: Backbone,
        lanes: int,
        memory: ContextLimits,
        size: tuple[int, int],
        full: bool,
    ) -> None:
        generator = np.random.default_rng(0)
        self.backbone = backbone
        self._full = full
        self.images: Sequence[NDArray[np.uint8]] = [
            generator.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8) for _ in range(8)
        ]
        policy = FullPolicy() if full else WindowPolicy()
        self.lanes = [Dialogue(backbone, policy, INSTRUCTION, memory) for _ in range(lanes)]
        self.seen = 0
        self.past: tuple[Piece, ...] = ()
        self.states: NDArray[np.float32] = np.zeros((lanes, 3), np.float32)

    def frame(self, settle: bool = True) -> tuple[float, float, list[Request]]:
        """Process the next frame; returns seconds of encode and extend, and the requests."""
        at, self.seen = self.seen, self.seen + 1
        tick = Tick(at * SECOND, Fraction(at), Fraction(at + 1), at, 1)
        began = time.perf_counter()
        vision = self.backbone.encode(self.images[at % len(self.images)])
        synchronize(self.backbone)
        encoded = time.perf_counter()
        requests = [lane.request(tick, vision) for lane in self.lanes]
        self.states = self.backbone.extend(requests)
        ended = time.perf_counter()
        for lane in self.lanes if settle else ():
            lane.commit(State.SILENCE)
        if self._full:
            self.past += requests[0].pieces
        return encoded - began, ended - encoded, requests

    def close(self) -> None:
        """Release the slots."""
        for lane in self.lanes:
            lane.close()


def window_frames(backbone: Backbone, asked: int) -> int:
    """Frames that a lane keeps: what is asked for, else the checkpoint's, else the default."""
    return ContextLimits.for_checkpoint(backbone.info, asked).max_frames


def synchronize(backbone: Backbone) -> None:
    """Wait for the device, so that its work counts for the right stage."""
    if backbone.info.device.startswith('cuda'):
        import torch

        torch.cuda.synchronize()


def memory_mb(backbone: Backbone) -> float:
    """Memory in use: the device's if there is one, else the process's."""
    allocated = backbone.memory().get('allocated')
    if allocated is None:
        pages = int(Path('/proc/self/statm').read_text().split()[1])
        allocated = pages * os.sysconf('SC_PAGE_SIZE')
    return float(allocated) / 1e6


def stream_frames(stream: StreamTimes, frames: int, show: bool) -> Stages:
    """Measure this many frames, one after another.

    Args:
        stream: what is measured.
        frames: how many.
        show: draw a progress bar.
    """
    stages = Stages(np.zeros(frames), np.zeros(frames), np.zeros(frames))
    # Drawn by hand between frames: a refreshing thread would disturb what is measured.
    console = Console(stderr=True)
    with Bar(console=console, auto_refresh=False, transient=True, disable=not show) as bar:
        task = bar.add_task('frames', total=frames)
        for at in range(frames):
            before = time.thread_time()
            stages.encode[at], stages.extend[at], _ = stream.frame()
            stages.processor[at] = time.thread_time() - before
            if at in (min(EARLY, frames // 4), frames - 1):
                stages.memory.append(memory_mb(stream.backbone))
            if (at + 1) % max(1, frames // 50) == 0:
                bar.update(task, completed=at + 1, refresh=True)
    return stages


def decode_ms(stream: StreamTimes) -> tuple[float, float]:
    """Milliseconds for the first answer token after a frame, and for each further one."""
    backbone, times = stream.backbone, []
    tokens_in = backbone.prompt.replies[State.RESPONSE]
    before = [backbone.length(lane.slot) for lane in stream.lanes]
    for _ in range(_STEPS):
        began = time.perf_counter()
        requests = [Request(lane.slot, (tokens_in,)) for lane in stream.lanes]
        tokens = backbone.decode(requests, Sampling())
        times.append(1e3 * (time.perf_counter() - began))
        tokens_in = (tokens[0] or 0,)
    for lane, length in zip(stream.lanes, before, strict=True):
        backbone.truncate(lane.slot, length)
    return times[0], median(times[1:])


def early_and_late(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frames 1,000 to 2,000 and the last 1,000 of a long run, else the second and last quarter."""
    if len(values) >= EARLY + 2 * PART:
        return values[EARLY : EARLY + PART], values[-PART:]
    quarter = max(1, len(values) // 4)
    return values[: 2 * quarter][-quarter:], values[-quarter:]


@dataclass
class BaselineComparison:
    """Seconds per frame, at one context length, of our engine and of the plain loops.

    Attributes:
        difference: largest difference in a state logit between our engine and the plain loops.
    """

    engine: list[float] = field(default_factory=list)
    append: list[float] = field(default_factory=list)
    reprefill: list[float] = field(default_factory=list)
    context_tokens: int = 0
    difference: float = 0.0


def compare(stream: StreamTimes, plain: Any, repeats: int, prefills: int) -> BaselineComparison:
    """Measure the next frame repeatedly and in turns, always at the same context length.

    Args:
        stream: one lane that has filled its context and evicts nothing.
        plain: a `backbone.plain.PlainModel` with the same weights.
        repeats: how often our engine and append are measured.
        prefills: how often re-prefill is measured.
    """
    result = BaselineComparison()
    lane, seen = stream.lanes[0], stream.seen
    plain.append(stream.past)
    states = list(stream.backbone.prompt.state_ids)
    for at in range(repeats):
        stream.seen = seen
        encode, extend, requests = stream.frame(settle=False)
        pieces = requests[0].pieces
        result.context_tokens = stream.backbone.length(lane.slot)
        lane.undo()
        stream.past = stream.past[: -len(pieces)]
        result.engine.append(encode + extend)
        image = stream.images[seen % len(stream.images)]
        seconds, logits = _timed(plain, image, pieces, plain.append)
        plain.take_back(pieces)
        result.append.append(seconds)
        if at < prefills:
            whole = _timed(plain, image, pieces, lambda new: plain.reprefill((*stream.past, *new)))
            result.reprefill.append(whole[0])
        gap = np.abs(logits[states] - stream.states[0]).max()
        result.difference = max(result.difference, float(gap))
    return result


def _timed(
    plain: Any, image: NDArray[np.uint8], pieces: tuple[Piece, ...], run: Any
) -> tuple[float, NDArray[np.float32]]:
    """Time one frame of a plain loop: its own vision pass, then `run` on the turn."""
    began = time.perf_counter()
    vision = plain.encode(image)
    turn = tuple(piece if isinstance(piece, tuple) else vision for piece in pieces)
    logits = run(turn).cpu().numpy()
    return time.perf_counter() - began, logits
