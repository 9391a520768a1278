# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a model is shown of a time that it is to summarize: rows and kept pictures alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial

from streamo_ros.core.past_frame import PastFrame
from streamo_ros.memory.clock_times import CaptureClock
from streamo_ros.memory.prompt import summary_prompt
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.recall import recall_frames
from streamo_ros.memory.tiers import said_in
from streamo_ros.memory.tiers import seen_in
from streamo_ros.memory.tiers import TierCounts

_FACTS = 64
"""The newest ones are shown, where there are more."""


@dataclass(frozen=True)
class SummaryTask:
    """A time that is to be summarized.

    Attributes:
        start: capture time, nanoseconds.
        stop: the same; not included.
        due: capture time at which it is told first.
        covered: capture time from which on nothing was known.
        answer: row of the newest answer that was known.
        text: what the model is asked.
        frames: what it is shown; () = no picture is left.
    """

    start: int
    stop: int
    due: int
    covered: int
    answer: int
    text: str
    frames: tuple[PastFrame, ...]


class SummaryTasks:
    """Finds what is to be summarized.

    Args:
        reader: the store.
        zone: whose times of day are written.
        counts: what the tiers are.
        pictures: gives how many pictures a model is shown at most.
    """

    def __init__(
        self, reader: StoreReader, zone: tzinfo, counts: TierCounts, pictures: Callable[[], int]
    ) -> None:
        self.counts = counts
        self._reader = reader
        self._zone = zone
        self._pictures = pictures

    def find(self, number: int) -> list[SummaryTask]:
        """What is to be written while a chunk ends: it, and the last whole block if that is not.

        Args:
            number: of the chunk, counted from the clock's zero.

        Raises:
            StoreError: the store cannot be read.
        """
        length, mid = self.counts.length, self.counts.mid
        start = number * length
        tasks = [self._task(start, start + length, start + length)]
        block = mid * length
        first = (number // mid - 1) * block
        if self.counts.long and not self._is_written(first, first + block):
            tasks.append(self._task(first, first + block, first + 2 * block))
        return [task for task in tasks if task is not None]

    def close(self) -> None:
        """Close the reader."""
        self._reader.close()

    def _is_written(self, start: int, stop: int) -> bool:
        return any(one.stop == stop and one.text for one in self._reader.summaries((start, start)))

    def _task(self, start: int, stop: int, due: int) -> SummaryTask | None:
        """A task; None where nothing was watched."""
        reader, span = self._reader, (start, stop - 1)
        newest = reader.newest()
        if newest is None or not reader.has_frames(span):
            return None
        # Read first: what is written meanwhile is known to nobody, and the template tells it.
        answer = reader.newest_answer()
        covered = newest.stamp + 1 if start <= newest.stamp < stop else stop
        clock = CaptureClock(stop, self._zone, reader.span()[0])
        sightings = reader.sightings(span)
        facts = sorted((*reader.answers(span), *sightings), key=lambda fact: fact.end)
        kept = recall_frames(reader, facts[-_FACTS:], span, self._pictures())
        frames = [frame for frame in kept if start <= frame.stamp < stop]
        parts = [*said_in(reader, clock, span), *seen_in(sightings)]
        text = summary_prompt(
            parts, [frame.stamp for frame in frames], (max(start, clock.zero), covered - 1), clock
        )
        load = reader.pictures.image
        return SummaryTask(
            start,
            stop,
            due,
            covered,
            answer,
            text,
            tuple(PastFrame(frame.stamp, partial(load, frame.id)) for frame in frames),
        )
