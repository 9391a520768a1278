# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a labeled dialogue becomes a gate's training sequences: as `backbone.gate.score_gate` reads.

The question, then each frame with the scored token behind it; no tags and no answers. Lanes that
are longer than the window are cut into windows that overlap by half, as the gate in service goes
on with half of its frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.training.activation.labels import activation_labels
from streamo_ros.training.activation.labels import draw_share
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.labeled_dialogue import lane_spans
from streamo_ros.training.layouts import Cut
from streamo_ros.training.recorder import RecordedFrame
from streamo_ros.training.recorder import RowItem
from streamo_ros.training.sequence import IGNORED
from streamo_ros.training.sequence import TrainingSequence


@dataclass(frozen=True)
class GateLayout:
    """Satisfies `layouts.Layout`; a label is 1 where an answer is due, else 0.

    Attributes:
        prompt: the prompt tokens.
        after: the tokens behind a frame, the last of which is scored.
        max_frames: frames in the window.
        share: see `GateConfig`.
        seed: of the shares.
    """

    prompt: PromptTokens
    after: tuple[int, ...]
    max_frames: int
    share: float
    seed: int

    def spans(self, turns: Sequence[LabeledTurn]) -> list[tuple[int, int]]:
        """From each instruction to the next."""
        return lane_spans(turns)

    def cuts(self, turns: Sequence[LabeledTurn], frames: Sequence[RecordedFrame]) -> Iterator[Cut]:
        """Windows, each of which begins in the middle of the one before."""
        sink = len(self.prompt.sink(turns[0].instruction))
        extra = len(self.prompt.image_open) + len(self.after)
        step = max(1, self.max_frames // 2)
        for first in range(0, len(turns), step):
            stop = min(first + self.max_frames, len(turns))
            yield Cut(first, stop, sink + sum(it.tokens + extra for it in frames[first:stop]))
            if stop == len(turns):
                return

    def sequence(
        self,
        turns: Sequence[LabeledTurn],
        frames: Sequence[RecordedFrame],
        cut: Cut,
        history: Sequence[State] = (),
    ) -> TrainingSequence:
        """One of the windows."""
        del history
        share = draw_share(turns, self.share, self.seed)
        due = activation_labels(turns, share)
        items: list[RowItem] = [*self.prompt.sink(turns[0].instruction)]
        places = []
        for frame in frames[cut.first : cut.stop]:
            items += [*self.prompt.image_open, frame, *self.after]
            places.append(len(items) - 1)
        labels = [IGNORED] * len(items)
        for place, is_due in zip(places, due[cut.first : cut.stop], strict=True):
            labels[place] = int(is_due)
        return TrainingSequence(tuple(items), tuple(labels), cut.first, tuple(places))
