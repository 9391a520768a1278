# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the probes learn from each frame: how many are there, whether a condition holds, and so on.

An answer names the seconds of two tags, kinds that came and went, or a place. There are few
answers, but each frame has a tag, things that may have come, and places.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property

import numpy as np

from streamo_ros.core.protocol import State
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.labels import Labels
from streamo_ros.worlds.objects.observer import Observation
from streamo_ros.worlds.objects.observer import observe_kind
from streamo_ros.worlds.objects.regions import thirds
from streamo_ros.worlds.objects.scenario import MOST_NUMBER
from streamo_ros.worlds.objects.stream import NOTHING
from streamo_ros.worlds.objects.stream import Stream
from streamo_ros.worlds.objects.subject import Subject

_MOST = 6
_DIGITS = {'hundreds': 10, 'tens': 10, 'ones': 10, 'half': 2}
"""What the second with which a tag starts is made of."""
_OF_DECISIONS = {
    'known': _MOST + 1,
    'pending': 2,
    'missing': 2,
    'other': 2,
    'said': _MOST + 2,
    'holds': 2,
}
_OF_ANSWERS = {
    'coming': len(KINDS) + 1,
    'going': len(KINDS) + 1,
    **{f'{name}_{which}': count for which in ('now', 'before') for name, count in _DIGITS.items()},
}
_OF_PLACES = {'across': 4, 'along': 4}
_PLACED = ('where', 'side', 'move')
_FARTHEST = 2
_OF_LIMITS = {'limit': MOST_NUMBER + 1, 'beyond': 2 * _FARTHEST + 1}
FACTS = {**_OF_DECISIONS, **_OF_ANSWERS, **_OF_PLACES, **_OF_LIMITS}
"""What decisions and the words of answers depend on, and the number of classes of each."""
SHARES = dict.fromkeys(_OF_ANSWERS, 0.3)
"""Weights of what only the words depend on; that of the others is 1."""
UNKNOWN = -1
_DOUBTFUL = ('known', 'pending', 'missing', 'other', 'holds', 'coming', 'going', 'beyond')
"""Those that nobody knows in doubt."""


class Facts:
    """The facts of a dialogue.

    Args:
        family: task family.
        subject: what it is about.
        stream: the stream, from the lane's first frame.
        labels: the decisions due.
        tags: second with which the tag of each frame starts.
    """

    def __init__(
        self,
        family: str,
        subject: Subject,
        stream: Stream,
        labels: Labels,
        tags: Sequence[Fraction],
    ) -> None:
        self._family, self._subject, self._stream, self._labels = family, subject, stream, labels
        self._tags = tags

    def targets(self, first: int) -> list[tuple[int, ...]]:
        """The classes of `FACTS` at each frame from one on; `UNKNOWN` where there is none."""
        rows: Iterable[tuple[int, ...]] = zip(
            *self._numbers(),
            self._said(),
            self._holds(),
            *self._changes(),
            *self._digits(self._tags),
            *self._digits([self._tags[0], *self._tags[:-1]]),
            *self._places(),
            *self._limits(),
            strict=True,
        )
        doubt = self._labels.doubt
        return [
            tuple(
                UNKNOWN if doubt[frame] and name in _DOUBTFUL else value
                for name, value in zip(FACTS, row, strict=True)
            )
            for frame, row in enumerate(rows)
        ][first:]

    @cached_property
    def _seen(self) -> Observation:
        """What is known of the first kind that is asked about."""
        subject = self._subject
        return observe_kind(self._stream, 0, subject.kinds[0], subject.color)

    def _numbers(self) -> list[list[int]]:
        """How many are known, whether any may have come or gone, whether the other is there."""
        subject, stream = self._subject, self._stream
        if not subject.kinds:
            return [[UNKNOWN] * stream.frames] * 4
        seen = self._seen
        other = [UNKNOWN] * stream.frames
        if len(subject.kinds) > 1:
            other = (observe_kind(stream, 0, subject.kinds[1]).known > 0).astype(int).tolist()
        return [
            seen.known.clip(max=_MOST).tolist(),
            (seen.pending > 0).astype(int).tolist(),
            (seen.missing > 0).astype(int).tolist(),
            other,
        ]

    def _holds(self) -> list[int]:
        """Whether what is waited for is so at each frame."""
        holds = self._labels.holds
        if holds is None or not self._subject.kinds:
            return [UNKNOWN] * self._stream.frames
        states: list[int] = holds.astype(int).tolist()
        return states

    def _said(self) -> list[int]:
        """The number that was last answered before each frame, from 1; 0 for none."""
        if self._family != 'count':
            return [UNKNOWN] * self._stream.frames
        said, last = [], 0
        for label in self._labels.labels:
            said.append(last)
            if label.state is State.RESPONSE:
                digits = re.match(r'\d+', label.text)
                last = 1 + min(_MOST, int(digits[0])) if digits else 0
        return said

    def _changes(self) -> list[list[int]]:
        """Which kind may be coming or has come, and which may be going or is gone, from 1.

        0 for none; `UNKNOWN` for several, and where it is not narrated.
        """
        stream = self._stream
        if self._family != 'narrate':
            return [[UNKNOWN] * stream.frames] * 2
        found = np.zeros((2, len(KINDS), stream.frames), bool)
        for kind in {*np.unique(stream.kind).tolist()} - {NOTHING}:
            seen = observe_kind(stream, 0, kind)
            found[0, kind] = (seen.pending > 0) | (seen.arrived > 0)
            found[1, kind] = (seen.missing > 0) | (seen.departed > 0)
        count, which = found.sum(1), found.argmax(1) + 1
        classes = np.select([count == 0, count == 1], [0, which], UNKNOWN)
        return [row.tolist() for row in classes]

    def _places(self) -> Sequence[list[int]]:
        """In which third of the picture the thing is, where that matters; see `thirds`."""
        if self._family not in _PLACED:
            return [[UNKNOWN] * self._stream.frames] * len(_OF_PLACES)
        return thirds(self._seen)

    def _limits(self) -> list[list[int]]:
        """The number that must be exceeded, and how far what is known is beyond it, from 0."""
        limit, frames = self._subject.number, self._stream.frames
        if self._family != 'more':
            return [[UNKNOWN] * frames] * len(_OF_LIMITS)
        beyond = (self._seen.known - limit).clip(-_FARTHEST, _FARTHEST) + _FARTHEST
        return [[limit] * frames, beyond.tolist()]

    def _digits(self, tags: Sequence[Fraction]) -> list[list[int]]:
        """The digits of seconds where an answer names some, in the order of `_DIGITS`."""
        if self._family != 'ground':
            return [[UNKNOWN] * len(tags)] * len(_DIGITS)
        whole = [int(tag) for tag in tags]
        return [
            *([number // place % 10 for number in whole] for place in (100, 10, 1)),
            [int(tag % 1 >= Fraction(1, 2)) for tag in tags],
        ]
