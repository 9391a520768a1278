# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One tabletop world: a script of events and a painter. The demo's camera films it."""

from __future__ import annotations

from functools import cached_property

from streamo_ros.worlds.render import Painter
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import WorldError
from streamo_ros.worlds.script import Pace
from streamo_ros.worlds.script import Script
from streamo_ros.worlds.shapes import Picture


class World:
    """An endless tabletop scene; the same arguments give the same pictures.

    Args:
        seed: determines everything.
        width: width of the picture in pixels.
        height: height of the picture in pixels.
        pace: how busy the table is.

    Raises:
        WorldError: the picture is too small or too elongated for the things on the table.
    """

    def __init__(
        self,
        seed: int,
        width: int = 640,
        height: int = 480,
        pace: Pace | None = None,
    ) -> None:
        if min(width, height) < 64 or not 0.9 <= width / height <= 2.0:
            raise WorldError(
                f'cannot draw a world of {width}x{height} pixels: use at least 64 pixels per side '
                'and an aspect ratio from 0.9 to 2.0'
            )
        self.script = Script(seed, width / height, pace)
        self._seed, self._size = seed, (width, height)

    @cached_property
    def _painter(self) -> Painter:
        # Created on first use: labels need no painter, and its noise and ground take milliseconds.
        return Painter(self._seed, self.script.table, *self._size)

    def view(self, seconds: float) -> View:
        """What is visible at a time >= 0, in seconds."""
        return self.script.view(seconds)

    def render(self, seconds: float) -> Picture:
        """The picture at a time >= 0, in seconds; uint8 RGB of shape (height, width, 3)."""
        return self._painter.picture(self.script.view(seconds), seconds)
