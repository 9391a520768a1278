# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The past in words, in tiers: the last chunk raw, a few summaries, many blocks of summaries.

Every text is made of rows, never of another text, so that no error is summarized again. A text
changes only where a chunk ends. Here a template writes them; it never invents, and it leaves out
what there is no room for and says how much.

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
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.record import Fact

_MOST_CHARACTERS = 240


@dataclass(frozen=True)
class TierCounts:
    """How much of the past each tier covers.

    Attributes:
        chunk: seconds of a chunk.
        mid: summaries of one chunk each.
        long: blocks of `mid` chunks each.
    """

    chunk: float = 200.0
    mid: int = 5
    long: int = 42


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
    first, _ = reader.span()
    clock = CaptureClock(now, zone, first)
    chunk = int(counts.chunk * SECOND)
    # On a grid that does not move with now: first in, first out, and nothing in between changes.
    whole = max(0, (now - first) // chunk)
    blocks = max(0, whole - counts.mid) // counts.mid
    mid = [
        summary
        for number in range(blocks * counts.mid, whole)
        if (summary := _summary(reader, clock, first + number * chunk, chunk))
    ]
    long = [
        summary
        for number in range(max(0, blocks - counts.long), blocks)
        if (
            summary := _summary(
                reader, clock, first + number * counts.mid * chunk, counts.mid * chunk
            )
        )
    ]
    return Tiers(tuple(long), tuple(mid))


def _summary(
    reader: StoreReader, clock: CaptureClock, start: int, length: int
) -> ChunkSummary | None:
    """One line about a time; None when nothing happened."""
    span = start, start + length - 1
    # An event belongs to the chunk in which it ends: it is told once.
    facts = [fact for fact in reader.answers(span) if fact.end <= span[1]]
    parts = [f'{clock.say(fact.end)} {" ".join(fact.text.split())}' for fact in facts]
    parts += _seen(reader.sightings(span))
    if not parts:
        return None
    text = f'{clock.say(start)}: ' + '; '.join(_fitting(parts))
    return ChunkSummary(start, start + length, text)


def _seen(facts: list[Fact]) -> Iterator[str]:
    counts = Counter(fact.text for fact in facts)
    if counts:
        yield 'seen: ' + ', '.join(
            kind if times == 1 else f'{kind} {times} times' for kind, times in counts.items()
        )


def _fitting(parts: list[str]) -> Iterator[str]:
    room = _MOST_CHARACTERS
    for number, part in enumerate(parts):
        room -= len(part)
        if room < 0 and number:
            yield f'and {len(parts) - number} more'
            return
        yield part
