# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The past in words, in tiers: the last chunk raw, a few summaries, many blocks of summaries.

Every text is made of rows and pictures, never of another text, so that no error is summarized
again. A text changes only where a chunk ends. A template writes them, which never invents, leaves
out what there is no room for and says how much; where a model has written about a time, its words
stand there instead, and the template tells what it could not know yet.

Source of the tiers and their counts: 'Harnessing Streaming Video in the Wild', arXiv 2606.08615
(200 s raw; 5 summaries of a chunk; 42 blocks of 5; 43,200 s in all).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo

from streamo_ros.core.frame import SECOND
from streamo_ros.memory.clock_times import CaptureClock
from streamo_ros.memory.reader import Span
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.record import Fact
from streamo_ros.memory.record import SummaryRecord

_MOST_CHARACTERS = 240


@dataclass(frozen=True)
class TierCounts:
    """How much of the past each tier covers.

    Attributes:
        chunk: seconds of a chunk.
        mid: summaries of one chunk each.
        long: blocks of `mid` chunks each.
        by_model: tell what a model wrote where it has; otherwise the template alone.
    """

    chunk: float = 200.0
    mid: int = 5
    long: int = 42
    by_model: bool = True

    @property
    def length(self) -> int:
        """A chunk, nanoseconds."""
        return int(self.chunk * SECOND)


@dataclass(frozen=True)
class ChunkSummary:
    """One text.

    Attributes:
        start: capture time, nanoseconds.
        end: the same; not included.
        text: one line.
    """

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Tiers:
    """The past in words, oldest first."""

    long: tuple[ChunkSummary, ...]
    mid: tuple[ChunkSummary, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """All texts, the oldest first."""
        return tuple(entry.text for entry in (*self.long, *self.mid))


def read_tiers(
    reader: StoreReader, now: int, zone: tzinfo, counts: TierCounts | None = None
) -> Tiers:
    """The texts as of a capture time.

    Args:
        reader: the store.
        now: capture time, nanoseconds; the chunk that it lies in is still raw.
        zone: whose times of day are written.
        counts: see `TierCounts`.
    """
    counts = counts or TierCounts()
    first, last = reader.span()
    if not last:
        return Tiers((), ())
    clock = CaptureClock(now, zone, first)
    # Multiples of a chunk since the clock's zero: whatever comes or leaves, none of them moves.
    chunk, block = counts.length, counts.mid * counts.length
    whole = now // chunk
    blocks = whole // counts.mid - 1
    mids = range(max(blocks * counts.mid, first // chunk), whole)
    longs = range(max(blocks - counts.long, first // block), blocks)
    written = _written(reader, (longs.start * block, now), counts)

    def texts(numbers: range, length: int) -> tuple[ChunkSummary, ...]:
        limits = [(number * length, (number + 1) * length) for number in numbers]
        return tuple(filter(None, (_summary(reader, clock, one, written) for one in limits)))

    return Tiers(texts(longs, block), texts(mids, chunk))


def said_in(reader: StoreReader, clock: CaptureClock, span: Span, after: int = 0) -> list[str]:
    """What was answered in a time, a part each, in the order of time.

    Args:
        reader: the store.
        clock: says stamps in words.
        span: when.
        after: row of an answer; only those that were written later. 0 = all.
    """
    # An event belongs to the time in which it ends: it is told once.
    facts = [fact for fact in reader.answers(span, after=after) if fact.end <= span[1]]
    return [f'{clock.say(fact.end)} {" ".join(fact.text.split())}' for fact in facts]


def seen_in(facts: list[Fact]) -> Iterator[str]:
    """What was recognized, in one part; none where nothing was."""
    counts = Counter(fact.text for fact in facts)
    if counts:
        yield 'seen: ' + ', '.join(
            kind if times == 1 else f'{kind} {times} times' for kind, times in counts.items()
        )


def _written(
    reader: StoreReader, span: Span, counts: TierCounts
) -> dict[tuple[int, int], SummaryRecord]:
    """What a model wrote, by start and stop."""
    if not counts.by_model:
        return {}
    return {(one.start, one.stop): one for one in reader.summaries(span) if one.text}


def _summary(
    reader: StoreReader,
    clock: CaptureClock,
    limits: tuple[int, int],
    written: dict[tuple[int, int], SummaryRecord],
) -> ChunkSummary | None:
    """One line about a time; None when nothing happened."""
    start, stop = limits
    own = written.get(limits)
    parts = [own.text] if own else []
    parts += said_in(reader, clock, (start, stop - 1), own.answer if own else 0)
    seen = reader.sightings((own.covered if own else start, stop - 1))
    parts += seen_in([fact for fact in seen if not own or fact.start >= own.covered])
    if not parts:
        return None
    text = f'{clock.say(max(start, clock.zero))}: ' + '; '.join(_fitting(parts))
    return ChunkSummary(start, stop, text)


def _fitting(parts: list[str]) -> Iterator[str]:
    room = _MOST_CHARACTERS
    for number, part in enumerate(parts):
        room -= len(part)
        if room < 0 and number:
            yield f'and {len(parts) - number} more'
            return
        yield part
