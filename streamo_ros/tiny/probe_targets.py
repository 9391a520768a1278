# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the probes of the third and fourth stage learn from each frame: what decisions depend on.

Decisions and answers are sparse and say little about why they are right. These targets say it at
every frame: the status of the thing in question, what the display shows and what was last answered
about it, since when an event has been under way (or was, until the previous frame), and which
second it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from fractions import Fraction

from streamo_ros.core.protocol import State
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import VisibleThing
from streamo_ros.worlds.task import Label
from streamo_ros.worlds.task import things_of
from streamo_ros.worlds.tasks import Look

STATUS = ('absent', 'at rest', 'touching', 'cut', 'gripped', 'changing')
"""Status of the thing in question; of several things the one with the last status counts."""
DECISION_TARGETS = {
    'status': len(STATUS),
    'tens': 11,
    'ones': 11,
    'answered tens': 11,
    'answered ones': 11,
    'since hundreds': 10,
    'since tens': 10,
    'since ones': 10,
}
"""What a frame's state depends on, and the number of classes of each; digits of the display are
counted from 1, 0 without a display."""
DIRECTION_TARGETS = {'direction': 3}
"""In the fourth stage, too: whether a thing cut off by the edge enters (1) or leaves (2)."""
LIST_PLACES = 8
"""Number of places in a list of things; for the probes of the vision tokens."""
TIME_TARGETS = {'at hundreds': 10, 'at tens': 10, 'at ones': 10}
"""The second at which a frame was taken: what its state in the history has to remember."""
UNKNOWN = -1
"""A target that does not matter to the task, or that cannot be known from the window."""

ProbeTargets = tuple[int, ...]


def frame_targets(
    family: str,
    look: Look,
    views: Sequence[View],
    labels: Sequence[tuple[Label, Fraction]],
    first: int,
) -> list[ProbeTargets]:
    """The probe targets of each frame in a window.

    Args:
        family: task family.
        look: color and shape that the task is about; '' for any.
        views: what all frames since the instruction show.
        labels: the label of each of them, and the start of its tag in seconds.
        first: index of the first frame in the window; earlier ones have left it.

    Returns:
        For each frame the classes of `DECISION_TARGETS`, `DIRECTION_TARGETS` and `TIME_TARGETS`.
    """
    targets, answer, whole_before = list[ProbeTargets](), '', set[int]()
    began: tuple[int, Fraction] | None = None
    for number, (view, (label, start)) in enumerate(zip(views, labels, strict=True)):
        if label.state is not State.SILENCE and began is None:
            began = number, start
        since = _digits(began[1]) if began and began[0] >= first else (UNKNOWN,) * 3
        direction = _direction(family, look, view, whole_before) if number else UNKNOWN
        targets.append(
            (
                _status(family, look, view),
                *_panel(family, view, answer),
                *since,
                direction,
                *_digits(start),
            )
        )
        whole_before |= {thing.key for thing in view.things if thing.whole}
        answer = label.text if label.state is State.RESPONSE else answer
        began = began if label.state is State.STANDBY else None
    return targets[first:]


def _status(family: str, look: Look, view: View) -> int:
    if family == 'number':
        return UNKNOWN
    return max(map(_status_of, things_of(view, *look)), default=0)


def _direction(family: str, look: Look, view: View, whole_before: AbstractSet[int]) -> int:
    """Which way a thing cut off by the edge moves: out, if it was whole before."""
    if family == 'number':
        return UNKNOWN
    return max(
        (1 + (thing.key in whole_before) for thing in things_of(view, *look) if not thing.whole),
        default=0,
    )


def _status_of(thing: VisibleThing) -> int:
    name = (
        'changing'
        if thing.into
        else 'gripped'
        if thing.gripped
        else 'cut'
        if not thing.whole
        else 'touching'
        if thing.touching
        else 'at rest'
    )
    return STATUS.index(name)


def _panel(family: str, view: View, answer: str) -> ProbeTargets:
    if family != 'number':
        return (UNKNOWN,) * 4
    shown = view.panel.value if view.panel else -1
    answered = int(answer.rstrip('.')) if answer.rstrip('.').isdecimal() else -1
    return tuple(
        digit
        for value in (shown, answered)
        for digit in ((0, 0) if value < 0 else (value // 10 + 1, value % 10 + 1))
    )


def _digits(seconds: Fraction) -> ProbeTargets:
    whole = int(seconds)
    return whole // 100 % 10, whole // 10 % 10, whole % 10
