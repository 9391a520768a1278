# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From what is visible to pixels: table, things, wall, panel, gripper, light, noise, blur, shake.

Knows drawing and the camera's faults. Knows no events: the same view at the same time and seed is
the same picture. All shapes are drawn antialiased by OpenCV; no assets.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.worlds.scene import Panel
from streamo_ros.worlds.scene import Table
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import VisibleThing
from streamo_ros.worlds.scene import WALL

Picture = NDArray[np.uint8]
Colour = tuple[float, float, float]

RGB: dict[str, Colour] = {
    'red': (214, 32, 32),
    'green': (34, 160, 48),
    'blue': (36, 70, 220),
    'yellow': (244, 214, 24),
    'pink': (240, 96, 190),
    'white': (246, 246, 246),
    'black': (24, 24, 26),
}
_SHIFT = 4
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


class Painter:
    """Draws the views of one world.

    Args:
        seed: looks of the table and faults of the camera follow from it.
        table: the table.
        width: of the picture, pixels.
        height: of the picture, pixels.
    """

    def __init__(self, seed: int, table: Table, width: int, height: int) -> None:
        draw = np.random.default_rng([seed, 21])
        self.table, self.width, self.height = table, width, height
        self.unit = math.sqrt(width * height)
        self._margin = math.ceil(0.03 * self.unit)
        self._shake = float(draw.choice((0.0, 0.0015, 0.004)))
        self._drift = float(draw.choice((0.0, 0.006, 0.012)))
        self._phase = draw.uniform(0, 2 * math.pi, 6)
        self._flicker = float(draw.uniform(0.0, 0.05))
        self._gain = float(draw.uniform(0.78, 1.18))
        self._blur = float(draw.choice((0.0, 0.0, 0.003, 0.006)))
        self._tints = {name: _jitter(draw, colour) for name, colour in RGB.items()}
        self._shadow = (0.02 * draw.uniform(-1, 1), 0.02 * draw.uniform(0.2, 1))
        self._noise = _noise(draw, self.width + 64, self.height + 64, draw.uniform(1.0, 7.0))
        self._seed = seed
        self._ground = self._paint_ground(draw)
        self._pole = float(draw.uniform(0.1, 0.9)) if draw.random() < 0.15 else None

    def picture(self, view: View, seconds: float) -> Picture:
        """Draw a view; uint8 RGB of shape (height, width, 3)."""
        dx, dy = self._offset(seconds)
        image = self._cut_ground(dx, dy)
        brush = _Brush(image, self.unit, dx, dy)
        if view.panel is not None:
            _paint_panel(brush, view.panel)
        for thing in view.seen:
            self._paint_thing(brush, thing)
        if view.arm is not None:
            _paint_gripper(brush, *view.arm)
        if self._pole is not None:
            x = self._pole * self.table.width
            brush.line((x, -0.1), (x, 2.0), 0.018, (70, 66, 62))
        return self._expose(image, seconds)

    def _offset(self, seconds: float) -> tuple[float, float]:
        """Shake (fast) and drift (slow) of the camera, units."""
        p, t = self._phase, seconds
        x = self._drift * math.sin(0.21 * t + p[0]) + self._shake * math.sin(17.3 * t + p[1])
        y = self._drift * math.sin(0.17 * t + p[2]) + self._shake * math.sin(13.9 * t + p[3])
        return x, y

    def _cut_ground(self, dx: float, dy: float) -> Picture:
        x = self._margin - round(dx * self.unit)
        y = self._margin - round(dy * self.unit)
        return self._ground[y : y + self.height, x : x + self.width].copy()

    def _paint_thing(self, brush: _Brush, thing: VisibleThing) -> None:
        colour = self._tints[thing.colour]
        lift = 2.2 if thing.gripped else 1.0
        shadow = (thing.x + lift * self._shadow[0], thing.y + lift * self._shadow[1])
        _paint_shape(brush, thing, shadow, (52, 48, 46), None)
        into = self._tints[thing.into] if thing.into else None
        _paint_shape(brush, thing, (thing.x, thing.y), colour, into)

    def _expose(self, image: Picture, seconds: float) -> Picture:
        gain = self._gain * (1 + self._flicker * math.sin(0.9 * seconds + self._phase[4]))
        if self._blur:
            deviation = max(self._blur * self.unit, 0.3)
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), deviation), np.uint8)
        spin = int(seconds * 1000) * 2654435761 + self._seed
        x, y = spin % 61, (spin // 61) % 59
        noise = self._noise[y : y + self.height, x : x + self.width]
        return np.asarray(cv2.addWeighted(image, gain, noise, 1.0, -128.0), np.uint8)

    def _paint_ground(self, draw: np.random.Generator) -> Picture:
        """The table top with a margin for the shake: tint, light fall-off, pattern, wall."""
        wide, high = self.width + 2 * self._margin, self.height + 2 * self._margin
        base = float(draw.uniform(88, 176)) * (1 + 0.12 * draw.uniform(-1, 1, 3))
        ramp = np.outer(np.linspace(-1, 1, high), np.ones(wide)) * draw.uniform(-0.18, 0.18)
        ramp = ramp + np.outer(np.ones(high), np.linspace(-1, 1, wide)) * draw.uniform(-0.18, 0.18)
        coarse = draw.normal(0, 1, (12, 16))
        grain = cv2.resize(coarse, (wide, high), interpolation=cv2.INTER_CUBIC)
        ramp = ramp + draw.uniform(0, 0.06) * grain
        ground = np.clip(base * (1 + ramp[..., None]), 0, 255).astype(np.uint8)
        ground = np.ascontiguousarray(ground)
        brush = _Brush(ground, self.unit, self._margin / self.unit, self._margin / self.unit)
        self._paint_pattern(draw, brush, base)
        if self.table.wall:
            _paint_wall(brush, self.table)
        return ground

    def _paint_pattern(
        self, draw: np.random.Generator, brush: _Brush, base: NDArray[np.float64]
    ) -> None:
        """Boards, tiles or stains, of low contrast: distractors of the ground."""
        shade = tuple(float(c) for c in base * draw.uniform(0.86, 0.95))
        kind = draw.integers(4)
        if kind == 0:
            for y in np.arange(-0.1, 1.3, draw.uniform(0.12, 0.3)):
                brush.line((-0.1, y), (1.6, y + 0.02), 0.005, shade)
        elif kind == 1:
            for x in np.arange(-0.1, 1.6, draw.uniform(0.15, 0.35)):
                brush.line((x, -0.1), (x, 1.4), 0.005, shade)
                brush.line((-0.1, x), (1.7, x), 0.005, shade)
        elif kind == 2:
            for _ in range(int(draw.integers(2, 9))):
                x, y = draw.uniform(0, 1.3), draw.uniform(0, 1)
                brush.disc((x, y), float(draw.uniform(0.02, 0.15)), shade)


class _Brush:
    """Draws in units on a picture."""

    def __init__(self, image: Picture, unit: float, dx: float, dy: float) -> None:
        self.image, self._scale = image, unit * (1 << _SHIFT)
        self._unit, self._dx, self._dy = unit, dx, dy

    def _fix(self, point: tuple[float, float]) -> tuple[int, int]:
        return (
            round((point[0] + self._dx) * self._scale - 8),
            round((point[1] + self._dy) * self._scale - 8),
        )

    def line(
        self,
        a: tuple[float, float],
        b: tuple[float, float],
        wide: float,
        colour: tuple[float, ...],
    ) -> None:
        cv2.line(
            self.image,
            self._fix(a),
            self._fix(b),
            colour,
            max(round(wide * self._unit), 1),
            cv2.LINE_AA,
            _SHIFT,
        )

    def disc(
        self,
        centre: tuple[float, float],
        radius: float,
        colour: tuple[float, ...],
        wide: float = 0.0,
    ) -> None:
        thick = max(round(wide * self._unit), 1) if wide else -1
        cv2.circle(
            self.image,
            self._fix(centre),
            round(radius * self._scale),
            colour,
            thick,
            cv2.LINE_AA,
            _SHIFT,
        )

    def arc(
        self,
        centre: tuple[float, float],
        radius: float,
        begin: float,
        colour: tuple[float, ...],
        wide: float = 0.0,
    ) -> None:
        """Half a disc, or half a ring ``wide`` units thick, from an angle in degrees."""
        thick = max(round(wide * self._unit), 1) if wide else -1
        size = round(radius * self._scale)
        cv2.ellipse(
            self.image,
            self._fix(centre),
            (size, size),
            0,
            begin,
            begin + 180,
            colour,
            thick,
            cv2.LINE_AA,
            _SHIFT,
        )

    def polygon(self, points: NDArray[np.float64], colour: tuple[float, ...]) -> None:
        moved = points + np.array((self._dx, self._dy))
        shifted = np.round(moved * self._scale - 8).astype(np.int32)
        cv2.fillPoly(self.image, [shifted], colour, cv2.LINE_AA, _SHIFT)


def _paint_shape(
    brush: _Brush,
    thing: VisibleThing,
    at: tuple[float, float],
    colour: Colour,
    into: Colour | None,
) -> None:
    """One thing; ``into`` paints its right half in a second colour."""
    r = thing.radius
    if thing.shape in ('ball', 'ring'):
        wide = 0.42 * r if thing.shape == 'ring' else 0.0
        radius = 0.79 * r if wide else 0.96 * r
        brush.disc(at, radius, colour, wide)
        if into:
            brush.arc(at, radius, -90, into, wide)
        return
    outline = _outline(thing.shape, r, thing.tilt)
    brush.polygon(outline + at, colour)
    if into:
        brush.polygon(_right_half(outline) + at, into)


def _outline(shape: str, r: float, tilt: float) -> NDArray[np.float64]:
    if shape == 'box':
        points = 0.82 * r * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
    elif shape == 'cone':
        points = r * np.array([(0, -1.08), (1.0, 0.86), (-1.0, 0.86)], float)
    else:
        angle = np.arange(8) * math.pi / 4
        reach = np.where(np.arange(8) % 2 == 0, 1.18, 0.40) * r
        points = np.stack((reach * np.sin(angle), -reach * np.cos(angle)), 1)
    turn = np.array([[math.cos(tilt), -math.sin(tilt)], [math.sin(tilt), math.cos(tilt)]])
    return points @ turn.T


def _right_half(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The part of a star-shaped outline right of x = 0."""
    kept: list[tuple[float, float]] = []
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, 0), strict=True):
        if x0 >= 0:
            kept.append((x0, y0))
        if (x0 < 0) != (x1 < 0):
            kept.append((0.0, y0 + (y1 - y0) * x0 / (x0 - x1)))
    return np.array(kept)


def _paint_gripper(brush: _Brush, x: float, y: float) -> None:
    steel, dark = (168, 172, 178), (72, 74, 80)
    brush.line((x, -0.2), (x, y - 0.135), 0.034, dark)
    brush.line((x - 0.125, y - 0.14), (x + 0.125, y - 0.14), 0.03, steel)
    for side in (-0.125, 0.125):
        brush.line((x + side, y - 0.14), (x + side, y + 0.03), 0.026, steel)


def _paint_panel(brush: _Brush, panel: Panel) -> None:
    x, y = panel.x, panel.y
    corners = np.array([(-0.2, -0.118), (0.2, -0.118), (0.2, 0.118), (-0.2, 0.118)])
    brush.polygon(corners + np.array((x, y)), (18, 26, 22))
    for place, digit in zip((x - 0.098, x + 0.098), divmod(panel.value, 10), strict=True):
        _paint_digit(brush, place, y, digit)


def _paint_digit(brush: _Brush, x: float, y: float, digit: int) -> None:
    w, h, thick = 0.052, 0.082, 0.026
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
        brush.line((x + x0, y + y0), (x + x1, y + y1), thick, (90, 250, 130))


def _paint_wall(brush: _Brush, table: Table) -> None:
    far = 0.2
    w, h = table.width, table.height
    x0, y0, x1, y1 = {
        'left': (-far, -far, WALL, h + far),
        'right': (w - WALL, -far, w + far, h + far),
        'top': (-far, -far, w + far, WALL),
        'bottom': (-far, h - WALL, w + far, h + far),
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


def _jitter(draw: np.random.Generator, colour: Colour) -> Colour:
    gain, shift = draw.uniform(0.9, 1.06), draw.uniform(-9, 9, 3)
    red, green, blue = (
        float(np.clip(c * gain + s, 0, 255)) for c, s in zip(colour, shift, strict=True)
    )
    return red, green, blue


def _noise(draw: np.random.Generator, width: int, height: int, level: float) -> Picture:
    """Sensor noise around 128."""
    return np.clip(draw.normal(128.0, level, (height, width, 3)), 0, 255).astype(np.uint8)
