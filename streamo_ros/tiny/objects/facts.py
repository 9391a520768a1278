# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the probes learn from each frame: how many are there, and whether a condition holds."""

from __future__ import annotations

import re
from collections.abc import Iterable

from streamo_ros.core.protocol import State
from streamo_ros.worlds.objects.labels import Labels
from streamo_ros.worlds.objects.observer import observe_kind
from streamo_ros.worlds.objects.stream import Stream
from streamo_ros.worlds.objects.subject import Subject

_MOST = 6
FACTS = {
    'known': _MOST + 1,
    'pending': 2,
    'missing': 2,
    'other': 2,
    'said': _MOST + 2,
    'holds': 2,
}
"""What a decision depends on, and the number of classes of each."""
UNKNOWN = -1


class Facts:
    """The facts of a dialogue.

    Args:
        family: task family.
        subject: what it is about.
        stream: the stream, from the lane's first frame.
        labels: the decisions due.
    """

    def __init__(self, family: str, subject: Subject, stream: Stream, labels: Labels) -> None:
        self._family, self._subject, self._stream, self._labels = family, subject, stream, labels

    def targets(self, first: int) -> list[tuple[int, ...]]:
        """The classes of `FACTS` at each frame from one on; `UNKNOWN` where there is none."""
        subject, stream = self._subject, self._stream
        if not subject.kinds:
            return [(UNKNOWN,) * len(FACTS)] * (stream.frames - first)
        seen = observe_kind(stream, 0, subject.kinds[0], subject.color)
        other = [UNKNOWN] * stream.frames
        if len(subject.kinds) > 1:
            other = (observe_kind(stream, 0, subject.kinds[1]).known > 0).astype(int).tolist()
        rows: Iterable[tuple[int, ...]] = zip(
            seen.known.clip(max=_MOST).tolist(),
            (seen.pending > 0).astype(int).tolist(),
            (seen.missing > 0).astype(int).tolist(),
            other,
            self._said(),
            self._holds(),
            strict=True,
        )
        doubt = self._labels.doubt
        return [
            tuple(
                UNKNOWN if doubt[frame] and name != 'said' else value
                for name, value in zip(FACTS, row, strict=True)
            )
            for frame, row in enumerate(rows)
        ][first:]

    def _holds(self) -> list[int]:
        """Whether what is waited for is so at each frame."""
        holds = self._labels.holds
        if holds is None:
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
