# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of which a report's figures are made: time axis, curves, text.

Colors are classes, so that the page can choose them for a light and for a dark screen.
"""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

WIDTH, LEFT, RIGHT = 1080, 64, 16
COLUMNS = WIDTH - LEFT - RIGHT
"""Pixels of the time axis."""
_POINTS = 500
Places = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Axis:
    """A time axis: seconds to pixels.

    Attributes:
        seconds: length of the axis.
    """

    seconds: float

    def x(self, at: float) -> float:
        """The pixel of a time."""
        return round(LEFT + COLUMNS * at / max(self.seconds, 1e-9), 2)

    def ticks(self) -> list[float]:
        """About ten round times."""
        step = next(
            (
                step
                for step in (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200)
                if self.seconds / step <= 12
            ),
            14400.0,
        )
        return [number * step for number in range(int(self.seconds / step) + 1)]


def clock(seconds: float) -> str:
    """'7 s', '7.5 s', '2:05', '2:05.5', '1:02:05'; halves of the last digit go up."""
    minutes, tenths = divmod(math.floor(10 * seconds + 0.5), 600)
    rest = f'{tenths / 10:.1f}'.removesuffix('.0')
    if not minutes:
        return f'{rest} s'
    padded = rest if tenths >= 100 else f'0{rest}'
    hours, minutes = divmod(minutes, 60)
    return f'{hours}:{minutes:02d}:{padded}' if hours else f'{minutes}:{padded}'


def picture_link(jpeg: bytes) -> str:
    """A JPEG file as a data URL."""
    return f'data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}'


def figure(height: float, parts: Iterable[str], label: str) -> str:
    """A figure in a box of its own, which scrolls where the screen is narrower than the figure.

    Args:
        height: in pixels.
        parts: elements of SVG.
        label: what it shows, for people who cannot see it.
    """
    label = html.escape(label)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">'
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="group" aria-label="{label}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg></div>'
    )


def curve(
    places: Places, axis: Axis, scale: Callable[[float], float], kind: str, gap: float = math.inf
) -> str:
    """A line through the places, interrupted where two are more than `gap` seconds apart.

    Args:
        places: (seconds, value), in the order of time.
        axis: the time axis.
        scale: value to pixel.
        kind: class of the line.
        gap: seconds.
    """
    return ''.join(
        _stroke([(axis.x(at), scale(y)) for at, y in _thin(part)], kind)
        for part in _parts(places, gap)
    )


def scale(peak: float, top: float, bottom: float) -> Callable[[float], float]:
    """Value to pixel: `peak` is at the top and 0 at the bottom."""
    return lambda y: round(bottom - (bottom - top) * y / peak, 2)


def grid(axis: Axis, bottom: float) -> str:
    """A faint vertical line at each tick."""
    return ''.join(
        f'<line x1="{axis.x(at)}" x2="{axis.x(at)}" y1="8" y2="{bottom}" class="faint"/>'
        for at in axis.ticks()
    )


def ruler(axis: Axis, bottom: float) -> str:
    """The time below each tick."""
    return ''.join(
        text(axis.x(at), bottom + 18, clock(at), 'middle')
        for at in axis.ticks()
        if axis.x(at) < WIDTH - 20
    )


def level(y: float) -> str:
    """A faint horizontal line."""
    return f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" class="faint"/>'


def text(x: float, y: float, words: str, anchor: str = 'start') -> str:
    """Small text."""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{html.escape(words)}</text>'


def _thin(places: Places) -> Places:
    """The extremes of each of a few hundred columns: what one would see of all points."""
    if len(places) <= 2 * _POINTS:
        return places
    size = math.ceil(len(places) / _POINTS)
    kept: list[tuple[float, float]] = []
    for start in range(0, len(places), size):
        part = places[start : start + size]
        kept += sorted({min(part, key=itemgetter(1)), max(part, key=itemgetter(1))})
    return kept


def _stroke(points: Places, kind: str) -> str:
    if len(points) == 1:
        return f'<circle cx="{points[0][0]}" cy="{points[0][1]}" r="2" class="dot {kind}"/>'
    joined = ' '.join(f'{x:g},{y:g}' for x, y in points)
    return f'<polyline points="{joined}" class="line {kind}"/>'


def _parts(places: Places, gap: float) -> list[list[tuple[float, float]]]:
    parts: list[list[tuple[float, float]]] = []
    for at, y in places:
        if not parts or at - parts[-1][-1][0] > gap:
            parts.append([])
        parts[-1].append((at, y))
    return parts
