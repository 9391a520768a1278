# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training sequences exactly as they are served: the labels, forced through the serving dialogue.

A lane is one instruction and the frames from it on. Its tags count from its first frame, old
frames are evicted while their answers stay, and tags restart after `max_time`, because
`core.dialogue.Dialogue` itself does it. Every decision is supervised exactly once, in the context
in which it is made.

An eviction takes tokens away, but what stays was computed while they were there. So a sequence
goes on across evictions, in segments: each sees what is left of those before it, see
`segment_attention`. A sequence ends where the lane is computed anew (its tags restart, the image
size changes), and where it would be longer than `max_tokens`. The next one then starts with what
is left in the window.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.eviction.sliding_window import WindowPolicy
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import Sampling
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.training.labeled_dialogue import answer_from
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.lane_run import LaneReply
from streamo_ros.training.lane_run import LaneRun
from streamo_ros.training.recorder import RecordedFrame
from streamo_ros.training.recorder import RecordingBackbone
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
        max_tokens: a sequence ends at the last eviction before it has more; 0 = it never does.
    """

    prompt: PromptTokens
    limits: ContextLimits
    capacity: int
    max_tokens: int = 0

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
        run = LaneRun(self.max_tokens)
        grid = frames[0].grid
        for number, (turn, frame) in enumerate(zip(turns, frames, strict=True)):
            pending, backbone.emptied = dialogue.pending, None
            if frame.grid != grid:
                dialogue.forget_frames()
                grid = frame.grid
            request = dialogue.request(_tick(turn, number), frame)
            if backbone.emptied is not None and run.replies:
                yield from run.sequences(backbone.emptied, pending)
                run = LaneRun(self.max_tokens)
            carried = bool(pending) and request.pieces[0] == pending
            for eviction in backbone.evictions[len(run.evictions) :]:
                run.evict(eviction, pending, carried)
            backbone.extend([request])
            state = history[number] if history else turn.state
            origin = turn.start - dialogue.interval(_tick(turn, number))[0]
            answer = answer_from(turn, origin)
            state = _held_state(answer, state)
            labels = reply_labels(self.prompt, answer, state)
            run.replies[len(backbone.appended)] = LaneReply(number, labels)
            self._say(backbone, dialogue, answer, state)
        yield from run.sequences(backbone.appended, dialogue.pending)

    def _say(
        self, backbone: RecordingBackbone, dialogue: Dialogue, turn: LabeledTurn, state: State
    ) -> None:
        """Commit a state, and say the answer."""
        dialogue.commit(state)
        if state is not State.RESPONSE:
            return
        for token in self.prompt.tokenizer.plain(f' {turn.text}'):
            backbone.decode([dialogue.decode_request()], Sampling())
            dialogue.on_tokens((token,))
        backbone.decode([dialogue.decode_request()], Sampling())
        dialogue.finish()


def _held_state(turn: LabeledTurn, state: State) -> State:
    """The state that the dialogue holds; a Response is never exchanged."""
    return turn.state if State.RESPONSE in (turn.state, state) else state


def _tick(turn: LabeledTurn, number: int) -> Tick:
    return Tick(STREAM_START + round(turn.start * SECOND), turn.start, turn.end, number, 1)
