# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Draws shapes, wall, display and gripper in table units onto a picture, antialiased by OpenCV."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.worlds.scene import Panel
from streamo_ros.worlds.scene import Table
from streamo_ros.worlds.scene import VisibleThing
from streamo_ros.worlds.scene import WALL

Picture = NDArray[np.uint8]
Point = tuple[float, float]
Rgb = tuple[float, float, float]

_SHIFT = 4
"""Fractional bits of the coordinates that OpenCV takes."""
_SEGMENTS = (
    'abcdef',
    'bc',
    'abged',
    'abgcd',
    'fgbc',
    'afgcd',
    'afgedc',
    'abc',
    'abcdefg',
    'abcdfg',
)
"""Lit segments of each digit."""


class Brush:
    """Draws on a picture in table units.

    Args:
        image: the picture, uint8 RGB of shape (height, width, 3); drawn on in place.
        unit: pixels per unit.
        dx: offset of everything that is drawn, in units.
        dy: likewise.
    """

    def __init__(self, image: Picture, unit: float, dx: float, dy: float) -> None:
        self.image, self._scale = image, unit * (1 << _SHIFT)
        self._unit, self._dx, self._dy = unit, dx, dy

    def _fixed_point(self, point: Point) -> tuple[int, int]:
        return (
            round((point[0] + self._dx) * self._scale - 8),
            round((point[1] + self._dy) * self._scale - 8),
        )

    def line(self, a: Point, b: Point, width: float, color: Rgb) -> None:
        """A line from one point to another."""
        cv2.line(
            self.image,
            self._fixed_point(a),
            self._fixed_point(b),
            color,
            max(round(width * self._unit), 1),
            cv2.LINE_AA,
            _SHIFT,
        )

    def disc(self, center: Point, radius: float, color: Rgb, width: float = 0.0) -> None:
        """A disc, or a ring ``width`` units thick."""
        thickness = max(round(width * self._unit), 1) if width else -1
        cv2.circle(
            self.image,
            self._fixed_point(center),
            round(radius * self._scale),
            color,
            thickness,
            cv2.LINE_AA,
            _SHIFT,
        )

    def half_disc(
        self, center: Point, radius: float, start: float, color: Rgb, width: float = 0.0
    ) -> None:
        """Half a disc, or half a ring ``width`` units thick, from an angle in degrees."""
        thickness = max(round(width * self._unit), 1) if width else -1
        size = round(radius * self._scale)
        cv2.ellipse(
            self.image,
            self._fixed_point(center),
            (size, size),
            0,
            start,
            start + 180,
            color,
            thickness,
            cv2.LINE_AA,
            _SHIFT,
        )

    def polygon(self, points: NDArray[np.float64], color: Rgb) -> None:
        """A filled polygon; points of shape (n, 2)."""
        moved = points + np.array((self._dx, self._dy))
        shifted = np.round(moved * self._scale - 8).astype(np.int32)
        cv2.fillPoly(self.image, [shifted], color, cv2.LINE_AA, _SHIFT)


def paint_shape(
    brush: Brush, thing: VisibleThing, center: Point, color: Rgb, into: Rgb | None
) -> None:
    """A thing; if ``into`` is given, its right half has this second color."""
    r = thing.radius
    if thing.shape in ('ball', 'ring'):
        width = 0.42 * r if thing.shape == 'ring' else 0.0
        radius = 0.79 * r if width else 0.96 * r
        brush.disc(center, radius, color, width)
        if into:
            brush.half_disc(center, radius, -90, into, width)
        return
    outline = _outline(thing.shape, r, thing.tilt)
    brush.polygon(outline + center, color)
    if into:
        brush.polygon(_right_half(outline) + center, into)


def _outline(shape: str, r: float, tilt: float) -> NDArray[np.float64]:
    if shape == 'box':
        points = 0.82 * r * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
    elif shape == 'cone':
        points = r * np.array([(0, -1.08), (1.0, 0.86), (-1.0, 0.86)], float)
    else:
        angle = np.arange(8) * math.pi / 4
        reach = np.where(np.arange(8) % 2 == 0, 1.18, 0.40) * r
        points = np.stack((reach * np.sin(angle), -reach * np.cos(angle)), 1)
    rotation = np.array([[math.cos(tilt), -math.sin(tilt)], [math.sin(tilt), math.cos(tilt)]])
    return points @ rotation.T


def _right_half(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The part of a star-convex outline to the right of x = 0."""
    kept: list[tuple[float, float]] = []
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, 0), strict=True):
        if x0 >= 0:
            kept.append((x0, y0))
        if (x0 < 0) != (x1 < 0):
            kept.append((0.0, y0 + (y1 - y0) * x0 / (x0 - x1)))
    return np.array(kept)


def paint_gripper(brush: Brush, x: float, y: float) -> None:
    """The gripper, open around a point."""
    steel, dark = (168, 172, 178), (72, 74, 80)
    brush.line((x, -0.2), (x, y - 0.135), 0.034, dark)
    brush.line((x - 0.125, y - 0.14), (x + 0.125, y - 0.14), 0.03, steel)
    for side in (-0.125, 0.125):
        brush.line((x + side, y - 0.14), (x + side, y + 0.03), 0.026, steel)


def paint_panel(brush: Brush, panel: Panel) -> None:
    """The display with its number in seven segments per digit."""
    x, y = panel.x, panel.y
    corners = np.array([(-0.2, -0.118), (0.2, -0.118), (0.2, 0.118), (-0.2, 0.118)])
    brush.polygon(corners + np.array((x, y)), (18, 26, 22))
    for left, digit in zip((x - 0.098, x + 0.098), divmod(panel.value, 10), strict=True):
        _paint_digit(brush, left, y, digit)


def _paint_digit(brush: Brush, x: float, y: float, digit: int) -> None:
    w, h, thickness = 0.052, 0.082, 0.026
    ends = {
        'a': ((-w, -h), (w, -h)),
        'b': ((w, -h), (w, 0)),
        'c': ((w, 0), (w, h)),
        'd': ((-w, h), (w, h)),
        'e': ((-w, 0), (-w, h)),
        'f': ((-w, -h), (-w, 0)),
        'g': ((-w, 0), (w, 0)),
    }
    for name in _SEGMENTS[digit]:
        (x0, y0), (x1, y1) = ends[name]
        brush.line((x + x0, y + y0), (x + x1, y + y1), thickness, (90, 250, 130))


def paint_wall(brush: Brush, table: Table) -> None:
    """The brick wall along one edge of a table that has one."""
    margin = 0.2
    w, h = table.width, table.height
    x0, y0, x1, y1 = {
        'left': (-margin, -margin, WALL, h + margin),
        'right': (w - WALL, -margin, w + margin, h + margin),
        'top': (-margin, -margin, w + margin, WALL),
        'bottom': (-margin, h - WALL, w + margin, h + margin),
    }[table.wall or 'left']
    brush.polygon(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]), (132, 74, 52))
    mortar, size = (190, 178, 166), WALL / 2
    if table.wall in ('left', 'right'):
        edge = WALL if table.wall == 'left' else w - WALL
        for k in range(-3, 44):
            brush.line((x0, k * size), (x1, k * size), 0.006, mortar)
        brush.line((edge, y0), (edge, y1), 0.008, mortar)
    else:
        edge = WALL if table.wall == 'top' else h - WALL
        for k in range(-3, 44):
            brush.line((k * size, y0), (k * size, y1), 0.006, mortar)
        brush.line((x0, edge), (x1, edge), 0.008, mortar)
