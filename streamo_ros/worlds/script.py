# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What happens on the table: an endless, seeded sequence of events in continuous time.

Knows events and their course; knows no pixels and no instructions. Each event is drawn so that a
single frame shows its stage: a thing that enters or leaves waits, cut by the edge of the picture;
a thing that changes colour wears both colours; a thing that is moved is held by a gripper. The
steps between the stages take about a tenth of a second.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import TypeVar

import numpy as np

from streamo_ros.worlds.scene import COLOURS
from streamo_ros.worlds.scene import Edge
from streamo_ros.worlds.scene import EDGES
from streamo_ros.worlds.scene import Panel
from streamo_ros.worlds.scene import SHAPES
from streamo_ros.worlds.scene import Slot
from streamo_ros.worlds.scene import Table
from streamo_ros.worlds.scene import Thing
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import VisibleThing

Item = TypeVar('Item')

KINDS = ('enter', 'leave', 'peek', 'recolour', 'carry', 'touch')
SNAP = 0.12
"""Seconds of a step between two stages."""


@dataclass(frozen=True)
class Pace:
    """How busy the table is; (least, most) in seconds where two numbers stand.

    Attributes:
        things: least and most things on the table.
        lasting: length of an event; 1.6 s or more so that sampling at 1 Hz sees it.
        pause: time between two events.
        number: time between two changes of the panel.
        panel: probability that there is a panel.
        wall: probability that there is a wall.
    """

    things: tuple[int, int] = (1, 5)
    lasting: tuple[float, float] = (1.6, 3.6)
    pause: tuple[float, float] = (0.6, 3.6)
    number: tuple[float, float] = (3.0, 9.0)
    panel: float = 0.35
    wall: float = 0.35


@dataclass(frozen=True)
class WorldEvent:
    """One thing's event between two times in seconds."""

    kind: str
    thing: Thing
    start: float
    end: float
    edge: Edge = 'left'
    colour: str = ''
    slot: Slot = (0, 0)
    inside: tuple[float, float] = (0.0, 0.0)
    """How far its centre is inside the edge when it waits there: at first and at last."""

    @property
    def after(self) -> Thing | None:
        """The thing when the event is over; None when it is gone."""
        if self.kind in ('leave', 'peek'):
            return None
        if self.kind == 'recolour':
            return replace(self.thing, colour=self.colour)
        if self.kind == 'enter':
            return self.thing
        return replace(self.thing, slot=self.slot, touching=self.kind == 'touch')


class Script:
    """The course of one world.

    Args:
        seed: everything follows from it.
        aspect: width / height of the picture.
        pace: how busy it is.
    """

    def __init__(self, seed: int, aspect: float, pace: Pace | None = None) -> None:
        self._random = np.random.default_rng([seed, 11])
        self.pace = pace = pace or Pace()
        draw = self._random
        wall = EDGES[draw.integers(4)] if draw.random() < pace.wall else None
        self.table = Table(aspect, wall)
        self._next_key = 0
        self.events: list[WorldEvent] = []
        self._ends: list[float] = []
        self._rests: list[tuple[Thing, ...]] = []
        self._panel_slots = self._choose_panel() if draw.random() < pace.panel else ()
        self._number_random = np.random.default_rng([seed, 12])
        self._changes, self._numbers = [0.0], [int(draw.integers(10, 100))]
        self._rests.append(self._first_things())
        self._until = float(draw.uniform(0.2, 2.5))

    def view(self, seconds: float) -> View:
        """What is visible at a time >= 0; any time may be asked for, in any order."""
        while self._until <= seconds + 1.0:
            self._add_event()
        index = bisect.bisect_right(self._ends, seconds)
        rest = self._rests[index]
        event = self.events[index] if index < len(self.events) else None
        seen = [
            self._at_rest(thing)
            for thing in rest
            if event is None or thing.key != event.thing.key or seconds < event.start
        ]
        arm = None
        if event is not None and seconds >= event.start:
            shown = self._under_way(event, seconds)
            if shown is not None:
                seen.append(shown)
                arm = (shown.x, shown.y) if shown.gripped else None
        return View(tuple(seen), self._panel(seconds), arm)

    def _panel(self, seconds: float) -> Panel | None:
        if not self._panel_slots:
            return None
        while self._changes[-1] <= seconds:
            self._add_number()
        value = self._numbers[bisect.bisect_right(self._changes, seconds) - 1]
        places = [self.table.place(slot) for slot in self._panel_slots]
        x = sum(place[0] for place in places) / 2
        y = sum(place[1] for place in places) / 2
        return Panel(x, y, value)

    def _add_number(self) -> None:
        draw, value = self._number_random, self._numbers[-1]
        self._changes.append(self._changes[-1] + float(draw.uniform(*self.pace.number)))
        self._numbers.append((value - 10 + int(draw.integers(1, 90))) % 90 + 10)

    def _at_rest(self, thing: Thing) -> VisibleThing:
        x, y = self._resting_place(thing)
        return VisibleThing(
            thing.key,
            thing.shape,
            thing.colour,
            x,
            y,
            thing.radius,
            thing.tilt,
            whole=True,
            touching=thing.touching,
        )

    def _resting_place(self, thing: Thing) -> tuple[float, float]:
        if thing.touching:
            return self.table.against_wall(thing.slot, thing.radius)
        return self.table.place(thing.slot)

    def _under_way(self, event: WorldEvent, seconds: float) -> VisibleThing | None:
        if event.kind in ('enter', 'leave', 'peek'):
            return self._at_edge(event, seconds)
        thing = event.thing
        if event.kind == 'recolour':
            return replace(self._at_rest(thing), into=event.colour)
        return self._carried(event, seconds)

    def _at_edge(self, event: WorldEvent, seconds: float) -> VisibleThing | None:
        thing, table = event.thing, self.table
        share = (seconds - event.start) / (event.end - event.start)
        first, last = event.inside
        inside = first + (last - first) * share
        away = -1.6 * thing.radius
        since, left = (seconds - event.start) / SNAP, (event.end - seconds) / SNAP
        rest = self._resting_place(thing)
        home = _inside(table, rest, event.edge)
        begin = home if event.kind == 'leave' else away
        finish = home if event.kind == 'enter' else away
        inside = _step(begin, inside, since) if since < 1 else inside
        inside = _step(finish, inside, left) if left < 1 else inside
        x, y = table.across(thing.slot, event.edge, inside)
        if inside < -1.2 * thing.radius:
            return None
        return VisibleThing(
            thing.key,
            thing.shape,
            thing.colour,
            x,
            y,
            thing.radius,
            thing.tilt,
            whole=inside > 0.8 * thing.radius,
        )

    def _carried(self, event: WorldEvent, seconds: float) -> VisibleThing:
        thing = event.thing
        after = event.after
        assert after is not None
        x0, y0 = self._resting_place(thing)
        x1, y1 = self._resting_place(after)
        share = np.clip((seconds - event.start - 0.2) / (event.end - event.start - 0.4), 0.0, 1.0)
        smooth = float(share * share * (3 - 2 * share))
        return VisibleThing(
            thing.key,
            thing.shape,
            thing.colour,
            x0 + (x1 - x0) * smooth,
            y0 + (y1 - y0) * smooth,
            thing.radius,
            thing.tilt,
            whole=True,
            gripped=True,
        )

    def _choose_panel(self) -> tuple[Slot, ...]:
        columns, rows = self.table.shape
        column = int(self._random.integers(columns - 1))
        row = int(self._random.integers(rows))
        return (column, row), (column + 1, row)

    def _free(self, things: tuple[Thing, ...]) -> list[Slot]:
        taken = {thing.slot for thing in things} | set(self._panel_slots)
        return [slot for slot in self.table.slots if slot not in taken]

    def _new_thing(self, slot: Slot, others: tuple[Thing, ...]) -> Thing:
        draw = self._random
        looks = {(thing.shape, thing.colour) for thing in others}
        while True:
            shape, colour = _one_of(draw, SHAPES), _one_of(draw, COLOURS)
            # Near misses: a new thing often shares its shape or colour with one on the table.
            if others and draw.random() < 0.35:
                other = others[int(draw.integers(len(others)))]
                shape, colour = (
                    (other.shape, colour) if draw.random() < 0.5 else (shape, other.colour)
                )
            if (shape, colour) not in looks:
                break
        self._next_key += 1
        radius = float(draw.uniform(0.1, 0.118))
        tilt = float(draw.uniform(-0.3, 0.3))
        return Thing(self._next_key, shape, colour, radius, tilt, slot)

    def _first_things(self) -> tuple[Thing, ...]:
        things: tuple[Thing, ...] = ()
        for _ in range(int(self._random.integers(self.pace.things[0], self.pace.things[1] + 1))):
            free = self._free(things)
            if free:
                things += (self._new_thing(_one_of(self._random, free), things),)
        return things

    def _add_event(self) -> None:
        draw, things = self._random, self._rests[-1]
        event = None
        while event is None:
            event = self._try_event(_one_of(draw, KINDS), things)
        rest = tuple(thing for thing in things if thing.key != event.thing.key)
        after = event.after
        self.events.append(event)
        self._ends.append(event.end)
        self._rests.append(rest if after is None else (*rest, after))
        self._until = event.end + float(draw.uniform(*self.pace.pause))

    def _try_event(self, kind: str, things: tuple[Thing, ...]) -> WorldEvent | None:
        draw, table = self._random, self.table
        start = self._until
        end = start + float(draw.uniform(*self.pace.lasting))
        free = self._free(things)
        if kind in ('enter', 'peek'):
            border = [slot for slot in free if table.edges(slot)]
            if (
                not border
                or len(things) >= self.pace.things[1]
                or (kind == 'peek' and draw.random() < 0.5)
            ):
                return None
            thing = self._new_thing(_one_of(draw, border), things)
            return self._edge_event(kind, thing, start, end)
        if not things:
            return None
        thing = _one_of(draw, things)
        if kind == 'leave':
            if len(things) <= self.pace.things[0] or not table.edges(thing.slot) or thing.touching:
                return None
            return self._edge_event(kind, thing, start, end)
        if kind == 'recolour':
            looks = {(other.shape, other.colour) for other in things}
            colours = [colour for colour in COLOURS if (thing.shape, colour) not in looks]
            return WorldEvent(kind, thing, start, end, colour=_one_of(draw, colours))
        if kind == 'touch':
            free = [slot for slot in [*free, thing.slot] if table.beside_wall(slot)]
            if thing.touching:
                return None
        return WorldEvent(kind, thing, start, end, slot=_one_of(draw, free)) if free else None

    def _edge_event(self, kind: str, thing: Thing, start: float, end: float) -> WorldEvent:
        edge = _one_of(self._random, self.table.edges(thing.slot))
        shallow, deep = sorted(self._random.uniform(-0.05, 0.4, 2) * thing.radius)
        inside = (deep, shallow) if kind == 'leave' else (shallow, deep)
        first, last = float(inside[0]), float(inside[1])
        return WorldEvent(kind, thing, start, end, edge=edge, inside=(first, last))


def _inside(table: Table, place: tuple[float, float], edge: Edge) -> float:
    return {
        'left': place[0],
        'right': table.width - place[0],
        'top': place[1],
        'bottom': table.height - place[1],
    }[edge]


def _step(outer: float, inner: float, share: float) -> float:
    """From ``outer`` (share 0) to ``inner`` (share 1), smoothly."""
    return outer + (inner - outer) * 0.5 * (1 - math.cos(math.pi * min(max(share, 0.0), 1.0)))


def _one_of(draw: np.random.Generator, items: Sequence[Item]) -> Item:
    return items[int(draw.integers(len(items)))]
