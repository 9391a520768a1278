# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a model must know of a frame before it can decide: for the heads of the third lesson.

Knows views and labels. Decisions and answers say little about why they are right, and rarely; at
every frame these facts say it: how the thing stands that is asked for, what the panel shows and
what was said of it last, since when something is under way (or was, until the frame before), and
which second it is.
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
"""Of what is asked for; of several things the last that holds for one of them."""
ASKED = {
    'status': len(STATUS),
    'tens': 11,
    'ones': 11,
    'said tens': 11,
    'said ones': 11,
    'since hundreds': 10,
    'since tens': 10,
    'since ones': 10,
}
"""Facts that a frame's state is decided from, and how many values each has; a digit of the panel
counts from 1, 0 without one."""
LATE = {'way': 3}
"""Likewise, of the fourth lesson alone: whether a cut thing comes (1) or goes (2)."""
PLACES = 8
"""Places in the order in which things are listed; for the heads of the vision tokens."""
KEPT = {'at hundreds': 10, 'at tens': 10, 'at ones': 10}
"""Of the second in which a frame was taken: what its state in the history must remember."""
UNKNOWN = -1
"""Stands for a fact that does not matter to the task, or that the window does not hold."""

Facts = tuple[int, ...]


def frame_facts(
    family: str,
    look: Look,
    views: Sequence[View],
    labels: Sequence[tuple[Label, Fraction]],
    first: int,
) -> list[Facts]:
    """The facts of the frames of a window: those of `ASKED`, then of `LATE`, then of `KEPT`.

    Args:
        family: of the task.
        look: colour and shape that it is about; '' for any.
        views: what all frames since the instruction show.
        labels: what is due at each of them, and the first second of its tag.
        first: of the frames in the window; earlier ones have left it.
    """
    found, said, known = list[Facts](), '', set[int]()
    begun: tuple[int, Fraction] | None = None
    for number, (view, (label, start)) in enumerate(zip(views, labels, strict=True)):
        if label.state is not State.SILENCE and begun is None:
            begun = number, start
        since = _digits(begun[1]) if begun and begun[0] >= first else (UNKNOWN,) * 3
        way = _way(family, look, view, known) if number else UNKNOWN
        found.append(
            (
                _status(family, look, view),
                *_panel(family, view, said),
                *since,
                way,
                *_digits(start),
            )
        )
        known |= {thing.key for thing in view.seen if thing.whole}
        said = label.text if label.state is State.RESPONSE else said
        begun = begun if label.state is State.STANDBY else None
    return found[first:]


def _status(family: str, look: Look, view: View) -> int:
    if family == 'number':
        return UNKNOWN
    return max(map(_of, things_of(view, *look)), default=0)


def _way(family: str, look: Look, view: View, known: AbstractSet[int]) -> int:
    """Which way a cut thing goes: out, if it was whole before."""
    if family == 'number':
        return UNKNOWN
    return max(
        (1 + (thing.key in known) for thing in things_of(view, *look) if not thing.whole),
        default=0,
    )


def _of(thing: VisibleThing) -> int:
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


def _panel(family: str, view: View, said: str) -> Facts:
    if family != 'number':
        return (UNKNOWN,) * 4
    value = view.panel.value if view.panel else -1
    last = int(said.rstrip('.')) if said.rstrip('.').isdecimal() else -1
    return tuple(
        part
        for one in (value, last)
        for part in ((0, 0) if one < 0 else (one // 10 + 1, one % 10 + 1))
    )


def _digits(seconds: Fraction) -> Facts:
    whole = int(seconds)
    return whole // 100 % 10, whole // 10 % 10, whole % 10
