# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an event looks like at each instant: where the thing is and which stage it shows.

Each event is designed so that a single frame shows its stage: a thing that enters or leaves waits
cut off by the edge of the picture; a thing that changes color wears both colors; a thing that is
moved is held by a gripper. The transitions between stages take about a tenth of a second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import replace

import numpy as np

from streamo_ros.worlds.scene import DrawnThing
from streamo_ros.worlds.scene import Edge
from streamo_ros.worlds.scene import Slot
from streamo_ros.worlds.scene import Table
from streamo_ros.worlds.scene import VisibleThing

TRANSITION = 0.12
"""Seconds from one stage to the next."""
_HOLD = 0.2
"""Seconds for which the gripper holds a thing still before and after it carries it."""


@dataclass(frozen=True)
class WorldEvent:
    """Something that happens to one thing between two times in seconds.

    Attributes:
        kind: 'enter', 'leave', 'peek', 'recolour', 'carry' or 'touch'.
        thing: the thing before the event.
        start: when it begins.
        end: when it is over.
        edge: where the thing enters, leaves or peeks in.
        color: the new color of 'recolour'.
        slot: where 'carry' and 'touch' put the thing.
        inside: how far inside the edge its center is while it waits there, first and last.
    """

    kind: str
    thing: DrawnThing
    start: float
    end: float
    edge: Edge = 'left'
    color: str = ''
    slot: Slot = (0, 0)
    inside: tuple[float, float] = (0.0, 0.0)

    @property
    def after(self) -> DrawnThing | None:
        """The thing when the event is over; None when it is gone."""
        if self.kind in ('leave', 'peek'):
            return None
        if self.kind == 'recolour':
            return replace(self.thing, color=self.color)
        if self.kind == 'enter':
            return self.thing
        return replace(self.thing, slot=self.slot, touching=self.kind == 'touch')


def at_rest(table: Table, thing: DrawnThing) -> VisibleThing:
    """A thing to which nothing is happening."""
    position = _resting_position(table, thing)
    return replace(_visible(thing, position), touching=thing.touching)


def during(table: Table, event: WorldEvent, seconds: float) -> VisibleThing | None:
    """The thing of an event at a time between its start and end; None while it is out of view."""
    if event.kind in ('enter', 'leave', 'peek'):
        return _at_edge(table, event, seconds)
    if event.kind == 'recolour':
        return replace(at_rest(table, event.thing), into=event.color)
    return _carried(table, event, seconds)


def _at_edge(table: Table, event: WorldEvent, seconds: float) -> VisibleThing | None:
    thing = event.thing
    progress = (seconds - event.start) / (event.end - event.start)
    first, last = event.inside
    inside = first + (last - first) * progress
    outside = -1.6 * thing.radius
    home = table.distance_to(event.edge, _resting_position(table, thing))
    before = home if event.kind == 'leave' else outside
    after = home if event.kind == 'enter' else outside
    since, left = (seconds - event.start) / TRANSITION, (event.end - seconds) / TRANSITION
    inside = _ease(before, inside, since) if since < 1 else inside
    inside = _ease(after, inside, left) if left < 1 else inside
    if inside < -1.2 * thing.radius:
        return None
    position = table.across(thing.slot, event.edge, inside)
    return replace(_visible(thing, position), whole=inside > 0.8 * thing.radius)


def _carried(table: Table, event: WorldEvent, seconds: float) -> VisibleThing:
    after = event.after
    assert after is not None
    x0, y0 = _resting_position(table, event.thing)
    x1, y1 = _resting_position(table, after)
    duration = event.end - event.start - 2 * _HOLD
    progress = np.clip((seconds - event.start - _HOLD) / duration, 0.0, 1.0)
    smooth = float(progress * progress * (3 - 2 * progress))
    position = (x0 + (x1 - x0) * smooth, y0 + (y1 - y0) * smooth)
    return replace(_visible(event.thing, position), gripped=True)


def _resting_position(table: Table, thing: DrawnThing) -> tuple[float, float]:
    if thing.touching:
        return table.against_wall(thing.slot, thing.radius)
    return table.place(thing.slot)


def _visible(thing: DrawnThing, position: tuple[float, float]) -> VisibleThing:
    x, y = position
    return VisibleThing(
        thing.key, thing.shape, thing.color, x, y, thing.radius, thing.tilt, whole=True
    )


def _ease(outer: float, inner: float, progress: float) -> float:
    """Smoothly from ``outer`` (progress 0) to ``inner`` (progress 1)."""
    return outer + (inner - outer) * 0.5 * (1 - math.cos(math.pi * min(max(progress, 0.0), 1.0)))
