# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Decides whether an instruction is answered as one would wish, and says the cure where it is not.

Two signs of a wrong threshold are seen without any truth: never an answer although the model came
near one, and an answer after every frame. Needs no ROS.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from streamo_ros.core.events import Decided
from streamo_ros.core.events import HeldBack
from streamo_ros.core.frame import SECOND
from streamo_ros.core.protocol import State
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step

SILENT = 600.0
"""Seconds of capture time in Silence from which on it is worth a remark."""
NEAR = 0.1
"""p(response) from which on the model came near an answer."""
EVERY = 10
"""Frames in a row that are answered from which on it is worth a remark."""


@dataclass
class _Watched:
    """What one instruction has come to.

    Attributes:
        since: capture time of its first decided frame, nanoseconds.
        last: likewise, of the last.
        highest: p(response) at its highest.
        silent: whether it has never left Silence.
        answered: frames in a row that were answered.
        lowest: p(response) of those at its lowest.
        odds: its log-odds in the last frame, less those of the first minute; NaN = unknown.
    """

    since: int
    last: int
    highest: float = 0.0
    silent: bool = True
    answered: int = 0
    lowest: float = 1.0
    odds: float = math.nan

    def take(self, event: Decided) -> None:
        self.last, self.odds = event.frame.stamp, event.log_odds
        if self.last < self.since:
            # A new stream: it starts over.
            self.since, self.highest, self.silent = self.last, 0.0, True
        response = event.probabilities[2]
        if math.isfinite(response):
            self.highest = max(self.highest, response)
        self.silent &= event.state is State.SILENCE
        if event.state is State.RESPONSE:
            self.answered += 1
            self.lowest = min(self.lowest, response)
        else:
            self.answered, self.lowest = 0, 1.0

    def sentence(self, key: int) -> str:
        """What is wrong and how to cure it; '' when nothing is."""
        seconds = (self.last - self.since) / SECOND
        if self.silent and seconds >= SILENT and self.highest >= NEAR:
            return (
                f'instruction {key} has never left Silence in {seconds / 60:.0f} min though '
                f'p(response) rose to {self.highest:.2f}: set thresholds.response below that '
                '(streamo calibrate finds it), or say more plainly what will be seen'
            )
        if self.answered >= EVERY:
            return (
                f'instruction {key} was answered after each of its last {self.answered} frames: '
                f'set thresholds.response above {self.lowest:.2f}, set thresholds.hysteresis or '
                'notify.cooldown, or ask for one event instead of a state'
            )
        return ''


class AnswerHealth(Sink):
    """Watches the decisions; written by the worker's thread, read by any.

    Attributes:
        held: answers that were held back, by the reason's name.
    """

    def __init__(self) -> None:
        self.held: Counter[str] = Counter()
        self._watched: dict[int, _Watched] = {}

    def take(self, step: Step) -> None:
        """Follow a step."""
        for event in step.events:
            if isinstance(event, HeldBack):
                self.held[event.held.name.lower()] += 1
            elif isinstance(event, Decided) and event.state is not State.UNKNOWN:
                stamp = event.frame.stamp
                new = _Watched(stamp, stamp)
                self._watched.setdefault(event.instruction_id, new).take(event)
        active = {instruction.id for instruction in step.instructions}
        for gone in self._watched.keys() - active:
            del self._watched[gone]

    def odds(self) -> dict[int, str]:
        """By instruction, how much more probable a Response is now than in its first minute."""
        return {
            key: f'{watched.odds:+.1f} (log-odds)'
            if math.isfinite(watched.odds)
            else 'not known yet'
            for key, watched in list(self._watched.items())
        }

    def sentences(self) -> list[str]:
        """One for each instruction that is not answered as one would wish."""
        sentences = [watched.sentence(key) for key, watched in list(self._watched.items())]
        return [sentence for sentence in sentences if sentence]
