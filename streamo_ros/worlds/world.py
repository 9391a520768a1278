# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One tabletop world: a script and a painter. What the demo's camera films."""

from __future__ import annotations

from functools import cached_property

from streamo_ros.worlds.render import Painter
from streamo_ros.worlds.render import Picture
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import WorldError
from streamo_ros.worlds.script import Pace
from streamo_ros.worlds.script import Script


class World:
    """An endless tabletop scene; the same arguments give the same pictures.

    Args:
        seed: everything follows from it.
        width: of the picture, pixels.
        height: of the picture, pixels.
        pace: how busy the table is.

    Raises:
        WorldError: a picture narrower or flatter than the things on the table need.
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
                f'a world of {width}x{height} pixels cannot be drawn: take at least 64 pixels a '
                'side and an aspect from 0.9 to 2.0'
            )
        self.script = Script(seed, width / height, pace)
        self._seed, self._size = seed, (width, height)

    @cached_property
    def _painter(self) -> Painter:
        # Labels alone need no painter, and its noise and ground take milliseconds to draw.
        return Painter(self._seed, self.script.table, *self._size)

    def view(self, seconds: float) -> View:
        """What is visible at a time >= 0, in seconds."""
        return self.script.view(seconds)

    def render(self, seconds: float) -> Picture:
        """The picture at a time >= 0, in seconds; uint8 RGB of shape (height, width, 3)."""
        return self._painter.picture(self.script.view(seconds), seconds)
