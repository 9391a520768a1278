# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training sequences: token ids with placeholders for frames, and what is supervised in them.

`stream_sequence` writes a dialogue as the paper trains it: one sequence from the first frame of
the video, with its instructions in the middle. That is not how lanes are served; see `served`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.recorder import RecordedFrame
from streamo_ros.training.recorder import RowItem
from streamo_ros.training.train_config import TrainingError

IGNORED = -100


@dataclass(frozen=True)
class Segment:
    """What is appended between two evictions, and what it can see of what was there before.

    Attributes:
        start: its first item.
        stop: the item after its last one.
        held: the earlier items that are still in the window.
    """

    start: int
    stop: int
    held: tuple[int, ...] = ()


@dataclass(frozen=True)
class TrainingSequence:
    """A sequence before its frames are read.

    Attributes:
        items: token ids, and each frame once.
        labels: one per item; `IGNORED` where nothing is supervised.
        first: the first turn whose decision is supervised.
        decisions: the items at which a supervised state is decided.
        segments: its parts between evictions; () = nothing is evicted.
    """

    items: tuple[RowItem, ...]
    labels: tuple[int, ...]
    first: int = 0
    decisions: tuple[int, ...] = ()
    segments: tuple[Segment, ...] = ()

    @property
    def frames(self) -> tuple[int, ...]:
        """Numbers of the frames, in order."""
        return tuple(item.number for item in self.items if isinstance(item, RecordedFrame))

    @property
    def tokens(self) -> int:
        """Tokens, with the frame sizes as recorded."""
        return sum(item.tokens if isinstance(item, RecordedFrame) else 1 for item in self.items)

    def expand(self, counts: Sequence[int], image_token: int) -> tuple[list[int], list[int]]:
        """Ids and labels with a placeholder for each vision token.

        Args:
            counts: vision tokens of each frame.
            image_token: id of the placeholder.
        """
        ids: list[int] = []
        labels: list[int] = []
        sizes = iter(counts)
        for item, label in zip(self.items, self.labels, strict=True):
            count = next(sizes) if isinstance(item, RecordedFrame) else 1
            ids += [image_token if isinstance(item, RecordedFrame) else item] * count
            labels += [label] * count
        return ids, labels

    def decision_places(self, counts: Sequence[int]) -> list[int]:
        """The places of the decisions once it is expanded."""
        places = self._places(counts)
        return [places[decision] for decision in self.decisions]

    def expanded_segments(self, counts: Sequence[int]) -> tuple[Segment, ...]:
        """The segments in tokens once it is expanded; () = nothing is evicted."""
        places = self._places(counts)
        return tuple(
            Segment(
                places[segment.start],
                places[segment.stop],
                tuple(
                    token
                    for item in segment.held
                    for token in range(places[item], places[item + 1])
                ),
            )
            for segment in self.segments
        )

    def _places(self, counts: Sequence[int]) -> list[int]:
        """The first token of each item, and of what would come after the last one."""
        sizes, places = iter(counts), [0]
        for item in self.items:
            places.append(places[-1] + (next(sizes) if isinstance(item, RecordedFrame) else 1))
        return places


def reply_labels(
    prompt: PromptTokens, turn: LabeledTurn, said: State | None = None
) -> tuple[int, ...]:
    """What is supervised in a reply: the state, the answer, and the end of the turn.

    Args:
        prompt: the prompt tokens.
        turn: with the decision due.
        said: the state that the sequence holds instead; then its first token alone is corrected.

    Raises:
        TrainingError: the chat format does not end a turn with its stop token.
    """
    if prompt.close[:1] != (prompt.stop,):
        raise TrainingError('the chat format does not end a turn with its stop token')
    due = prompt.replies[turn.state]
    if said is not None and said is not turn.state:
        rest = len(prompt.replies[said]) - 1
        return (due[0], *[IGNORED] * rest, prompt.stop)
    text = prompt.tokenizer.plain(f' {turn.text}') if turn.state is State.RESPONSE else ()
    return (*due, *text, prompt.stop)


def stream_sequence(
    prompt: PromptTokens, turns: Sequence[LabeledTurn], frames: Sequence[RecordedFrame]
) -> TrainingSequence:
    """The paper's layout: all turns in one sequence, instructions where they are given.

    Args:
        prompt: the prompt tokens.
        turns: at least one.
        frames: one per turn.
    """
    items: list[RowItem] = [*opening(prompt, turns[0].instruction)]
    labels = [IGNORED] * len(items)
    decisions = []
    for number, (turn, frame) in enumerate(zip(turns, frames, strict=True)):
        prefix = prompt.turn_prefix if number else ()
        if number and turn.instruction:
            prefix += prompt.tokenizer.plain(turn.instruction + '\n')
        before = len(items)
        for piece in prompt.turn((prefix + prompt.tag(turn.start, turn.end), ()), (frame,)):
            items += piece if isinstance(piece, tuple) else [piece]
        reply = reply_labels(prompt, turn)
        decisions.append(len(items))
        labels += [IGNORED] * (len(items) - before) + [*reply, *[IGNORED] * len(prompt.close[1:])]
        items += [*reply, *prompt.close[1:]]
    return TrainingSequence(tuple(items), tuple(labels), 0, tuple(decisions))


def opening(prompt: PromptTokens, instruction: str) -> tuple[int, ...]:
    """The tokens before the first tag: the lane's sink, or less the instruction line if empty."""
    sink = prompt.sink(instruction)
    return sink if instruction else sink[: len(sink) - len(prompt.tokenizer.plain('\n'))]


def window(turns: Sequence[LabeledTurn], start: int, stop: int) -> list[LabeledTurn]:
    """Turns [start, stop); the first one carries the instruction active at that point."""
    first = turns[start]
    given = [turn.instruction for turn in turns[: start + 1] if turn.instruction]
    if given and not first.instruction:
        first = replace(first, instruction=given[-1])
    return [first, *turns[start + 1 : stop]]


@dataclass(frozen=True)
class TokenCount:
    """Counts the tokens of turns without building them.

    Attributes:
        prompt: the prompt tokens.
        frame: vision tokens of the largest frame.
    """

    prompt: PromptTokens
    frame: int

    def opening(self, instruction: str) -> int:
        """Number of tokens before the first tag."""
        return len(opening(self.prompt, instruction))

    def turn(self, turn: LabeledTurn) -> int:
        """Upper bound on the tokens of a turn, including its prefix but not its instruction."""
        prompt = self.prompt
        text = len(prompt.turn_prefix) + len(prompt.reply_prompt) + len(prompt.close) - 1
        tag = _tag_tokens(prompt, turn.start, turn.end)
        return text + tag + prompt.frame_tokens(self.frame) + len(reply_labels(prompt, turn))


@lru_cache(maxsize=65536)
def _tag_tokens(prompt: PromptTokens, start: Fraction, end: Fraction) -> int:
    return len(prompt.tag(start, end))
