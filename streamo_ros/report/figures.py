# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a whole run: film strip, time per frame, dropped frames."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Sequence

from streamo_ros.report.svg import Axis
from streamo_ros.report.svg import clock
from streamo_ros.report.svg import COLUMNS
from streamo_ros.report.svg import curve
from streamo_ros.report.svg import figure
from streamo_ros.report.svg import grid
from streamo_ros.report.svg import LEFT
from streamo_ros.report.svg import level
from streamo_ros.report.svg import picture_link
from streamo_ros.report.svg import Places
from streamo_ros.report.svg import ruler
from streamo_ros.report.svg import scale
from streamo_ros.report.svg import text
from streamo_ros.report.timeline import Cost

COST_LINES = ('encode', 'extend', 'latency')
"""Classes of the lines of `cost_figure`."""
_PLACES = 11


def cost_figure(costs: Sequence[Cost], axis: Axis) -> str:
    """Milliseconds per frame, over time."""
    lines = {
        name: [(cost.at, 1e3 * float(getattr(cost, name))) for cost in costs]
        for name in COST_LINES
    }
    return _plot(lines, axis, 'ms', 'time per frame')


def drop_figure(costs: Sequence[Cost], axis: Axis) -> str:
    """Frames dropped so far, over time."""
    lines = {'dropped': [(cost.at, float(cost.dropped)) for cost in costs]}
    return _plot(lines, axis, 'frames', 'frames dropped so far')


def strip_figure(strip: Sequence[tuple[float, bytes]], axis: Axis) -> str:
    """A row of pictures above the axis, at each place the nearest in time; gaps stay empty."""
    height, pitch = 64, COLUMNS / _PLACES
    reach = axis.seconds / _PLACES
    parts = [ruler(axis, height)]
    for place in range(_PLACES if strip else 0):
        middle = (place + 0.5) * reach
        at, picture = min(strip, key=lambda shown: abs(shown[0] - middle))
        if abs(at - middle) <= reach:
            parts.append(
                f'<image x="{LEFT + place * pitch:.1f}" y="0" width="{pitch - 3:.1f}" '
                f'height="{height}" href="{picture_link(picture)}" '
                f'preserveAspectRatio="xMidYMid slice"><title>{clock(at)}</title></image>'
            )
    return figure(height + 26, parts, 'frames over time') if strip else ''


def _plot(lines: Mapping[str, Places], axis: Axis, unit: str, label: str) -> str:
    top, bottom = 12, 92
    peak = _round_up(max((y for places in lines.values() for _, y in places), default=0.0))
    parts = [grid(axis, bottom), ruler(axis, bottom), level(top), level(bottom)]
    parts += [text(LEFT - 8, top + 4, f'{peak:g} {unit}', 'end')]
    parts += [text(LEFT - 8, bottom + 4, '0', 'end')]
    height = scale(peak, top, bottom)
    parts += [curve(places, axis, height, kind) for kind, places in lines.items()]
    return figure(bottom + 26, parts, label)


def _round_up(peak: float) -> float:
    if peak <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(peak))
    return next(step * unit for step in (1, 2, 3, 5, 10) if step * unit >= peak)
