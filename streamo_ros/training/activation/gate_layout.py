# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a labeled dialogue becomes a gate's training sequences: as it is read in service.

`FrameLayout` is what `backbone.gate.score_gate` reads: the question, then each frame with the
scored token behind it; no tags and no answers. Lanes that are longer than the window are cut into
windows that overlap by half, as the gate in service goes on with half of its frames.

`DialogueLayout` is what `backbone.gate.dialogue_gate` reads: lanes as a model's are served, in
which every frame without an answer is a Silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.training.activation.labels import activation_labels
from streamo_ros.training.activation.labels import draw_share
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.labeled_dialogue import lane_spans
from streamo_ros.training.layouts import Cut
from streamo_ros.training.layouts import ServedLayout
from streamo_ros.training.recorder import RecordedFrame
from streamo_ros.training.recorder import RowItem
from streamo_ros.training.sequence import IGNORED
from streamo_ros.training.sequence import TrainingSequence


@dataclass(frozen=True)
class FrameLayout:
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


@dataclass(frozen=True)
class DialogueLayout:
    """Satisfies `layouts.Layout`; a label is 1 where an answer is due, else 0.

    Attributes:
        served: how a lane is served; its prompt has the scored token.
        share: see `GateConfig`.
        seed: of the shares.
    """

    served: ServedLayout
    share: float
    seed: int

    def spans(self, turns: Sequence[LabeledTurn]) -> list[tuple[int, int]]:
        """From each instruction to the next."""
        return self.served.spans(turns)

    def cuts(self, turns: Sequence[LabeledTurn], frames: Sequence[RecordedFrame]) -> Iterator[Cut]:
        """Those of the lane."""
        return self.served.cuts(_heard(turns), frames)

    def sequence(
        self,
        turns: Sequence[LabeledTurn],
        frames: Sequence[RecordedFrame],
        cut: Cut,
        history: Sequence[State] = (),
    ) -> TrainingSequence:
        """One of the lane's, with the scored tokens labeled and nothing else."""
        del history
        share = draw_share(turns, self.share, self.seed)
        due = activation_labels(turns, share)
        sequence = self.served.sequence(_heard(turns), frames, cut)
        labels = [IGNORED] * len(sequence.items)
        # A decision is the token behind the scored one.
        numbers = range(sequence.first, cut.stop)
        for place, number in zip(sequence.decisions, numbers, strict=True):
            labels[place - 1] = int(due[number])
        return replace(sequence, labels=tuple(labels))


def _heard(turns: Sequence[LabeledTurn]) -> list[LabeledTurn]:
    """The turns as the gate's dialogue holds them."""
    quiet = State.SILENCE
    return [it if it.state is State.RESPONSE else replace(it, state=quiet) for it in turns]
