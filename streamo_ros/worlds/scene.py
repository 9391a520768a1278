# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What lies on the table at one instant: things, their looks and places, and what is visible.

Knows the vocabulary of shapes and colours and the geometry of the table. Knows neither time nor
pixels. Lengths are in units of sqrt(width * height) of the picture, so that a thing looks equally
large in 4:3, 16:9 and square pictures; x grows to the right, y downwards, (0, 0) is the corner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from streamo_ros.core.errors import StreamoError

SHAPES = ('ball', 'box', 'cone', 'star', 'ring')
COLOURS = ('red', 'green', 'blue', 'yellow', 'pink', 'white', 'black')

Edge = Literal['left', 'right', 'top', 'bottom']
EDGES: tuple[Edge, ...] = ('left', 'right', 'top', 'bottom')
Slot = tuple[int, int]
"""Column and row of a resting place."""

SPACING = 0.249
"""Least distance between resting places; a cell of the model's grid is 0.224 wide."""
WALL = 0.07
"""Thickness of the wall."""


class WorldError(StreamoError, ValueError):
    """A world cannot be made as asked; the message says what is wrong and what mends it."""


@dataclass(frozen=True)
class Table:
    """The picture's extent, its resting places and the wall.

    Attributes:
        aspect: width / height of the picture.
        wall: the edge along which a brick wall stands, or None.
    """

    aspect: float
    wall: Edge | None = None

    @property
    def width(self) -> float:
        """Width in units."""
        return float(self.aspect**0.5)

    @property
    def height(self) -> float:
        """Height in units."""
        return 1.0 / self.width

    @property
    def shape(self) -> tuple[int, int]:
        """Columns and rows of resting places."""
        columns, rows = int(self.width / SPACING), int(self.height / SPACING)
        return columns - (self.wall in ('left', 'right')), rows - (self.wall in ('top', 'bottom'))

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every resting place."""
        columns, rows = self.shape
        return tuple((column, row) for row in range(rows) for column in range(columns))

    def place(self, slot: Slot) -> tuple[float, float]:
        """Centre of a resting place; the wall's side keeps a clear gap to the wall."""
        room = 0.16
        left = room * (self.wall == 'left')
        top = room * (self.wall == 'top')
        columns, rows = self.shape
        wide = self.width - room * (self.wall in ('left', 'right'))
        high = self.height - room * (self.wall in ('top', 'bottom'))
        return (left + (slot[0] + 0.5) * wide / columns, top + (slot[1] + 0.5) * high / rows)

    def edges(self, slot: Slot) -> tuple[Edge, ...]:
        """The edges of the picture at which a resting place lies, the wall's left out."""
        columns, rows = self.shape
        at = {
            'left': slot[0] == 0,
            'right': slot[0] == columns - 1,
            'top': slot[1] == 0,
            'bottom': slot[1] == rows - 1,
        }
        return tuple(edge for edge in EDGES if at[edge] and edge != self.wall)

    def beside_wall(self, slot: Slot) -> bool:
        """Whether a thing at this resting place can be pushed straight against the wall."""
        columns, rows = self.shape
        return (
            (self.wall == 'left' and slot[0] == 0)
            or (self.wall == 'right' and slot[0] == columns - 1)
            or (self.wall == 'top' and slot[1] == 0)
            or (self.wall == 'bottom' and slot[1] == rows - 1)
        )

    def against_wall(self, slot: Slot, radius: float) -> tuple[float, float]:
        """Centre of a thing that touches the wall beside this resting place."""
        x, y = self.place(slot)
        if self.wall == 'left':
            return WALL + radius, y
        if self.wall == 'right':
            return self.width - WALL - radius, y
        if self.wall == 'top':
            return x, WALL + radius
        return x, self.height - WALL - radius

    def across(self, slot: Slot, edge: Edge, inside: float) -> tuple[float, float]:
        """Centre of a thing that is ``inside`` units within ``edge``, in line with a place."""
        x, y = self.place(slot)
        if edge == 'left':
            return inside, y
        if edge == 'right':
            return self.width - inside, y
        if edge == 'top':
            return x, inside
        return x, self.height - inside

    def depth(self, x: float, y: float) -> float:
        """How far inside the picture a point is; negative outside."""
        return min(x, y, self.width - x, self.height - y)


@dataclass(frozen=True)
class Thing:
    """One object.

    Attributes:
        key: identity within its world.
        radius: half its extent, units.
        tilt: rotation, radians.
        slot: its resting place.
        touching: whether it rests against the wall instead of in the middle of its place.
    """

    key: int
    shape: str
    colour: str
    radius: float
    tilt: float
    slot: Slot
    touching: bool = False


@dataclass(frozen=True)
class VisibleThing:
    """One thing as the picture shows it.

    Attributes:
        x: centre, units; may lie outside the picture.
        y: centre, units.
        whole: False while an edge of the picture cuts it.
        into: the second colour while the thing changes colour, else None.
        gripped: whether the gripper holds it.
        touching: whether it is in contact with the wall and let go.
    """

    key: int
    shape: str
    colour: str
    x: float
    y: float
    radius: float
    tilt: float
    whole: bool
    into: str | None = None
    gripped: bool = False
    touching: bool = False


@dataclass(frozen=True)
class Panel:
    """A display with a two-digit number.

    Attributes:
        x: centre, units.
        y: centre, units.
        value: 10 to 99.
    """

    x: float
    y: float
    value: int


@dataclass(frozen=True)
class View:
    """Everything visible at one instant: what labels are made from."""

    seen: tuple[VisibleThing, ...]
    panel: Panel | None
    arm: tuple[float, float] | None = None
    """Where the gripper is, when it is in the picture."""
