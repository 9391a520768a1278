# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A gate that `streamo train` wrote with `kind: activation`: a score behind each frame.

A lane holds the question and its frames, each followed by a learned token whose last hidden state
is scored; there are no time tags and no answers in it. When the window is full, the older half of
the frames leaves.

Source: Wang et al., 'StreamBridge', arXiv 2505.05467, sec. 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone.build import load_checkpoint
from streamo_ros.backbone.checkpoint_settings import DIALOGUE
from streamo_ros.backbone.checkpoint_settings import read_settings
from streamo_ros.backbone.checkpoint_settings import SETTINGS
from streamo_ros.backbone.gate.backbone_gate import BackboneGate
from streamo_ros.backbone.gate.dialogue_gate import DialogueGate
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.score_prompt import after_frame
from streamo_ros.core.activation import Look
from streamo_ros.core.context_limits import DEFAULT_MAX_FRAMES
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Request

Ids = tuple[int, ...]


@dataclass
class _ScoredLane:
    """A question and its frames.

    Attributes:
        slot: of the backbone.
        sink: tokens in front of the frames.
        sizes: tokens that each frame in the window takes.
        grid: of the frames; None before the first one.
    """

    slot: int
    sink: Ids
    sizes: list[int] = field(default_factory=list)
    grid: tuple[int, int] | None = None


class ScoreGate(BackboneGate):
    """Satisfies `core.activation.Activation`.

    Args:
        backbone: a checkpoint with a score head.

    Raises:
        BackboneError: its tokenizer lacks the token behind a frame.
    """

    def __init__(self, backbone: Backbone) -> None:
        super().__init__(backbone)
        self._frames = backbone.info.max_frames or DEFAULT_MAX_FRAMES
        self._lanes: dict[int, _ScoredLane] = {}
        self._after = after_frame(backbone.prompt)

    def open(self, question: str) -> int:
        """See `Activation`."""
        sink = self._backbone.prompt.sink(question)
        if len(sink) >= self._backbone.capacity:
            raise BackboneError(
                f'the question takes {len(sink)} tokens and a lane of the gate {self.name} holds '
                f'{self._backbone.capacity}: shorten it'
            )
        slot = self._backbone.open()
        self._lanes[slot] = _ScoredLane(slot, sink)
        return slot

    def close(self, lane: int) -> None:
        """See `Activation`."""
        self._backbone.close(self._lanes.pop(lane).slot)

    def score(self, looks: Sequence[Look]) -> NDArray[np.float32]:
        """See `Activation`."""
        lanes = [self._lanes[look.lane] for look in looks]
        requests = [self._request(lane, look) for lane, look in zip(lanes, looks, strict=True)]
        rows = self._passes.extend(requests)
        scores = np.full(len(looks), np.nan, np.float32)
        for at, (lane, look, row) in enumerate(zip(lanes, looks, rows, strict=True)):
            if row is not None:
                lane.sizes.append(self._size(look))
                scores[at] = 1 / (1 + np.exp(float(row[0] - row[2])))
        return self._checked(scores)

    def _request(self, lane: _ScoredLane, look: Look) -> Request:
        """What a frame appends to its lane, in which there is room for it afterwards."""
        if lane.sizes and lane.grid != look.glimpse.grid:
            self._keep(lane, 0)
        lane.grid = look.glimpse.grid
        prompt = self._backbone.prompt
        pieces = (prompt.image_open, look.glimpse, self._after)
        need = self._size(look)
        while lane.sizes and (
            len(lane.sizes) >= self._frames
            or self._backbone.length(lane.slot) + need > self._backbone.capacity
        ):
            self._keep(lane, len(lane.sizes) // 2)
        if not self._backbone.length(lane.slot):
            pieces = (lane.sink + prompt.image_open, *pieces[1:])
        return Request(lane.slot, pieces)

    def _size(self, look: Look) -> int:
        """Tokens that a frame takes."""
        marks = len(self._backbone.prompt.image_open) + len(self._after)
        return int(look.glimpse.tokens) + marks

    def _keep(self, lane: _ScoredLane, frames: int) -> None:
        """Forget all but so many of the newest frames."""
        held, sink = self._backbone.length(lane.slot), len(lane.sink)
        lane.sizes = lane.sizes[len(lane.sizes) - frames :]
        keep = [(0, sink), (held - sum(lane.sizes), held)]
        self._backbone.evict(lane.slot, keep if frames else keep[:1])


def load_score_gate(path: Path, options: Options) -> ScoreGate | DialogueGate:
    """Load a gate that `streamo train` wrote.

    Raises:
        BackboneError: it cannot be loaded.
    """
    backbone = load_checkpoint(path, options, gate=True)
    if read_settings(path / SETTINGS).reads == DIALOGUE:
        return DialogueGate(backbone)
    return ScoreGate(backbone)
