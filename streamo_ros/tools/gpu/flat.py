# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a late frame costs what an early one did: thousands of turns through one window.

Frames around the early and the late one are looked at and appended as the node does it, evictions
within their time. Those between are appended and evicted all the same, but a block at a time in
one prefill of vision tokens seen before: what a window has been through is the same, only faster.
"""

from __future__ import annotations

import time
from typing import Any
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Request
from streamo_ros.tools.gpu.engine import Engine
from streamo_ros.tools.gpu.plan import Job

if TYPE_CHECKING:
    from streamo_ros.tools.gpu.rig import Rig

WINDOW, EARLY = 120, 500
"""Frames of the window, the node's default, and the frame that is early."""
LIMIT = 30.0
"""Seconds for the frames between; where they do not suffice, the late frame comes earlier."""


def measure(rig: Rig, job: Job) -> dict[str, Any]:
    """One row: the median frame around an early and a late one."""
    engine = rig.engine(job)
    engine.restart()
    window = min(WINDOW, job.frames // 8)
    early = EARLY if job.frames > 4 * EARLY else job.frames // 3
    stream = _Window(rig, engine, window)
    stream.skip(early - 2 * window, LIMIT)
    stream.look(window + window // 2)
    begin = engine.dialogues[0].seen
    first = stream.look(window)
    stream.skip(job.frames - window // 2, LIMIT)
    late = engine.dialogues[0].seen
    last = stream.look(window)
    if not np.isfinite(engine.states).all():
        raise BackboneError('the states are not finite')
    engine.restart()
    return {
        'early_frames': [begin, begin + window],
        'late_frames': [late, late + window],
        'window_frames': window,
        'evictions': stream.evictions,
        'frame_ms': float(1e3 * np.median(last)),
        'early_ms': float(1e3 * np.median(first)),
        'flat_ratio': float(np.median(last) / np.median(first)),
        'early_mean_ms': float(1e3 * first.mean()),
        'late_mean_ms': float(1e3 * last.mean()),
        'early_worst_ms': float(1e3 * first.max()),
        'frame_worst_ms': float(1e3 * last.max()),
        'how': 'medians of encode + extend over one window of frames, wall; frames between '
        'appended a block at a time in one prefill and evicted as always',
    }


class _Window:
    """The first lane, its oldest quarter of frames leaving whenever the window is full."""

    def __init__(self, rig: Rig, engine: Engine, frames: int) -> None:
        self._rig = rig
        self._engine = engine
        self._frames = frames
        self._block = max(1, frames // 4)
        self.evictions = 0

    def look(self, frames: int) -> NDArray[np.float64]:
        """Look at frames; seconds of each, its eviction included."""
        taken = np.zeros(frames)
        for at in range(frames):
            self._rig.wait()
            began = time.perf_counter()
            self._make_room(1)
            self._engine.frame(1)
            taken[at] = time.perf_counter() - began
            dialogue = self._engine.dialogues[0]
            dialogue.append([dialogue.turn(self._engine.visions[0])])
        return taken

    def skip(self, until: int, limit: float) -> None:
        """Append blocks of turns up to a frame, or until the seconds are over."""
        engine, ended = self._engine, time.perf_counter() + limit
        dialogue = engine.dialogues[0]
        while dialogue.seen < until and time.perf_counter() < ended:
            count = min(self._block, until - dialogue.seen)
            self._make_room(count)
            turns = [
                dialogue.turn(engine.visions[at % len(engine.visions)], at) for at in range(count)
            ]
            pieces = tuple(piece for turn in turns for piece in turn)
            engine.backbone.prefill(Request(engine.slots[0], pieces))
            dialogue.append(turns)

    def _make_room(self, coming: int) -> None:
        dialogue = self._engine.dialogues[0]
        if len(dialogue.ends) - 1 + coming > self._frames:
            keep = dialogue.evict(max(self._block, coming))
            self._engine.backbone.evict(self._engine.slots[0], keep)
            self.evictions += 1
