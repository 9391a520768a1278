# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finds thresholds for a wanted rate of false alarms from stored probabilities, without a model.

What would have been said with another threshold is approximate: the stored run's own answers stay
in the model's history. Neighboring frames above the threshold count as one answer, because the
node does not repeat itself while an event lasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from streamo_ros.evaluation.recordings.card import Limits
from streamo_ros.evaluation.recordings.card import score_track
from streamo_ros.evaluation.recordings.card import Verdict
from streamo_ros.evaluation.recordings.truth import Truth
from streamo_ros.evaluation.recordings.watched import WatchedTrack

COOLDOWNS = (0.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Seconds that are tried."""
THRESHOLDS = 60
"""Most thresholds that are tried, spread over the probabilities that occurred."""
_CAUGHT, _ALARMS, _REPEATED = range(3)


@dataclass(frozen=True)
class Sample:
    """One instruction in one recording.

    Attributes:
        group: samples of one group are held out together.
    """

    group: str
    truth: Truth
    track: WatchedTrack


@dataclass(frozen=True)
class Point:
    """What a threshold and a cooldown amount to.

    Attributes:
        response: `thresholds.response`.
        cooldown: seconds after an answer in which there is no other.
        caught: events answered in time.
        events: all of them.
        alarms: false alarms.
        duplicates: further answers while an event lasts.
        hours: length of what was watched, each instruction for itself.
    """

    response: float
    cooldown: float
    caught: int
    events: int
    alarms: int
    duplicates: int
    hours: float

    @property
    def missed_share(self) -> float:
        """Share of the events that were not answered in time."""
        return 1 - self.caught / self.events if self.events else 0.0

    @property
    def alarms_per_hour(self) -> float:
        """False alarms an hour."""
        return self.alarms / self.hours if self.hours else 0.0


class Trials:
    """Every threshold and every cooldown, tried on every sample.

    Args:
        samples: at least one.
        limits: what counts as in time.
    """

    def __init__(self, samples: Sequence[Sample], limits: Limits) -> None:
        self.samples = list(samples)
        self.thresholds = _candidates(samples)
        shape = len(self.samples), len(self.thresholds), len(COOLDOWNS), 3
        self._counts = np.zeros(shape, np.int64)
        self._events = np.zeros(len(self.samples), np.int64)
        self._hours = np.zeros(len(self.samples))
        for number, sample in enumerate(self.samples):
            self._try(number, sample, limits)

    def curve(self, chosen: Sequence[int] | None = None) -> list[Point]:
        """For each rate of false alarms the fewest misses: points that no other beats in both."""
        best: list[Point] = []
        points = sorted(
            self.points(chosen), key=lambda one: (one.alarms, -one.caught, one.duplicates)
        )
        for point in points:
            if not best or point.caught > best[-1].caught:
                best.append(point)
        return best

    def points(self, chosen: Sequence[int] | None = None) -> list[Point]:
        """All trials, on these samples by their numbers; None = on all."""
        rows = list(range(len(self.samples))) if chosen is None else list(chosen)
        counts = self._counts[rows].sum(0)
        return [
            self._point(rows, counts[i, j], i, j)
            for i in range(len(self.thresholds))
            for j in range(len(COOLDOWNS))
        ]

    def best(self, alarms_per_hour: float, chosen: Sequence[int] | None = None) -> Point | None:
        """The trial with the fewest misses at this rate of false alarms or less.

        Among equals: fewer false alarms, fewer duplicates, a shorter cooldown, and of the
        thresholds that then remain the one in the middle. None if no trial is quiet enough.
        """
        quiet = [one for one in self.points(chosen) if one.alarms_per_hour <= alarms_per_hour]
        if not quiet:
            return None

        def rank(point: Point) -> tuple[float, ...]:
            return -point.caught, point.alarms, point.duplicates, point.cooldown

        first = min(map(rank, quiet))
        equal = [point for point in quiet if rank(point) == first]
        return equal[len(equal) // 2]

    def held_out(self, alarms_per_hour: float) -> Point | None:
        """The choice made on all other groups, counted on each group: an honest forecast.

        None where there is but one group, or no trial is quiet enough.
        """
        groups = sorted({sample.group for sample in self.samples})
        parts = []
        for group in groups if len(groups) > 1 else ():
            others = [n for n, one in enumerate(self.samples) if one.group != group]
            own = [n for n, one in enumerate(self.samples) if one.group == group]
            choice = self.best(alarms_per_hour, others)
            if choice is None:
                return None
            i = self.thresholds.index(choice.response)
            j = COOLDOWNS.index(choice.cooldown)
            parts.append(self._point(own, self._counts[own].sum(0)[i, j], i, j))
        if not parts:
            return None
        return Point(
            float(np.mean([part.response for part in parts])),
            float(np.mean([part.cooldown for part in parts])),
            sum(part.caught for part in parts),
            sum(part.events for part in parts),
            sum(part.alarms for part in parts),
            sum(part.duplicates for part in parts),
            sum(part.hours for part in parts),
        )

    def _point(self, rows: Sequence[int], counts: NDArray[np.int64], i: int, j: int) -> Point:
        return Point(
            self.thresholds[i],
            COOLDOWNS[j],
            int(counts[_CAUGHT]),
            int(self._events[rows].sum()),
            int(counts[_ALARMS]),
            int(counts[_REPEATED]),
            float(self._hours[rows].sum()),
        )

    def _try(self, number: int, sample: Sample, limits: Limits) -> None:
        # The stored texts belong to other moments: any answer in time is right.
        events = tuple(replace(event, words=()) for event in sample.truth.events)
        truth = replace(sample.truth, events=events)
        times = np.array([at for at, _ in sample.track.chances])
        chances = np.array([chance[2] for _, chance in sample.track.chances])
        for i, threshold in enumerate(self.thresholds):
            for j, cooldown in enumerate(COOLDOWNS):
                said = [(at, '') for at in answer_times(times, chances, threshold, cooldown)]
                card = score_track(truth, said, sample.track.span, limits)
                caught = sum(one.verdict is Verdict.CAUGHT for one in card.events)
                self._counts[number, i, j] = caught, len(card.false_alarms), len(card.duplicates)
                self._events[number], self._hours[number] = len(card.events), card.hours


def answer_times(
    times: NDArray[np.float64], chances: NDArray[np.float64], threshold: float, cooldown: float
) -> list[float]:
    """When answers would begin.

    Args:
        times: seconds of the frames, in order.
        chances: probability of Response of each.
        threshold: from which on it is decided.
        cooldown: seconds after an answer in which there is no other.
    """
    above = chances >= threshold
    # A frame below the threshold ends an answer; the others below need not be looked at.
    looked_at = above | np.concatenate(([False], above[:-1]))
    said: list[float] = []
    speaking = False
    for at, high in zip(times[looked_at].tolist(), above[looked_at].tolist(), strict=True):
        free = not said or at >= said[-1] + cooldown
        if high and not speaking and free:
            said.append(at)
        speaking = high and (speaking or free)
    return said


def standby_threshold(samples: Sequence[Sample], response: float) -> float | None:
    """The threshold at which Standby agrees best with the time within events, by F1.

    None where no event lasts: a moment has no Standby.
    """
    values: list[float] = []
    due: list[bool] = []
    for sample in samples:
        spans = [event.span for event in sample.truth.events if event.end > event.start]
        if not spans:
            continue
        for at, (_, standby, respond) in sample.track.chances:
            if respond < response:
                values.append(standby)
                due.append(any(start <= at < end for start, end in spans))
    if not any(due):
        return None
    chances, wanted = np.array(values), np.array(due)

    def f1(threshold: float) -> float:
        found = chances >= threshold
        return float(2 * (found & wanted).sum() / (found.sum() + wanted.sum()))

    return max((round(step / 20, 2) for step in range(1, 20)), key=f1)


def _candidates(samples: Sequence[Sample]) -> list[float]:
    """Thresholds between the probabilities that occurred, at most `THRESHOLDS`."""
    found = {round(chance[2], 4) for sample in samples for _, chance in sample.track.chances}
    values = np.array(sorted(found))
    if len(values) > 1:
        values = (values[1:] + values[:-1]) / 2
    # High probabilities are where answers are told apart; most frames have low ones.
    places = np.unique(np.linspace(0, 1, THRESHOLDS) ** 0.5 * (len(values) - 1)).astype(int)
    return sorted({max(0.0001, round(float(value), 4)) for value in values[places]})
