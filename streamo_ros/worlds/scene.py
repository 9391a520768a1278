# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is on the table at one instant: the things, their appearance and position, the display.

Lengths are in units of sqrt(width * height) of the picture, so that a thing looks equally large
in 4:3, 16:9 and square pictures. x grows to the right, y downward; (0, 0) is the top left corner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from streamo_ros.core.errors import StreamoError

SHAPES = ('ball', 'box', 'cone', 'star', 'ring')
COLORS = ('red', 'green', 'blue', 'yellow', 'pink', 'white', 'black')

Edge = Literal['left', 'right', 'top', 'bottom']
EDGES: tuple[Edge, ...] = ('left', 'right', 'top', 'bottom')
Slot = tuple[int, int]
"""Column and row of a place on the table."""

SPACING = 0.249
"""Minimum distance between slots; a cell of the model's grid is 0.224 wide."""
WALL = 0.07
"""Thickness of the wall."""


class WorldError(StreamoError, ValueError):
    """A world cannot be created as requested; states the problem and how to fix it."""


@dataclass(frozen=True)
class Table:
    """The extent of the picture, the slots on the table and the wall.

    Attributes:
        aspect: width / height of the picture.
        wall: the edge along which there is a brick wall, or None.
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
        """Number of columns and rows of slots."""
        columns, rows = int(self.width / SPACING), int(self.height / SPACING)
        return columns - (self.wall in ('left', 'right')), rows - (self.wall in ('top', 'bottom'))

    @property
    def slots(self) -> tuple[Slot, ...]:
        """All slots, row by row."""
        columns, rows = self.shape
        return tuple((column, row) for row in range(rows) for column in range(columns))

    def place(self, slot: Slot) -> tuple[float, float]:
        """Center of a slot; there is a clear gap between the slots and the wall."""
        gap = 0.16
        left = gap * (self.wall == 'left')
        top = gap * (self.wall == 'top')
        columns, rows = self.shape
        wide = self.width - gap * (self.wall in ('left', 'right'))
        high = self.height - gap * (self.wall in ('top', 'bottom'))
        return (left + (slot[0] + 0.5) * wide / columns, top + (slot[1] + 0.5) * high / rows)

    def edges(self, slot: Slot) -> tuple[Edge, ...]:
        """The edges of the picture next to a slot, except the one with the wall."""
        columns, rows = self.shape
        borders = {
            'left': slot[0] == 0,
            'right': slot[0] == columns - 1,
            'top': slot[1] == 0,
            'bottom': slot[1] == rows - 1,
        }
        return tuple(edge for edge in EDGES if borders[edge] and edge != self.wall)

    def beside_wall(self, slot: Slot) -> bool:
        """Whether a thing in this slot can be pushed straight against the wall."""
        columns, rows = self.shape
        return (
            (self.wall == 'left' and slot[0] == 0)
            or (self.wall == 'right' and slot[0] == columns - 1)
            or (self.wall == 'top' and slot[1] == 0)
            or (self.wall == 'bottom' and slot[1] == rows - 1)
        )

    def against_wall(self, slot: Slot, radius: float) -> tuple[float, float]:
        """Center of a thing that touches the wall next to this slot."""
        x, y = self.place(slot)
        if self.wall == 'left':
            return WALL + radius, y
        if self.wall == 'right':
            return self.width - WALL - radius, y
        if self.wall == 'top':
            return x, WALL + radius
        return x, self.height - WALL - radius

    def across(self, slot: Slot, edge: Edge, inside: float) -> tuple[float, float]:
        """Center of a thing that is ``inside`` units within ``edge``, in line with a slot."""
        x, y = self.place(slot)
        if edge == 'left':
            return inside, y
        if edge == 'right':
            return self.width - inside, y
        if edge == 'top':
            return x, inside
        return x, self.height - inside

    def distance_to(self, edge: Edge, point: tuple[float, float]) -> float:
        """How far inside the picture a point is, measured from an edge; negative outside."""
        return {
            'left': point[0],
            'right': self.width - point[0],
            'top': point[1],
            'bottom': self.height - point[1],
        }[edge]


@dataclass(frozen=True)
class DrawnThing:
    """One object.

    Attributes:
        key: identity within its world.
        radius: half its extent in units.
        tilt: rotation in radians.
        slot: where it rests.
        touching: whether it rests against the wall instead of in the center of its slot.
    """

    key: int
    shape: str
    color: str
    radius: float
    tilt: float
    slot: Slot
    touching: bool = False


@dataclass(frozen=True)
class VisibleThing:
    """One thing as it appears in the picture.

    Attributes:
        x: center in units; may lie outside the picture.
        y: center in units.
        whole: False while an edge of the picture cuts it off.
        into: the new color while the thing is changing color, else None.
        gripped: whether the gripper holds it.
        touching: whether it has been released in contact with the wall.
    """

    key: int
    shape: str
    color: str
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
        x: center in units.
        y: center in units.
        value: 10 to 99.
    """

    x: float
    y: float
    value: int


@dataclass(frozen=True)
class View:
    """Everything visible at one instant; labels follow from it alone.

    Attributes:
        things: the visible things.
        panel: the display, if there is one.
        arm: position of the gripper in units, if it is in the picture.
    """

    things: tuple[VisibleThing, ...]
    panel: Panel | None
    arm: tuple[float, float] | None = None
