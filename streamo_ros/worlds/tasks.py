# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All families of tasks, and the color and shape that an instruction asks about.

Half of the instructions name a thing that takes part in such an event; two in five are near misses
that share only its color or only its shape, so that a model which attends to one of the two is
wrong as often as it is right.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streamo_ros.worlds.draws import pick
from streamo_ros.worlds.event_tasks import Appear
from streamo_ros.worlds.event_tasks import Ground
from streamo_ros.worlds.event_tasks import Leave
from streamo_ros.worlds.event_tasks import Move
from streamo_ros.worlds.event_tasks import Recolor
from streamo_ros.worlds.event_tasks import Touch
from streamo_ros.worlds.narration import Narrate
from streamo_ros.worlds.phrasing import FAMILIES
from streamo_ros.worlds.question_tasks import Color
from streamo_ros.worlds.question_tasks import Count
from streamo_ros.worlds.question_tasks import Number
from streamo_ros.worlds.question_tasks import Presence
from streamo_ros.worlds.question_tasks import See
from streamo_ros.worlds.scene import COLORS
from streamo_ros.worlds.scene import SHAPES
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import VisibleThing
from streamo_ros.worlds.scene import WorldError
from streamo_ros.worlds.task import Label
from streamo_ros.worlds.task import Task

TASKS: dict[str, type[Task]] = {
    'appear': Appear,
    'leave': Leave,
    'recolour': Recolor,
    'move': Move,
    'touch': Touch,
    'count': Count,
    'number': Number,
    'narrate': Narrate,
    'ground': Ground,
    'presence': Presence,
    'colour': Color,
    'see': See,
}
WAITING = ('appear', 'leave', 'move', 'touch', 'ground')
"""Families that wait for something to happen to a specific thing, which may never happen."""

_EXACT, _NEAR, _PRESENT = 0.5, 0.92, 0.96
"""Cumulative shares: exact target, near miss, anything present; the rest is drawn at random."""
_IDLE = 0.2
"""Probability that a thing to which nothing happens counts as a target."""
_AMBIGUOUS = 0.3
"""Largest share of views in which 'the box' may be ambiguous for its color to be asked for."""

Look = tuple[str, str]
"""Color and shape; '' for any."""


def make_task(family: str, color: str = '', shape: str = '') -> Task:
    """A new task of a family.

    Args:
        family: one of `FAMILIES`.
        color: color of the things that it is about; '' for any.
        shape: shape of the things that it is about; '' for any.

    Raises:
        WorldError: there is no such family.
    """
    if family not in TASKS:
        raise WorldError(f'unknown task family {family!r}: choose from {", ".join(FAMILIES)}')
    return TASKS[family](color, shape)


def label_views(
    family: str, look: Look, views: Sequence[View], starts: Sequence[str]
) -> list[Label]:
    """The label of each view.

    Args:
        family: task family.
        look: color and shape that the task is about; '' for any.
        views: what the sampled frames show, in order.
        starts: first second of each frame's tag, formatted as in the tag.
    """
    task = make_task(family, *look)
    return [task.label(view, start) for view, start in zip(views, starts, strict=True)]


def draw_look(family: str, views: Sequence[View], rng: np.random.Generator) -> Look:
    """Color and shape for an instruction about these views; '' where the family names none."""
    if family in ('count', 'number', 'narrate', 'see'):
        return '', ''
    tracks: dict[int, list[VisibleThing]] = {}
    for view in views:
        for thing in view.things:
            tracks.setdefault(thing.key, []).append(thing)
    targets = _targets(family, tracks, views, rng)
    if family in ('recolour', 'colour'):
        any_shape = rng.random() < (0.3 if family == 'recolour' else 0.15)
        return '', pick(rng, SHAPES) if any_shape or not targets else pick(rng, targets).shape
    share = rng.random()
    if targets and share < _EXACT:
        target = pick(rng, targets)
        return target.color, target.shape
    if targets and share < _NEAR:
        target = pick(rng, targets)
        if rng.random() < 0.5:
            return target.color, pick(rng, SHAPES)
        return pick(rng, COLORS), target.shape
    if tracks and share < _PRESENT:
        present = pick(rng, list(tracks.values()))[0]
        return present.color, present.shape
    return pick(rng, COLORS), pick(rng, SHAPES)


def draw_event_look(views: Sequence[View], rng: np.random.Generator) -> Look | None:
    """Color and shape of a thing to which anything at all happens; None if nothing happens.

    A task that waits for one event must not fire at another: when the thing in question is carried
    without touching the wall, changes color without leaving, or peeks in without arriving.
    """
    looks = {
        (color, thing.shape)
        for view in views
        for thing in view.things
        if thing.into or thing.gripped or not thing.whole
        for color in (thing.color, thing.into)
        if color
    }
    return pick(rng, sorted(looks)) if looks else None


def something_happens(family: str, views: Sequence[View]) -> bool:
    """Whether anything in these views does what a family of `WAITING` waits for."""
    first = {thing.key: thing for thing in views[0].things}
    whole = {key for key, thing in first.items() if thing.whole}
    for view in views[1:]:
        for thing in view.things:
            initial = first.get(thing.key)
            if (
                (family in ('appear', 'ground') and thing.whole and thing.key not in whole)
                or (family == 'move' and thing.gripped)
                or (family == 'touch' and thing.touching and not (initial and initial.touching))
            ):
                return True
        if family == 'leave' and whole - {thing.key for thing in view.things}:
            return True
    return False


def _targets(
    family: str,
    tracks: dict[int, list[VisibleThing]],
    views: Sequence[View],
    rng: np.random.Generator,
) -> list[VisibleThing]:
    """The things that do what the family asks about, as they look when they do it.

    Args:
        family: task family.
        tracks: what each thing looks like in the views that show it, by key.
        views: the views.
        rng: decides which idle things count.
    """
    first = {thing.key for thing in views[0].things if thing.whole}
    last = {thing.key for thing in views[-1].things}
    targets: list[VisibleThing] = []
    for key, track in tracks.items():
        idle = rng.random() < _IDLE
        if family in ('appear', 'ground'):
            targets += track[-1:] if key not in first else []
        elif family == 'presence':
            targets.append(track[0] if key in first else track[-1])
        elif family == 'leave':
            targets += track[:1] if key in first and (key not in last or idle) else []
        elif family == 'recolour' or (family == 'colour' and _is_unique(track[0].shape, views)):
            targets += track[:1] if idle or any(thing.into for thing in track) else []
        elif family == 'colour':
            continue
        elif family == 'move':
            targets += [thing for thing in track if thing.gripped][:1]
        else:
            targets += [thing for thing in track if thing.touching][:1]
    return targets


def _is_unique(shape: str, views: Sequence[View]) -> bool:
    """Whether 'the box' is mostly unambiguous: nobody asks for the color of one of two boxes."""
    ambiguous = sum(sum(thing.shape == shape for thing in view.things) > 1 for view in views)
    return ambiguous <= _AMBIGUOUS * len(views)
