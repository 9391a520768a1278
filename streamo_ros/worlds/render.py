# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Renders a view to pixels, with the imperfections of a camera: light, noise, blur and shake.

The same view at the same time and seed gives the same picture. No assets are used.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.worlds.scene import Table
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import VisibleThing
from streamo_ros.worlds.shapes import Brush
from streamo_ros.worlds.shapes import paint_gripper
from streamo_ros.worlds.shapes import paint_panel
from streamo_ros.worlds.shapes import paint_shape
from streamo_ros.worlds.shapes import paint_wall
from streamo_ros.worlds.shapes import Picture
from streamo_ros.worlds.shapes import Rgb

COLOR_VALUES: dict[str, Rgb] = {
    'red': (214, 32, 32),
    'green': (34, 160, 48),
    'blue': (36, 70, 220),
    'yellow': (244, 214, 24),
    'pink': (240, 96, 190),
    'white': (246, 246, 246),
    'black': (24, 24, 26),
}
"""8-bit RGB of each color, before a world tints it."""


class Painter:
    """Draws the views of one world.

    Args:
        seed: determines the table's texture and the camera's imperfections.
        table: the table.
        width: width of the picture in pixels.
        height: height of the picture in pixels.
    """

    def __init__(self, seed: int, table: Table, width: int, height: int) -> None:
        rng = np.random.default_rng([seed, 21])
        self.table, self.width, self.height = table, width, height
        self.unit = math.sqrt(width * height)
        self._margin = math.ceil(0.03 * self.unit)
        self._shake = float(rng.choice((0.0, 0.0015, 0.004)))
        self._drift = float(rng.choice((0.0, 0.006, 0.012)))
        self._phase = rng.uniform(0, 2 * math.pi, 6)
        self._flicker = float(rng.uniform(0.0, 0.05))
        self._gain = float(rng.uniform(0.78, 1.18))
        self._blur = float(rng.choice((0.0, 0.0, 0.003, 0.006)))
        self._tints = {name: _jitter(rng, color) for name, color in COLOR_VALUES.items()}
        self._shadow = (0.02 * rng.uniform(-1, 1), 0.02 * rng.uniform(0.2, 1))
        self._noise = _noise(rng, self.width + 64, self.height + 64, rng.uniform(1.0, 7.0))
        self._seed = seed
        self._ground = self._paint_ground(rng)
        self._pole = float(rng.uniform(0.1, 0.9)) if rng.random() < 0.15 else None

    def picture(self, view: View, seconds: float) -> Picture:
        """Draw a view; uint8 RGB of shape (height, width, 3)."""
        dx, dy = self._offset(seconds)
        image = self._cut_ground(dx, dy)
        brush = Brush(image, self.unit, dx, dy)
        if view.panel is not None:
            paint_panel(brush, view.panel)
        for thing in view.things:
            self._paint_thing(brush, thing)
        if view.arm is not None:
            paint_gripper(brush, *view.arm)
        if self._pole is not None:
            x = self._pole * self.table.width
            brush.line((x, -0.1), (x, 2.0), 0.018, (70, 66, 62))
        return self._expose(image, seconds)

    def _offset(self, seconds: float) -> tuple[float, float]:
        """Shake (fast) and drift (slow) of the camera, in units."""
        p, t = self._phase, seconds
        x = self._drift * math.sin(0.21 * t + p[0]) + self._shake * math.sin(17.3 * t + p[1])
        y = self._drift * math.sin(0.17 * t + p[2]) + self._shake * math.sin(13.9 * t + p[3])
        return x, y

    def _cut_ground(self, dx: float, dy: float) -> Picture:
        x = self._margin - round(dx * self.unit)
        y = self._margin - round(dy * self.unit)
        return self._ground[y : y + self.height, x : x + self.width].copy()

    def _paint_thing(self, brush: Brush, thing: VisibleThing) -> None:
        color = self._tints[thing.color]
        lift = 2.2 if thing.gripped else 1.0
        shadow = (thing.x + lift * self._shadow[0], thing.y + lift * self._shadow[1])
        paint_shape(brush, thing, shadow, (52, 48, 46), None)
        into = self._tints[thing.into] if thing.into else None
        paint_shape(brush, thing, (thing.x, thing.y), color, into)

    def _expose(self, image: Picture, seconds: float) -> Picture:
        gain = self._gain * (1 + self._flicker * math.sin(0.9 * seconds + self._phase[4]))
        if self._blur:
            deviation = max(self._blur * self.unit, 0.3)
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), deviation), np.uint8)
        # One noise image, shifted by a hash of the time: drawing a new one takes milliseconds.
        digest = int(seconds * 1000) * 2654435761 + self._seed
        x, y = digest % 61, (digest // 61) % 59
        noise = self._noise[y : y + self.height, x : x + self.width]
        return np.asarray(cv2.addWeighted(image, gain, noise, 1.0, -128.0), np.uint8)

    def _paint_ground(self, rng: np.random.Generator) -> Picture:
        """The tabletop with a margin for the shake: tint, light falloff, pattern and wall."""
        wide, high = self.width + 2 * self._margin, self.height + 2 * self._margin
        base = float(rng.uniform(88, 176)) * (1 + 0.12 * rng.uniform(-1, 1, 3))
        ramp = np.outer(np.linspace(-1, 1, high), np.ones(wide)) * rng.uniform(-0.18, 0.18)
        ramp = ramp + np.outer(np.ones(high), np.linspace(-1, 1, wide)) * rng.uniform(-0.18, 0.18)
        coarse = rng.normal(0, 1, (12, 16))
        grain = cv2.resize(coarse, (wide, high), interpolation=cv2.INTER_CUBIC)
        ramp = ramp + rng.uniform(0, 0.06) * grain
        ground = np.clip(base * (1 + ramp[..., None]), 0, 255).astype(np.uint8)
        ground = np.ascontiguousarray(ground)
        brush = Brush(ground, self.unit, self._margin / self.unit, self._margin / self.unit)
        self._paint_pattern(rng, brush, base)
        if self.table.wall:
            paint_wall(brush, self.table)
        return ground

    def _paint_pattern(
        self, rng: np.random.Generator, brush: Brush, base: NDArray[np.float64]
    ) -> None:
        """Low-contrast boards, tiles or stains as distractors."""
        red, green, blue = (float(c) for c in base * rng.uniform(0.86, 0.95))
        shade = (red, green, blue)
        kind = rng.integers(4)
        if kind == 0:
            for y in np.arange(-0.1, 1.3, rng.uniform(0.12, 0.3)):
                brush.line((-0.1, y), (1.6, y + 0.02), 0.005, shade)
        elif kind == 1:
            for x in np.arange(-0.1, 1.6, rng.uniform(0.15, 0.35)):
                brush.line((x, -0.1), (x, 1.4), 0.005, shade)
                brush.line((-0.1, x), (1.7, x), 0.005, shade)
        elif kind == 2:
            for _ in range(int(rng.integers(2, 9))):
                x, y = rng.uniform(0, 1.3), rng.uniform(0, 1)
                brush.disc((x, y), float(rng.uniform(0.02, 0.15)), shade)


def _jitter(rng: np.random.Generator, color: Rgb) -> Rgb:
    gain, shift = rng.uniform(0.9, 1.06), rng.uniform(-9, 9, 3)
    red, green, blue = (
        float(np.clip(c * gain + s, 0, 255)) for c, s in zip(color, shift, strict=True)
    )
    return red, green, blue


def _noise(rng: np.random.Generator, width: int, height: int, level: float) -> Picture:
    """Sensor noise around 128."""
    return np.clip(rng.normal(128.0, level, (height, width, 3)), 0, 255).astype(np.uint8)
