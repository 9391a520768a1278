# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""STRIDE as a gate: it looks at every second frame and says when an event is over.

The score of a frame is 1 where a segment has just become complete, which is a yes or no in STRIDE;
else half of the probability that the newest second is in an event. So with its threshold of a half
the state is Standby while the event lasts.

Source: 'STRIDE', arXiv 2603.27593, and its released runtime. There the offset of the slots'
positions is that of all frames that it was given, also of those that come later; here, as in its
runtime on the frames so far.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone.gate.stride_model import PAIR
from streamo_ros.backbone.gate.stride_model import Pixels
from streamo_ros.backbone.gate.stride_model import Reading
from streamo_ros.backbone.gate.stride_model import StrideModel
from streamo_ros.backbone.gate.stride_slots import SlotMemory
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.vision import EncodedVision
from streamo_ros.core.activation import Look
from streamo_ros.core.interface import BackboneError

MOST_FRAMES, DROPPED = 256, 128
"""Frames in the window, and how many leave at once when it is full."""
SEED = 0


@dataclass
class _StrideLane:
    """One question.

    Attributes:
        question: its text.
        memory: of its slots.
        reading: the video in the cache.
        pairs: what the cache was made of, each with the times of its frames.
        waiting: the first frame of a pair, and its time.
        newest: probability that the newest second is in an event.
    """

    question: str
    memory: SlotMemory
    reading: Reading = field(default_factory=Reading)
    pairs: deque[tuple[float, float, EncodedVision]] = field(default_factory=deque)
    waiting: tuple[Pixels, float] | None = None
    newest: float = 0.0


class StrideGate:
    """Satisfies `core.activation.Activation`.

    Args:
        model: the checkpoint.
        name: of the checkpoint.
        lanes: questions at once.
        most: frames in the window; even.
        dropped: frames that leave a full window; even.
    """

    threshold = 0.5

    def __init__(
        self,
        model: StrideModel,
        name: str,
        lanes: int,
        most: int = MOST_FRAMES,
        dropped: int = DROPPED,
    ) -> None:
        self._model = model
        self.name = name
        self.identity = model.identity
        self._most, self._dropped = most, dropped
        self._lanes: dict[int, _StrideLane | None] = dict.fromkeys(range(lanes))
        self._encoded: deque[tuple[Pixels, Pixels, EncodedVision]] = deque(maxlen=2)

    def open(self, question: str) -> int:
        """See `Activation`."""
        free = next((number for number, lane in self._lanes.items() if lane is None), None)
        if free is None:
            raise BackboneError(
                f'all {len(self._lanes)} lanes of the gate {self.name} are taken: cancel an '
                'instruction'
            )
        self._lanes[free] = self._new_lane(question)
        return free

    def close(self, lane: int) -> None:
        """See `Activation`."""
        self._lanes[lane] = None

    def see(self, image: NDArray[np.uint8]) -> Pixels:
        """Resize a frame; a pair of them is encoded in `score`."""
        return self._model.shrink(image)

    def score(self, looks: Sequence[Look]) -> NDArray[np.float32]:
        """See `Activation`."""
        scores = np.full(len(looks), np.nan, np.float32)
        failure = ''
        for at, look in enumerate(looks):
            lane = self._lanes[look.lane]
            assert lane is not None, 'the lane is open'
            try:
                scores[at] = self._score(lane, look)
            except RuntimeError as error:
                failure = str(error)
                # What a failed pass has left in the cache is not known.
                self._lanes[look.lane] = self._new_lane(lane.question)
        if failure and np.isnan(scores).all():
            raise BackboneError(f'the gate {self.name} failed: {failure}')
        return scores

    def _new_lane(self, question: str) -> _StrideLane:
        return _StrideLane(question, SlotMemory(self._model.slots, np.random.RandomState(SEED)))

    def _score(self, lane: _StrideLane, look: Look) -> float:
        image, time = look.glimpse, float(look.interval[0])
        if lane.waiting is None or lane.waiting[0].shape != image.shape:
            lane.waiting = image, time
            return lane.newest / 2
        (first, began), lane.waiting = lane.waiting, None
        vision = self._pair(first, image)
        if lane.pairs and lane.pairs[-1][2].grid != vision.grid:
            lane.pairs.clear()
            lane.reading = Reading()
        lane.pairs.append((began, time, vision))
        self._read(lane)
        origin = lane.pairs[0][0]
        denoise = partial(self._model.denoise, lane.reading)
        outcome = lane.memory.look(time - origin, origin, denoise)
        lane.newest = outcome.newest
        return 1.0 if outcome.completed else lane.newest / 2

    def _read(self, lane: _StrideLane) -> None:
        """Read the newest pair; after frames have left, all that stay."""
        new = [lane.pairs[-1]]
        if PAIR * len(lane.pairs) > self._most:
            for _ in range(self._dropped // PAIR):
                lane.pairs.popleft()
            lane.reading, new = Reading(), list(lane.pairs)
        origin = lane.pairs[0][0]
        for began, ended, vision in new:
            middle = (began - origin + ended - origin) / 2
            self._model.read(lane.reading, lane.question, middle, vision)

    def _pair(self, first: Pixels, second: Pixels) -> EncodedVision:
        """Two frames, encoded once for all lanes that pair them."""
        for one, other, vision in self._encoded:
            if one is first and other is second:
                return vision
        vision = self._model.encode(first, second)
        self._encoded.append((first, second, vision))
        return vision


def load_stride(path: Path, options: Options) -> StrideGate:
    """Load STRIDE.

    Raises:
        BackboneError: it cannot be loaded.
    """
    return StrideGate(StrideModel(path, options), path.resolve().name, options.lanes)
