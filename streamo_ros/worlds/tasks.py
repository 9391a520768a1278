# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The families of tasks, and what an instruction is about: real targets and near misses.

Knows which looks of a course of views make a question worth asking. Half of the targets are
exact; two of five share only their colour or their shape with a thing to which it happens, so
that a model which looks at one of the two is wrong as often as right.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streamo_ros.worlds.event_tasks import Appear
from streamo_ros.worlds.event_tasks import Ground
from streamo_ros.worlds.event_tasks import Leave
from streamo_ros.worlds.event_tasks import Move
from streamo_ros.worlds.event_tasks import Recolour
from streamo_ros.worlds.event_tasks import Touch
from streamo_ros.worlds.narration import Narrate
from streamo_ros.worlds.phrasing import FAMILIES
from streamo_ros.worlds.question_tasks import Colour
from streamo_ros.worlds.question_tasks import Count
from streamo_ros.worlds.question_tasks import Number
from streamo_ros.worlds.question_tasks import Presence
from streamo_ros.worlds.question_tasks import See
from streamo_ros.worlds.scene import COLOURS
from streamo_ros.worlds.scene import SHAPES
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import VisibleThing
from streamo_ros.worlds.scene import WorldError
from streamo_ros.worlds.task import Label
from streamo_ros.worlds.task import Task

TASKS: dict[str, type[Task]] = {
    'appear': Appear,
    'leave': Leave,
    'recolour': Recolour,
    'move': Move,
    'touch': Touch,
    'count': Count,
    'number': Number,
    'narrate': Narrate,
    'ground': Ground,
    'presence': Presence,
    'colour': Colour,
    'see': See,
}
WAITING = ('appear', 'leave', 'move', 'touch', 'ground')
"""Families that wait for a thing of one look, which may never come."""

_EXACT, _NEAR, _SEEN = 0.5, 0.92, 0.96
"""Shares, added up: exact, near miss, some thing that is there; the rest is any look."""
_STILL = 0.2
"""Share of things to which nothing happens that count as targets all the same."""
_SEVERAL = 0.3
"""Share of views with several things of a shape in which its colour is still asked for."""

Look = tuple[str, str]


def task(family: str, colour: str = '', shape: str = '') -> Task:
    """A new task of a family about things of a look.

    Raises:
        WorldError: there is no such family.
    """
    if family not in TASKS:
        raise WorldError(f'there is no family {family!r}: choose from {", ".join(FAMILIES)}')
    return TASKS[family](colour, shape)


def label_views(
    family: str, look: Look, views: Sequence[View], starts: Sequence[str]
) -> list[Label]:
    """What is due at each of the views.

    Args:
        family: of the task.
        look: colour and shape that it is about; '' for any.
        views: what the sampled frames show, in order.
        starts: first seconds of their tags, as the tags write them.
    """
    asked = task(family, *look)
    return [asked.label(view, start) for view, start in zip(views, starts, strict=True)]


def draw_look(family: str, views: Sequence[View], draw: np.random.Generator) -> Look:
    """Colour and shape of an instruction about these views; '' where the family names none."""
    if family in ('count', 'number', 'narrate', 'see'):
        return '', ''
    courses: dict[int, list[VisibleThing]] = {}
    for view in views:
        for thing in view.seen:
            courses.setdefault(thing.key, []).append(thing)
    targets = _targets(family, courses, views, draw)
    if family in ('recolour', 'colour'):
        free = draw.random() < (0.3 if family == 'recolour' else 0.15)
        return '', _any(draw, SHAPES) if free or not targets else _one(draw, targets).shape
    share = draw.random()
    if targets and share < _EXACT:
        found = _one(draw, targets)
        return found.colour, found.shape
    if targets and share < _NEAR:
        found = _one(draw, targets)
        if draw.random() < 0.5:
            return found.colour, _any(draw, SHAPES)
        return _any(draw, COLOURS), found.shape
    if courses and share < _SEEN:
        found = courses[list(courses)[int(draw.integers(len(courses)))]][0]
        return found.colour, found.shape
    return _any(draw, COLOURS), _any(draw, SHAPES)


def look_of_an_event(views: Sequence[View], draw: np.random.Generator) -> Look | None:
    """A look of something to which anything at all happens; None where nothing happens.

    What waits for one event must not fire at another: the asked for thing that is carried and does
    not touch the wall, that changes its colour and is not gone, that peeks in and does not come.
    """
    found = {
        (colour, thing.shape)
        for view in views
        for thing in view.seen
        if thing.into or thing.gripped or not thing.whole
        for colour in (thing.colour, thing.into)
        if colour
    }
    ordered = sorted(found)
    return ordered[int(draw.integers(len(ordered)))] if ordered else None


def something_happens(family: str, views: Sequence[View]) -> bool:
    """Whether some thing does in these views what a family of `WAITING` waits for."""
    first = {thing.key: thing for thing in views[0].seen}
    whole = {key for key, thing in first.items() if thing.whole}
    for view in views[1:]:
        for thing in view.seen:
            known = first.get(thing.key)
            if (
                (family in ('appear', 'ground') and thing.whole and thing.key not in whole)
                or (family == 'move' and thing.gripped)
                or (family == 'touch' and thing.touching and not (known and known.touching))
            ):
                return True
        if family == 'leave' and whole - {thing.key for thing in view.seen}:
            return True
    return False


def _targets(
    family: str,
    courses: dict[int, list[VisibleThing]],
    views: Sequence[View],
    draw: np.random.Generator,
) -> list[VisibleThing]:
    """The things to which what the family asks about happens, as they look then."""
    first = {thing.key for thing in views[0].seen if thing.whole}
    last = {thing.key for thing in views[-1].seen}
    found: list[VisibleThing] = []
    for key, course in courses.items():
        still = draw.random() < _STILL
        if family in ('appear', 'ground'):
            found += course[-1:] if key not in first else []
        elif family == 'presence':
            found.append(course[0] if key in first else course[-1])
        elif family == 'leave':
            found += course[:1] if key in first and (key not in last or still) else []
        elif family == 'recolour' or (family == 'colour' and _alone(course[0].shape, views)):
            found += course[:1] if still or any(thing.into for thing in course) else []
        elif family == 'colour':
            continue
        elif family == 'move':
            found += [thing for thing in course if thing.gripped][:1]
        else:
            found += [thing for thing in course if thing.touching][:1]
    return found


def _alone(shape: str, views: Sequence[View]) -> bool:
    """Whether 'the box' mostly means one thing: nobody asks for the colour of one of two boxes."""
    several = sum(sum(thing.shape == shape for thing in view.seen) > 1 for view in views)
    return several <= _SEVERAL * len(views)


def _one(draw: np.random.Generator, things: Sequence[VisibleThing]) -> VisibleThing:
    return things[int(draw.integers(len(things)))]


def _any(draw: np.random.Generator, words: Sequence[str]) -> str:
    return words[int(draw.integers(len(words)))]
