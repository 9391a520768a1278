# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The slots of STRIDE: seconds up to now, each of which is found to be in the event or not.

Slots are decided in a few passes, the surest first; those of an earlier look are kept while the
model still agrees. A run of active slots is a segment, which is complete once the last second is
outside of it. Knows no model.

Source: 'STRIDE', arXiv 2603.27593, and its released runtime, with which a test compares labels and
probabilities. Here every question waits for any number of events.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

INACTIVE, ACTIVE, MASKED = 0, 1, 2
Labels = NDArray[np.int64]
Denoise = Callable[[Labels], NDArray[np.float32]]
"""Of each slot's label, the probability that it is active, shape (slots,)."""
_SEEN_SLACK = 0.1
"""Seconds by which a slot may end before the first frame and still count as seen."""


@dataclass(frozen=True)
class SlotSettings:
    """Of a checkpoint and of the runtime.

    Attributes:
        past: slots up to the last frame.
        future: slots after it.
        resolution: seconds of a slot.
        steps: passes in which all slots are decided.
        confidence: from which an earlier decision is kept.
        margin: seconds before the last frame that are outside of a complete segment.
        most: times that one look may look again because a segment became complete.
    """

    past: int
    future: int = 0
    resolution: float = 1.0
    steps: int = 8
    confidence: float = 0.75
    margin: float = 1.0
    most: int = 50


@dataclass(frozen=True)
class EventSegment:
    """An event, in seconds of the stream."""

    start: float
    end: float


@dataclass(frozen=True)
class SlotOutcome:
    """What a look found.

    Attributes:
        completed: segments that have become complete.
        newest: probability that the newest slot of the past is active, of the last pass.
        labels: of all slots.
    """

    completed: tuple[EventSegment, ...]
    newest: float
    labels: Labels


@dataclass
class SlotMemory:
    """What one question remembers between two looks; bounded by the number of slots.

    Args:
        settings: see `SlotSettings`.
        random: chooses among the surest slots.
    """

    settings: SlotSettings
    random: np.random.RandomState
    _history: dict[float, int] = field(default_factory=dict)
    _open: EventSegment | None = None
    _done: float = float('-inf')
    _newest: float = 0.0

    def look(self, last: float, offset: float, denoise: Denoise) -> SlotOutcome:
        """Decide the slots anew after frames were added.

        Args:
            last: time of the last frame, since the first one in the window.
            offset: time of the first frame in the window.
            denoise: asks the model.
        """
        completed: list[EventSegment] = []
        for again in range(self.settings.most + 1):
            if again:
                self._history.clear()
            starts = self._starts(last)
            labels, seen = self._decide(starts, offset, denoise)
            span = _span(labels, starts + offset, starts + self.settings.resolution + offset)
            first_seen = float((starts + offset)[seen][0]) if seen.any() else 0.0
            new = self._follow(span, first_seen, last + offset)
            completed += new
            if not new:
                break
        return SlotOutcome(tuple(completed), self._newest, labels)

    def _starts(self, last: float) -> NDArray[np.float64]:
        own = self.settings
        total = own.past + own.future
        begin = last - own.past * own.resolution
        return np.asarray(begin + np.arange(total) * own.resolution, np.float64)

    def _decide(
        self, starts: NDArray[np.float64], offset: float, denoise: Denoise
    ) -> tuple[Labels, NDArray[np.bool_]]:
        """The labels of all slots, and which of them are not before the first frame."""
        own = self.settings
        ends = starts + own.resolution
        seen = ~(ends + _SEEN_SLACK < 0)
        labels = np.full(len(starts), MASKED, np.int64)
        labels[ends + offset <= self._done] = INACTIVE
        labels[~seen] = INACTIVE
        if self._history:
            self._retain(labels, starts + offset, ends + offset, seen, denoise)
        count = int(seen.sum())
        if ((labels == MASKED) & seen).any():
            base, rest = divmod(count, own.steps)
            for step in range(own.steps):
                masked = int((labels[-count:] == MASKED).sum())
                wanted = min(base + (step < rest), masked)
                if wanted:
                    chances = self._ask(labels, denoise)
                    self._unmask(labels[-count:], chances[-count:], wanted)
        labels[~seen] = INACTIVE
        kept = zip((starts + offset)[seen].tolist(), labels[seen].tolist(), strict=True)
        self._history = dict(kept)
        return labels, seen

    def _retain(
        self,
        labels: Labels,
        starts: NDArray[np.float64],
        ends: NDArray[np.float64],
        seen: NDArray[np.bool_],
        denoise: Denoise,
    ) -> None:
        """Keep what was decided of the same seconds, where that is still likely."""
        chances = self._ask(labels, denoise)
        for slot in np.flatnonzero(seen):
            before = {
                label
                for time, label in self._history.items()
                if starts[slot] < time + self.settings.resolution and time < ends[slot]
            }
            if len(before) == 1:
                (label,) = before
                if abs(chances[slot] - label) < 1 - self.settings.confidence:
                    labels[slot] = label

    def _ask(self, labels: Labels, denoise: Denoise) -> NDArray[np.float32]:
        chances = denoise(labels)
        self._newest = float(chances[self.settings.past - 1])
        return chances

    def _unmask(self, labels: Labels, chances: NDArray[np.float32], count: int) -> None:
        """Decide so many of the masked slots, drawn from twice as many of the surest."""
        places = np.flatnonzero(labels == MASKED)
        own = chances[places]
        sure = np.maximum(own, 1 - own)
        pool = min(2 * count, len(places))
        candidates = np.argpartition(sure, -pool)[-pool:]
        chosen = self.random.choice(candidates, count, replace=False)
        labels[places[chosen]] = own[chosen] > 0.5

    def _follow(
        self, span: EventSegment | None, first_seen: float, now: float
    ) -> list[EventSegment]:
        """Follow the segments; those that have become complete."""
        completed = []
        before, self._open = self._open, None
        if before is not None:
            if span is not None and span.start <= before.end:
                span = replace(span, start=min(span.start, before.start))
            elif before.end < first_seen:
                # It has left the window as it was.
                completed.append(before)
        if span is not None:
            if span.end < now - self.settings.margin:
                completed.append(span)
            else:
                self._open = span
        self._done = max([self._done, *(segment.end for segment in completed)])
        return completed


def _span(
    labels: Labels, starts: NDArray[np.float64], ends: NDArray[np.float64]
) -> EventSegment | None:
    """From the first to the last active slot."""
    active = np.flatnonzero(labels == ACTIVE)
    if not len(active):
        return None
    return EventSegment(float(starts[active[0]]), float(ends[active[-1]]))
