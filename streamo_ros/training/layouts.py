# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a labeled dialogue becomes training sequences; each layout is chosen by name.

'served' is what the node shows a model: one lane per instruction, see `served`. 'stream' is the
paper's: the whole video in one sequence, tags counted from its first frame, instructions in the
middle; dialogues that are too long are dropped. 'stream_windows' cuts those into consecutive
windows instead. Models trained on the last two meet a form in service that they never saw.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.labeled_dialogue import lane_spans
from streamo_ros.training.recorder import RecordedFrame
from streamo_ros.training.sequence import stream_sequence
from streamo_ros.training.sequence import TokenCount
from streamo_ros.training.sequence import TrainingSequence
from streamo_ros.training.sequence import window
from streamo_ros.training.served import ServedLane


@dataclass(frozen=True)
class Cut:
    """One sequence of a span.

    Attributes:
        first: its first supervised turn, counted from the start of the span.
        stop: the turn after its last one.
        tokens: upper bound on its tokens.
    """

    first: int
    stop: int
    tokens: int


class Layout(Protocol):
    """See the module."""

    def spans(self, turns: Sequence[LabeledTurn]) -> list[tuple[int, int]]:
        """Turns [start, stop) of a dialogue that belong together."""

    def cuts(self, turns: Sequence[LabeledTurn], frames: Sequence[RecordedFrame]) -> Iterator[Cut]:
        """The sequences of one span."""

    def sequence(
        self,
        turns: Sequence[LabeledTurn],
        frames: Sequence[RecordedFrame],
        cut: Cut,
        history: Sequence[State] = (),
    ) -> TrainingSequence:
        """One of these sequences; see `ServedLane.sequences` for `history`."""


@dataclass(frozen=True)
class ServedLayout:
    """Lanes as they are served.

    Attributes:
        prompt: the prompt tokens.
        limits: how much a lane remembers.
        capacity: tokens of a slot.
        frame_tokens: vision tokens of the largest frame.
        max_tokens: see `ServedLane`.
    """

    prompt: PromptTokens
    limits: ContextLimits
    capacity: int
    frame_tokens: int
    max_tokens: int = 0

    def spans(self, turns: Sequence[LabeledTurn]) -> list[tuple[int, int]]:
        """From each instruction to the next."""
        return lane_spans(turns)

    def cuts(self, turns: Sequence[LabeledTurn], frames: Sequence[RecordedFrame]) -> Iterator[Cut]:
        """One sequence per restart of the tags, or more where `max_tokens` asks for it."""
        count = TokenCount(self.prompt, self.frame_tokens)
        tokens = count.opening(turns[0].instruction) + sum(map(count.turn, turns))
        if self._fits(turns, frames, tokens):
            yield Cut(0, len(turns), tokens)
            return
        sequences = list(self._lane().sequences(turns, frames))
        stops = [*(sequence.first for sequence in sequences[1:]), len(turns)]
        for sequence, stop in zip(sequences, stops, strict=True):
            yield Cut(sequence.first, stop, sequence.tokens)

    def sequence(
        self,
        turns: Sequence[LabeledTurn],
        frames: Sequence[RecordedFrame],
        cut: Cut,
        history: Sequence[State] = (),
    ) -> TrainingSequence:
        """The lane is replayed up to the sequence."""
        sequences = self._lane().sequences(turns[: cut.stop], frames[: cut.stop], history)
        *_, last = sequences
        return last

    def _lane(self) -> ServedLane:
        return ServedLane(self.prompt, self.limits, self.capacity, self.max_tokens)

    def _fits(
        self, turns: Sequence[LabeledTurn], frames: Sequence[RecordedFrame], tokens: int
    ) -> bool:
        """Whether a lane certainly ends before anything is evicted."""
        limits = self.limits
        spare = limits.max_new_tokens + self.prompt.longest_turn(self.frame_tokens)
        seconds = turns[-1].start - turns[0].start
        return (
            len(turns) <= limits.max_frames
            and tokens + spare <= self.capacity
            and (not limits.max_time or seconds < limits.max_time)
            and len({frame.grid for frame in frames}) == 1
        )


def whole_span(turns: Sequence[LabeledTurn]) -> list[tuple[int, int]]:
    """All turns of a dialogue, if it has an instruction."""
    return [(0, len(turns))] if any(turn.instruction for turn in turns) else []


@dataclass(frozen=True)
class StreamLayout:
    """The paper's layout.

    Attributes:
        prompt: the prompt tokens.
        frame_tokens: vision tokens of the largest frame.
        max_tokens: tokens of a window; 0 = no windows.
    """

    prompt: PromptTokens
    frame_tokens: int
    max_tokens: int = 0

    def spans(self, turns: Sequence[LabeledTurn]) -> list[tuple[int, int]]:
        """The whole dialogue, if it has an instruction."""
        return whole_span(turns)

    def cuts(self, turns: Sequence[LabeledTurn], frames: Sequence[RecordedFrame]) -> Iterator[Cut]:
        """As few consecutive windows as `max_tokens` allows."""
        del frames
        count = TokenCount(self.prompt, self.frame_tokens)
        active, start = '', 0
        used = count.opening(turns[0].instruction)
        for number, turn in enumerate(turns):
            need = count.turn(turn)
            if number > start and turn.instruction:
                need += count.opening(turn.instruction) - count.opening('')
            if number > start and self.max_tokens and used + need > self.max_tokens:
                yield Cut(start, number, used)
                start, used = number, count.opening(turn.instruction or active)
                need = count.turn(turn)
            active = turn.instruction or active
            used += need
        yield Cut(start, len(turns), used)

    def sequence(
        self,
        turns: Sequence[LabeledTurn],
        frames: Sequence[RecordedFrame],
        cut: Cut,
        history: Sequence[State] = (),
    ) -> TrainingSequence:
        """The turns of the window, with the instruction active at its start."""
        del history
        cut_turns = window(turns, cut.first, cut.stop)
        return stream_sequence(self.prompt, cut_turns, frames[cut.first : cut.stop])
