# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training sequences exactly as they are served: the labels, forced through the serving dialogue.

A lane is one instruction and the frames from it on. Its tags count from its first frame, old
frames are evicted while their answers stay, and tags restart after `max_time`, because
`core.dialogue.Dialogue` itself does it. Each eviction or restart ends a sequence; the next one
starts with what is left in the window, and every decision is supervised exactly once, in the
context in which it is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.eviction.sliding_window import WindowPolicy
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import Sampling
from streamo_ros.core.protocol import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.training.labeled_dialogue import answer_from
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.recorder import RecordedFrame
from streamo_ros.training.recorder import RecordingBackbone
from streamo_ros.training.recorder import RowItem
from streamo_ros.training.sequence import IGNORED
from streamo_ros.training.sequence import reply_labels
from streamo_ros.training.sequence import TrainingSequence

STREAM_START = SECOND
"""Capture time of second 0: a stamp of 0 would count as missing."""


@dataclass
class ServedLane:
    """Forces one labeled lane through the serving dialogue.

    Args:
        prompt: the prompt tokens.
        limits: how much a lane remembers when it is served.
        capacity: tokens of a slot when it is served.
    """

    prompt: PromptTokens
    limits: ContextLimits
    capacity: int
    _supervised: dict[int, tuple[int, ...]] = field(default_factory=dict, init=False)
    _first: int = field(default=0, init=False)

    def sequences(
        self,
        turns: Sequence[LabeledTurn],
        frames: Sequence[RecordedFrame],
        history: Sequence[State] = (),
    ) -> Iterator[TrainingSequence]:
        """The sequences of a lane.

        Args:
            turns: from the instruction on; later instructions are ignored.
            frames: one per turn, numbered like the turns.
            history: the states that the dialogue holds, where they differ from those due; only
                Silence and Standby may be exchanged.

        Raises:
            BackboneError: the instruction and a frame do not fit into a slot.
        """
        backbone = RecordingBackbone(self.prompt, self.capacity)
        dialogue = Dialogue(backbone, WindowPolicy(), turns[0].instruction, self.limits)
        self._supervised, self._first = {}, 0
        grid = frames[0].grid
        for number, (turn, frame) in enumerate(zip(turns, frames, strict=True)):
            pending, backbone.evicted = dialogue.pending, None
            if frame.grid != grid:
                dialogue.forget_frames()
                grid = frame.grid
            request = dialogue.request(_tick(turn, number), frame)
            if backbone.evicted is not None and self._supervised:
                yield self._sequence([*backbone.evicted, *pending])
                self._supervised, self._first = {}, number
            backbone.extend([request])
            state = history[number] if history else turn.state
            origin = turn.start - dialogue.interval(_tick(turn, number))[0]
            self._reply(backbone, dialogue, answer_from(turn, origin), state)
        yield self._sequence([*backbone.row, *dialogue.pending])

    def _reply(
        self, backbone: RecordingBackbone, dialogue: Dialogue, turn: LabeledTurn, state: State
    ) -> None:
        """Commit a state, say the answer, and note what is supervised."""
        state = turn.state if State.RESPONSE in (turn.state, state) else state
        self._supervised[len(backbone.row)] = reply_labels(self.prompt, turn, state)
        dialogue.commit(state)
        if state is not State.RESPONSE:
            return
        for token in self.prompt.tokenizer.plain(f' {turn.text}'):
            backbone.decode([dialogue.decode_request()], Sampling())
            dialogue.on_token(token)
        backbone.decode([dialogue.decode_request()], Sampling())
        dialogue.finish()

    def _sequence(self, row: Sequence[RowItem]) -> TrainingSequence:
        labels = [IGNORED] * len(row)
        for start, reply in self._supervised.items():
            labels[start : start + len(reply)] = reply
        items: list[RowItem] = []
        kept: list[int] = []
        decisions: list[int] = []
        for place, (item, label) in enumerate(zip(row, labels, strict=True)):
            if place in self._supervised:
                decisions.append(len(items))
            if not items or item is not items[-1] or not isinstance(item, RecordedFrame):
                items.append(item)
                kept.append(label)
        return TrainingSequence(tuple(items), tuple(kept), self._first, tuple(decisions))


def _tick(turn: LabeledTurn, number: int) -> Tick:
    return Tick(STREAM_START + round(turn.start * SECOND), turn.start, turn.end, number, 1)
