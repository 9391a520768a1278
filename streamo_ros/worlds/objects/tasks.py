# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The expected decision at each frame of a stream of detections, for every family of tasks.

Standby on the first frame of a change, Response on the second: what is seen in one frame alone
stays unsaid. What is there at the first frame has not arrived.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from streamo_ros.worlds.objects import answers
from streamo_ros.worlds.objects.labels import condition
from streamo_ros.worlds.objects.labels import events
from streamo_ros.worlds.objects.labels import Labels
from streamo_ros.worlds.objects.labels import question
from streamo_ros.worlds.objects.observer import Observation
from streamo_ros.worlds.objects.observer import observe_kind
from streamo_ros.worlds.objects.regions import closer_labels
from streamo_ros.worlds.objects.regions import region_condition
from streamo_ros.worlds.objects.regions import where_labels
from streamo_ros.worlds.objects.stream import NOTHING
from streamo_ros.worlds.objects.stream import Stream
from streamo_ros.worlds.objects.subject import Subject
from streamo_ros.worlds.task import response
from streamo_ros.worlds.task import SILENCE
from streamo_ros.worlds.task import STANDBY

_MOST_NAMED = 5
_MOST_EVENTS = 2


def label_stream(
    family: str, subject: Subject, stream: Stream, begin: int, starts: Sequence[str]
) -> Labels:
    """The labels of a stream from a frame on.

    Args:
        family: one of `TASKS`.
        subject: what the instruction is about.
        stream: the stream.
        begin: the frame with which the instruction starts.
        starts: first second of each frame's tag from there on, formatted as in the tag.
    """
    return TASKS[family](Scope(subject, stream, begin, starts))


class Scope:
    """A stream as one instruction sees it; the arguments are those of `label_stream`."""

    def __init__(
        self, subject: Subject, stream: Stream, begin: int, starts: Sequence[str]
    ) -> None:
        self.subject, self.stream, self.begin, self.starts = subject, stream, begin, starts
        self.frames = stream.frames - begin

    def observed(self, number: int = 0) -> Observation:
        """What is known of the subject's first or second kind."""
        kind = self.subject.kinds[number]
        return observe_kind(
            self.stream, self.begin, kind, self.subject.color if not number else -1
        )


def _appear(scope: Scope) -> Labels:
    seen, text = scope.observed(), answers.appeared(scope.subject)
    return events(seen.arrived, seen.pending, [text] * scope.frames, seen.doubt)


def _leave(scope: Scope) -> Labels:
    seen, text = scope.observed(), answers.left(scope.subject)
    return events(seen.departed, seen.missing, [text] * scope.frames, seen.doubt)


def _ground(scope: Scope) -> Labels:
    seen, began, texts = scope.observed(), 0, []
    for frame, start in enumerate(scope.starts):
        if (not seen.pending[frame - 1] and not seen.arrived[frame - 1]) or not frame:
            began = frame
        if seen.arrived[frame] and began == frame:
            began = max(frame - 1, 0)
        texts.append(f'From {scope.starts[began]}s to {start}s.')
    return events(seen.arrived, seen.pending, texts, seen.doubt)


def _back(scope: Scope) -> Labels:
    seen, text = scope.observed(), answers.is_back(scope.subject)
    returned, may, away, ever = [], [], False, False
    for known, missing in zip(seen.known, seen.missing, strict=True):
        there = bool(known > 0)
        returned.append(there and away)
        ever |= there
        away = ever and not there
        may.append(away or (there and missing == known))
    return events(np.array(returned), np.array(may), [text] * scope.frames, seen.doubt)


def _presence(scope: Scope) -> Labels:
    seen = scope.observed()
    there = seen.known > 0
    unsure = np.where(there, seen.missing >= seen.known, seen.pending > 0)
    return question([answers.yes_no(now) for now in there.tolist()], unsure, seen.doubt)


def _count(scope: Scope) -> Labels:
    seen = scope.observed()
    texts = [answers.number(scope.subject, count) for count in seen.known.tolist()]
    return question(texts, (seen.missing > 0) | (seen.pending > 0), seen.doubt)


def _more(scope: Scope) -> Labels:
    seen, limit = scope.observed(), scope.subject.number
    holds = seen.known > limit
    may = seen.known + seen.pending > limit
    texts = [answers.there_are(scope.subject, count) for count in seen.known.tolist()]
    return condition(holds, may, texts, seen.doubt)


def _together(scope: Scope) -> Labels:
    first, second = scope.observed(), scope.observed(1)
    holds = (first.known > 0) & (second.known > 0)
    may = (first.known + first.pending > 0) & (second.known + second.pending > 0)
    text = answers.together(scope.subject)
    return condition(holds, may, [text] * scope.frames, first.doubt | second.doubt)


def _side(scope: Scope) -> Labels:
    return condition(*region_condition(scope.observed(), scope.subject))


def _move(scope: Scope) -> Labels:
    return condition(*region_condition(scope.observed(), scope.subject), at_start=False)


def _where(scope: Scope) -> Labels:
    return question(*where_labels(scope.observed()))


def _closer(scope: Scope) -> Labels:
    happened, may, doubt = closer_labels(scope.observed())
    texts = [answers.came_closer(scope.subject)] * scope.frames
    return replace(events(happened, may, texts, doubt), holds=may)


def _see(scope: Scope) -> Labels:
    """A list at the second frame, in the order of the detections."""
    stream, begin = scope.stream, scope.begin
    labels, doubt = [SILENCE] * scope.frames, np.zeros(scope.frames, bool)
    labels[0] = STANDBY
    if scope.frames > 1:
        kinds, unsure = _named_kinds(stream, begin)
        labels[1], doubt[1] = response(answers.listed(kinds)), unsure
    return Labels(labels, doubt)


def _named_kinds(stream: Stream, begin: int) -> tuple[list[int], bool]:
    """The kinds that are known at the second frame, and whether that is in doubt."""
    unsure, known = False, set[int]()
    for kind in {int(kind) for kind in np.unique(stream.kind[begin : begin + 2])} - {NOTHING}:
        seen = observe_kind(stream, begin, kind)
        unsure |= bool(seen.doubt[:2].any() or seen.missing[1] or seen.pending[1])
        known |= {kind} if seen.known[1] else set()
    order = dict.fromkeys(int(kind) for kind in stream.kind[begin + 1] if int(kind) in known)
    return list(order), unsure or len(order) > _MOST_NAMED or len(order) < len(known)


def _narrate(scope: Scope) -> Labels:
    """Whatever arrives or leaves."""
    stream, begin = scope.stream, scope.begin
    texts: list[list[str]] = [[] for _ in range(scope.frames)]
    may = np.zeros(scope.frames, bool)
    doubt = np.zeros(scope.frames, bool)
    kinds = {int(kind) for kind in np.unique(stream.kind[begin:])} - {NOTHING}
    for kind in sorted(kinds | {thing.kind for thing in stream.things}):
        seen, subject = observe_kind(stream, begin, kind), Subject((kind,))
        may |= (seen.pending > 0) | (seen.missing > 0)
        doubt |= seen.doubt
        for frame in np.flatnonzero(seen.arrived + seen.departed).tolist():
            texts[frame] += [answers.appeared(subject)] if seen.arrived[frame] else []
            texts[frame] += [answers.left(subject)] if seen.departed[frame] else []
    doubt |= np.array([len(parts) > _MOST_EVENTS for parts in texts])
    happened = np.array([bool(parts) for parts in texts])
    return events(happened, may, [' '.join(parts) for parts in texts], doubt)


def _unknown(scope: Scope) -> Labels:
    labels = [SILENCE] * scope.frames
    labels[0] = response(answers.unknown(scope.subject.word))
    return Labels(labels, np.zeros(scope.frames, bool))


TASKS: dict[str, Callable[[Scope], Labels]] = {
    'appear': _appear,
    'leave': _leave,
    'back': _back,
    'presence': _presence,
    'count': _count,
    'more': _more,
    'together': _together,
    'where': _where,
    'side': _side,
    'move': _move,
    'near': _side,
    'closer': _closer,
    'see': _see,
    'narrate': _narrate,
    'ground': _ground,
    'unknown': _unknown,
}
"""What labels the streams of each family."""
QUESTIONS = ('count', 'presence', 'where')
"""Families whose last answer stands until the next one."""
WAITING = (
    'appear',
    'leave',
    'back',
    'more',
    'together',
    'side',
    'move',
    'near',
    'closer',
    'ground',
)
"""Families that wait for something, which may never happen."""
