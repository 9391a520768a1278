# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The endless, seeded sequence of events on one table.

Events are drawn one after another as later times are asked for; two events never overlap.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass

import numpy as np

from streamo_ros.worlds.draws import pick
from streamo_ros.worlds.motion import at_rest
from streamo_ros.worlds.motion import during
from streamo_ros.worlds.motion import WorldEvent
from streamo_ros.worlds.scene import COLORS
from streamo_ros.worlds.scene import DrawnThing
from streamo_ros.worlds.scene import EDGES
from streamo_ros.worlds.scene import Panel
from streamo_ros.worlds.scene import SHAPES
from streamo_ros.worlds.scene import Slot
from streamo_ros.worlds.scene import Table
from streamo_ros.worlds.scene import View

KINDS = ('enter', 'leave', 'peek', 'recolour', 'carry', 'touch')


@dataclass(frozen=True)
class Pace:
    """How busy the table is; pairs of floats are (minimum, maximum) in seconds.

    Attributes:
        things: minimum and maximum number of things on the table.
        lasting: duration of an event; at least 1.6 s, so that sampling at 1 Hz catches it.
        pause: time between two events.
        number: time between two changes of the display.
        panel: probability that there is a display.
        wall: probability that there is a wall.
    """

    things: tuple[int, int] = (1, 5)
    lasting: tuple[float, float] = (1.6, 3.6)
    pause: tuple[float, float] = (0.6, 3.6)
    number: tuple[float, float] = (3.0, 9.0)
    panel: float = 0.35
    wall: float = 0.35


class Script:
    """The events of one world.

    Args:
        seed: determines everything.
        aspect: width / height of the picture.
        pace: how busy the table is.
    """

    def __init__(self, seed: int, aspect: float, pace: Pace | None = None) -> None:
        self._rng = np.random.default_rng([seed, 11])
        self.pace = pace = pace or Pace()
        rng = self._rng
        wall = EDGES[rng.integers(4)] if rng.random() < pace.wall else None
        self.table = Table(aspect, wall)
        self._next_key = 0
        self.events: list[WorldEvent] = []
        self._ends: list[float] = []
        # What rests on the table before each event, and after the last one.
        self._resting: list[tuple[DrawnThing, ...]] = []
        self._panel_slots = self._choose_panel() if rng.random() < pace.panel else ()
        # A stream of its own: how often the display is asked for must not change the events.
        self._number_rng = np.random.default_rng([seed, 12])
        self._changes, self._numbers = [0.0], [int(rng.integers(10, 100))]
        self._resting.append(self._first_things())
        self._next_start = float(rng.uniform(0.2, 2.5))

    def view(self, seconds: float) -> View:
        """What is visible at a time >= 0; times may be requested in any order."""
        while self._next_start <= seconds + 1.0:
            self._add_event()
        index = bisect.bisect_right(self._ends, seconds)
        event = self.events[index] if index < len(self.events) else None
        started = event if event is not None and seconds >= event.start else None
        visible = [
            at_rest(self.table, thing)
            for thing in self._resting[index]
            if started is None or thing.key != started.thing.key
        ]
        arm = None
        if started is not None:
            active = during(self.table, started, seconds)
            if active is not None:
                visible.append(active)
                arm = (active.x, active.y) if active.gripped else None
        return View(tuple(visible), self._panel(seconds), arm)

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
        rng, value = self._number_rng, self._numbers[-1]
        self._changes.append(self._changes[-1] + float(rng.uniform(*self.pace.number)))
        self._numbers.append((value - 10 + int(rng.integers(1, 90))) % 90 + 10)

    def _choose_panel(self) -> tuple[Slot, ...]:
        columns, rows = self.table.shape
        column = int(self._rng.integers(columns - 1))
        row = int(self._rng.integers(rows))
        return (column, row), (column + 1, row)

    def _free(self, things: tuple[DrawnThing, ...]) -> list[Slot]:
        taken = {thing.slot for thing in things} | set(self._panel_slots)
        return [slot for slot in self.table.slots if slot not in taken]

    def _new_thing(self, slot: Slot, others: tuple[DrawnThing, ...]) -> DrawnThing:
        rng = self._rng
        taken = {(thing.shape, thing.color) for thing in others}
        while True:
            shape, color = pick(rng, SHAPES), pick(rng, COLORS)
            # Near misses: a new thing often shares its shape or color with one on the table.
            if others and rng.random() < 0.35:
                other = pick(rng, others)
                shape, color = (other.shape, color) if rng.random() < 0.5 else (shape, other.color)
            if (shape, color) not in taken:
                break
        self._next_key += 1
        radius = float(rng.uniform(0.1, 0.118))
        tilt = float(rng.uniform(-0.3, 0.3))
        return DrawnThing(self._next_key, shape, color, radius, tilt, slot)

    def _first_things(self) -> tuple[DrawnThing, ...]:
        things: tuple[DrawnThing, ...] = ()
        for _ in range(int(self._rng.integers(self.pace.things[0], self.pace.things[1] + 1))):
            free = self._free(things)
            if free:
                things += (self._new_thing(pick(self._rng, free), things),)
        return things

    def _add_event(self) -> None:
        rng, things = self._rng, self._resting[-1]
        event = None
        while event is None:
            event = self._try_event(pick(rng, KINDS), things)
        others = tuple(thing for thing in things if thing.key != event.thing.key)
        after = event.after
        self.events.append(event)
        self._ends.append(event.end)
        self._resting.append(others if after is None else (*others, after))
        self._next_start = event.end + float(rng.uniform(*self.pace.pause))

    def _try_event(self, kind: str, things: tuple[DrawnThing, ...]) -> WorldEvent | None:
        """An event of this kind, or None if it cannot happen now."""
        rng, table = self._rng, self.table
        start = self._next_start
        end = start + float(rng.uniform(*self.pace.lasting))
        free = self._free(things)
        if kind in ('enter', 'peek'):
            border = [slot for slot in free if table.edges(slot)]
            if (
                not border
                or len(things) >= self.pace.things[1]
                or (kind == 'peek' and rng.random() < 0.5)
            ):
                return None
            thing = self._new_thing(pick(rng, border), things)
            return self._edge_event(kind, thing, start, end)
        if not things:
            return None
        thing = pick(rng, things)
        if kind == 'leave':
            if len(things) <= self.pace.things[0] or not table.edges(thing.slot) or thing.touching:
                return None
            return self._edge_event(kind, thing, start, end)
        if kind == 'recolour':
            taken = {(other.shape, other.color) for other in things}
            colors = [color for color in COLORS if (thing.shape, color) not in taken]
            return WorldEvent(kind, thing, start, end, color=pick(rng, colors))
        if kind == 'touch':
            free = [slot for slot in [*free, thing.slot] if table.beside_wall(slot)]
            if thing.touching:
                return None
        return WorldEvent(kind, thing, start, end, slot=pick(rng, free)) if free else None

    def _edge_event(self, kind: str, thing: DrawnThing, start: float, end: float) -> WorldEvent:
        edge = pick(self._rng, self.table.edges(thing.slot))
        shallow, deep = sorted(self._rng.uniform(-0.05, 0.4, 2) * thing.radius)
        inside = (deep, shallow) if kind == 'leave' else (shallow, deep)
        first, last = float(inside[0]), float(inside[1])
        return WorldEvent(kind, thing, start, end, edge=edge, inside=(first, last))
