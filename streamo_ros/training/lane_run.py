# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a lane appended, evicted and was asked, cut into training sequences."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from streamo_ros.training.recorder import Eviction
from streamo_ros.training.recorder import RecordedFrame
from streamo_ros.training.recorder import RowItem
from streamo_ros.training.sequence import IGNORED
from streamo_ros.training.sequence import Segment
from streamo_ros.training.sequence import TrainingSequence


@dataclass(frozen=True)
class LaneReply:
    """What is supervised in a reply.

    Attributes:
        number: its turn.
        labels: from its first token on.
    """

    number: int
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Stretch:
    """What is appended between two evictions.

    Attributes:
        start: its first token, counted from the start of the run.
        stop: the token after its last one.
        held: earlier tokens that are still in the window.
        tail: tokens that are decided in it but not appended; when the next stretch starts with
            them, they are appended there.
    """

    start: int
    stop: int
    held: tuple[int, ...]
    tail: tuple[int, ...]


@dataclass
class LaneRun:
    """A lane from its start, or from where it was computed anew, to where it is again.

    Attributes:
        max_tokens: see `ServedLane`.
        replies: what is supervised, by the place of its first token.
        evictions: of the run, each with the tokens that had been decided but not appended.
    """

    max_tokens: int
    replies: dict[int, LaneReply] = field(default_factory=dict)
    evictions: list[tuple[Eviction, tuple[int, ...]]] = field(default_factory=list)

    def evict(self, eviction: Eviction, pending: tuple[int, ...], carried: bool) -> None:
        """Note an eviction.

        Args:
            eviction: what is left.
            pending: tokens that were decided but not appended.
            carried: whether they are appended afterwards; else their turn has been evicted, and
                only what the model decided next can be supervised.
        """
        self.evictions.append((eviction, pending))
        last = max((place for place in self.replies if place <= eviction.at), default=None)
        if last is not None and not carried:
            reply = self.replies[last]
            labels = reply.labels[: eviction.at - last + 1]
            self.replies[last] = LaneReply(reply.number, labels)

    def sequences(
        self, appended: Sequence[RowItem], pending: tuple[int, ...]
    ) -> Iterator[TrainingSequence]:
        """The sequences of the run.

        Args:
            appended: all of its tokens, evicted or not.
            pending: those that were decided at its end but not appended.
        """
        chain: list[Stretch] = []
        for stretch in self._stretches(len(appended), pending):
            tokens = _tokens([*chain, stretch])
            if chain and self.max_tokens and tokens > self.max_tokens:
                yield from self._sequence(chain, appended)
                chain = []
            chain.append(stretch)
        yield from self._sequence(chain, appended)

    def _stretches(self, length: int, pending: tuple[int, ...]) -> Iterator[Stretch]:
        start, held = 0, tuple[int, ...]()
        for eviction, tail in self.evictions:
            yield Stretch(start, eviction.at, held, tail)
            start, held = eviction.at, eviction.held
        yield Stretch(start, length, held, pending)

    def _sequence(
        self, chain: Sequence[Stretch], appended: Sequence[RowItem]
    ) -> Iterator[TrainingSequence]:
        """The sequence of consecutive stretches, if anything in it is supervised."""
        first, last = chain[0], chain[-1]
        replies = {
            place: reply
            for place, reply in self.replies.items()
            if place <= last.stop and (place > first.start or not first.start)
        }
        if not replies:
            return
        row = [*(appended[place] for place in first.held), *appended[first.start : last.stop]]
        row += last.tail
        moved = len(first.held) - first.start
        local = {place: k for k, place in enumerate(first.held)}
        labels = [IGNORED] * len(row)
        for place, reply in replies.items():
            labels[place + moved : place + moved + len(reply.labels)] = reply.labels
        segments = [Segment(0, first.stop + moved)]
        for stretch in chain[1:]:
            held = tuple(local.get(place, place + moved) for place in stretch.held)
            segments.append(Segment(stretch.start + moved, stretch.stop + moved, held))
        segments[-1] = replace(segments[-1], stop=len(row))
        numbers = min(reply.number for reply in replies.values())
        decisions = [place + moved for place in replies]
        yield _joined(row, labels, numbers, decisions, segments if len(chain) > 1 else [])


def _tokens(chain: Sequence[Stretch]) -> int:
    """Tokens of the sequence of consecutive stretches."""
    first, last = chain[0], chain[-1]
    return len(first.held) + last.stop - first.start + len(last.tail)


def _joined(
    row: Sequence[RowItem],
    labels: Sequence[int],
    first: int,
    decisions: Sequence[int],
    segments: Sequence[Segment],
) -> TrainingSequence:
    """The sequence of a row with an item for each token: each frame becomes one item."""
    items: list[RowItem] = []
    kept: list[int] = []
    item_of: list[int] = []
    for item, label in zip(row, labels, strict=True):
        if not items or item is not items[-1] or not isinstance(item, RecordedFrame):
            items.append(item)
            kept.append(label)
        item_of.append(len(items) - 1)
    item_of.append(len(items))
    joined = [
        Segment(
            item_of[segment.start],
            item_of[segment.stop],
            tuple(dict.fromkeys(item_of[place] for place in segment.held)),
        )
        for segment in segments
    ]
    places = tuple(item_of[decision] for decision in decisions)
    return TrainingSequence(tuple(items), tuple(kept), first, places, tuple(joined))
