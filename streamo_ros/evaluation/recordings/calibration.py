# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finds thresholds for a wanted rate of false alarms from stored probabilities, without a model.

What would have been said with another threshold is approximate: the stored run's own answers stay
in the model's history. The rule is that of `core.decision.redecide`; without hysteresis,
neighboring frames above the threshold count as one answer, because the node does not repeat itself
while an event lasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from streamo_ros.evaluation.metrics import Span
from streamo_ros.evaluation.recordings.card import Limits
from streamo_ros.evaluation.recordings.card import score_track
from streamo_ros.evaluation.recordings.card import Verdict
from streamo_ros.evaluation.recordings.truth import Truth
from streamo_ros.evaluation.recordings.watched import WatchedTrack

COOLDOWNS = (0.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Seconds that are tried."""
HYSTERESES = (0.0, 0.05, 0.1, 0.2, 0.4)
"""Values of `thresholds.hysteresis` that are tried, with the thresholds above them."""
THRESHOLDS = 60
"""Most thresholds that are tried: the highest half one by one, the others ever farther apart."""
_CAUGHT, _ALARMS, _REPEATED = range(3)


@dataclass(frozen=True)
class CalibrationSample:
    """One instruction in one recording.

    Attributes:
        group: samples of one group are held out together.
    """

    group: str
    truth: Truth
    track: WatchedTrack


@dataclass(frozen=True)
class Point:
    """What a threshold, a hysteresis and a cooldown amount to.

    Attributes:
        response: `thresholds.response`; with a gate, `thresholds.activation`.
        hysteresis: `thresholds.hysteresis`.
        cooldown: seconds after an answer in which there is no other.
        caught: events answered in time.
        events: all of them.
        alarms: false alarms.
        duplicates: further answers while an event lasts.
        hours: length of what was watched, each instruction for itself.
    """

    response: float
    hysteresis: float
    cooldown: float
    caught: int
    events: int
    alarms: int
    duplicates: int
    hours: float

    @property
    def settings(self) -> str:
        """In words; what is off is left out."""
        parts = [f'response {self.response:g}']
        parts += [f'hysteresis {self.hysteresis:g}'] if self.hysteresis else []
        return ', '.join([*parts, f'cooldown {self.cooldown:g} s'])

    @property
    def missed_share(self) -> float:
        """Share of the events that were not answered in time."""
        return 1 - self.caught / self.events if self.events else 0.0

    @property
    def alarms_per_hour(self) -> float:
        """False alarms an hour."""
        return self.alarms / self.hours if self.hours else 0.0


class Trials:
    """Every threshold, hysteresis and cooldown, tried on every sample.

    Args:
        samples: at least one.
        limits: what counts as in time.
        allowed: least and most of the parameter that becomes the threshold.
    """

    def __init__(
        self, samples: Sequence[CalibrationSample], limits: Limits, allowed: Span = (0.0001, 1.0)
    ) -> None:
        self.samples = list(samples)
        self.thresholds = _candidates(samples, allowed)
        self._trials = [
            (threshold, hysteresis, cooldown)
            for threshold in self.thresholds
            for hysteresis in HYSTERESES
            if hysteresis < threshold
            for cooldown in COOLDOWNS
        ]
        self._counts = np.zeros((len(self.samples), len(self._trials), 3), np.int64)
        self._events = np.zeros(len(self.samples), np.int64)
        self._hours = np.zeros(len(self.samples))
        for number, sample in enumerate(self.samples):
            self._try(number, sample, limits)

    def curve(self, chosen: Sequence[int] | None = None) -> list[Point]:
        """For each rate of false alarms the fewest misses: points that no other beats in both."""
        best: list[Point] = []
        points = sorted(
            self.points(chosen), key=lambda point: (point.alarms, -point.caught, point.duplicates)
        )
        for point in points:
            if not best or point.caught > best[-1].caught:
                best.append(point)
        return best

    def points(self, chosen: Sequence[int] | None = None) -> list[Point]:
        """All trials, on these samples by their numbers; None = on all."""
        rows = list(range(len(self.samples))) if chosen is None else list(chosen)
        counts = self._counts[rows].sum(0)
        return [self._point(rows, counts[trial], trial) for trial in range(len(self._trials))]

    def best(self, alarms_per_hour: float, chosen: Sequence[int] | None = None) -> Point | None:
        """The trial with the fewest misses at this rate of false alarms or less.

        Among equals: fewer false alarms, fewer duplicates, a shorter cooldown, less hysteresis,
        and of the thresholds that then remain the one in the middle. None if no trial is quiet
        enough.
        """
        quiet = [
            point for point in self.points(chosen) if point.alarms_per_hour <= alarms_per_hour
        ]
        if not quiet:
            return None

        def rank(point: Point) -> tuple[float, ...]:
            counts = -point.caught, point.alarms, point.duplicates
            return *counts, point.cooldown, point.hysteresis

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
            others = [n for n, sample in enumerate(self.samples) if sample.group != group]
            own = [n for n, sample in enumerate(self.samples) if sample.group == group]
            choice = self.best(alarms_per_hour, others)
            if choice is None:
                return None
            trial = self._trials.index((choice.response, choice.hysteresis, choice.cooldown))
            parts.append(self._point(own, self._counts[own].sum(0)[trial], trial))
        if not parts:
            return None
        return Point(
            float(np.mean([part.response for part in parts])),
            float(np.mean([part.hysteresis for part in parts])),
            float(np.mean([part.cooldown for part in parts])),
            sum(part.caught for part in parts),
            sum(part.events for part in parts),
            sum(part.alarms for part in parts),
            sum(part.duplicates for part in parts),
            sum(part.hours for part in parts),
        )

    def _point(self, rows: Sequence[int], counts: NDArray[np.int64], trial: int) -> Point:
        return Point(
            *self._trials[trial],
            int(counts[_CAUGHT]),
            int(self._events[rows].sum()),
            int(counts[_ALARMS]),
            int(counts[_REPEATED]),
            float(self._hours[rows].sum()),
        )

    def _try(self, number: int, sample: CalibrationSample, limits: Limits) -> None:
        # The stored texts belong to other moments: any answer in time is right.
        events = tuple(replace(event, words=()) for event in sample.truth.events)
        truth = replace(sample.truth, events=events)
        times = np.array([at for at, _ in sample.track.chances])
        chances = np.array([chance[2] for _, chance in sample.track.chances])
        # Many trials say the same.
        known: dict[tuple[float, ...], tuple[int, int, int]] = {}
        for place, trial in enumerate(self._trials):
            said = tuple(answer_times(times, chances, *trial))
            if said not in known:
                card = score_track(truth, [(at, '') for at in said], sample.track.span, limits)
                caught = sum(result.verdict is Verdict.CAUGHT for result in card.events)
                known[said] = caught, len(card.false_alarms), len(card.duplicates)
                self._events[number], self._hours[number] = len(card.events), card.hours
            self._counts[number, place] = known[said]


def answer_times(
    times: NDArray[np.float64],
    chances: NDArray[np.float64],
    threshold: float,
    hysteresis: float,
    cooldown: float,
) -> list[float]:
    """When answers would begin; frame by frame, `core.decision.redecide` says the same.

    Args:
        times: seconds of the frames, in order.
        chances: probability of Response of each.
        threshold: from which on it is decided.
        hysteresis: how far below the threshold it must fall after an answer.
        cooldown: seconds after an answer in which there is no other.
    """
    high = np.flatnonzero(chances >= threshold)
    # How often it had fallen before each frame: between two falls there is one answer at most.
    falls = np.cumsum(chances < threshold - hysteresis)[high]
    moments = times[high]
    said: list[float] = []
    at = 0
    while at < len(high):
        said.append(float(moments[at]))
        fallen = int(np.searchsorted(falls, falls[at], 'right'))
        free = int(np.searchsorted(moments, said[-1] + cooldown, 'left'))
        at = max(fallen, free)
    return said


def standby_threshold(samples: Sequence[CalibrationSample], response: float) -> float | None:
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
        predicted = chances >= threshold
        return float(2 * (predicted & wanted).sum() / (predicted.sum() + wanted.sum()))

    return max((round(step / 20, 2) for step in range(1, 20)), key=f1)


def _candidates(samples: Sequence[CalibrationSample], allowed: Span) -> list[float]:
    """Thresholds between the probabilities that occurred, at most `THRESHOLDS`."""
    chances = {round(chance[2], 4) for sample in samples for _, chance in sample.track.chances}
    values = np.array(sorted(chances))
    if len(values) > 1:
        values = (values[1:] + values[:-1]) / 2
    # The highest are where answers are told apart, and few; the long rest is of silent frames.
    each = min(len(values), THRESHOLDS // 2)
    rest = np.geomspace(each, len(values), THRESHOLDS - each)
    ranks = np.unique(np.concatenate((np.arange(1, each + 1), rest)).astype(int))
    least, most = allowed
    chosen = values[len(values) - ranks]
    return sorted({min(most, max(least, round(float(value), 4))) for value in chosen})
