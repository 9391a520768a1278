# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a report as SVG: states over time, probabilities, cost, film strip."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from streamo_ros.report.timeline import Cost
from streamo_ros.report.timeline import Track

COLORS = {'SILENCE': '#c9ced6', 'STANDBY': '#f2a93b', 'RESPONSE': '#2e9e5b', 'UNKNOWN': '#e05d5d'}
_INK, _FAINT, _BLUE, _VIOLET = '#5b6470', '#e6e9ee', '#3977c4', '#8a63b8'
_LINES = {'standby': '#d98c1f', 'response': '#1f7f45'}
WIDTH, _LEFT, _RIGHT = 1080, 64, 16
_COLUMNS = 500
_PLACES = 11
# Frames are at most two periods apart; more is a gap in the recording.
_GAP = 2.1
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
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * at / max(self.seconds, 1e-9), 2)

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
    """'7 s', '7.5 s', '2:05', '1:02:05'."""
    if seconds < 60:
        return f'{seconds:.1f}'.removesuffix('.0') + ' s'
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f'{hours}:{minutes:02d}:{rest:02d}' if hours else f'{minutes}:{rest:02d}'


def track_picture(track: Track, axis: Axis, period: float, jumps: Iterable[float] = ()) -> str:
    """States as a band, the probabilities of Standby and Response below it.

    Args:
        track: one instruction.
        axis: the time axis of the report.
        period: seconds between two sampled frames.
        jumps: seconds at which new streams began.
    """
    band, top, bottom = 28, 66, 146
    parts = [_grid(axis, bottom), _ruler(axis, bottom)]
    parts += [_text(_LEFT - 8, band + 18, 'state', 'end'), _text(_LEFT - 8, top + 4, '1', 'end')]
    parts += [_text(_LEFT - 8, bottom + 4, '0', 'end'), _text(_LEFT - 8, 110, 'p', 'end')]
    parts += [_level(y) for y in (top, (top + bottom) / 2, bottom)]
    for start, end, state in _runs(track, period):
        parts.append(
            f'<rect x="{axis.x(start)}" y="{band}" height="26" fill="{COLORS[state]}" '
            f'width="{max(axis.x(end) - axis.x(start), 0.8):.2f}">'
            f'<title>{state.lower()} from {clock(start)} to {clock(end)}</title></rect>'
        )
    for number, name in ((1, 'standby'), (2, 'response')):
        places = [
            (point.at, point.decision.probabilities[number])
            for point in track.points
            if point.decision.probabilities
        ]
        scale = _scale(1.0, top, bottom)
        parts.append(_curve(places, axis, scale, _LINES[name], _GAP * period))
    parts += [_jump(axis.x(at), bottom) for at in jumps]
    parts += [
        _marker(axis.x(answer.at), number, answer.text)
        for number, answer in enumerate(track.answers, 1)
    ]
    return _svg(bottom + 26, parts)


def cost_picture(costs: Sequence[Cost], axis: Axis) -> str:
    """Milliseconds per frame, over time."""
    lines = {
        _BLUE: [(cost.at, 1e3 * cost.encode) for cost in costs],
        _VIOLET: [(cost.at, 1e3 * cost.extend) for cost in costs],
        _INK: [(cost.at, 1e3 * cost.latency) for cost in costs],
    }
    return _plot(lines, axis, 'ms')


def drop_picture(costs: Sequence[Cost], axis: Axis) -> str:
    """Frames dropped so far, over time."""
    return _plot({COLORS['UNKNOWN']: [(cost.at, cost.dropped) for cost in costs]}, axis, 'frames')


def strip_picture(strip: Sequence[tuple[float, bytes]], axis: Axis) -> str:
    """A row of pictures above the axis, at each place the nearest in time; gaps stay empty."""
    height, pitch = 64, (WIDTH - _LEFT - _RIGHT) / _PLACES
    reach = axis.seconds / _PLACES
    parts = [_ruler(axis, height)]
    for place in range(_PLACES if strip else 0):
        middle = (place + 0.5) * reach
        at, picture = min(strip, key=lambda shown: abs(shown[0] - middle))
        if abs(at - middle) <= reach:
            parts.append(
                f'<image x="{_LEFT + place * pitch:.1f}" y="0" width="{pitch - 3:.1f}" '
                f'height="{height}" href="{picture_link(picture)}" '
                f'preserveAspectRatio="xMidYMid slice"><title>{clock(at)}</title></image>'
            )
    return _svg(height + 26, parts) if strip else ''


def picture_link(jpeg: bytes) -> str:
    """A JPEG file as a data URL."""
    return f'data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}'


def _plot(lines: dict[str, list[tuple[float, float]]], axis: Axis, unit: str) -> str:
    top, bottom = 12, 92
    peak = _round_up(max((y for places in lines.values() for _, y in places), default=0.0))
    parts = [_grid(axis, bottom), _ruler(axis, bottom), _level(top), _level(bottom)]
    parts += [_text(_LEFT - 8, top + 4, f'{peak:g} {unit}', 'end')]
    parts += [_text(_LEFT - 8, bottom + 4, '0', 'end')]
    scale = _scale(peak, top, bottom)
    parts += [_curve(places, axis, scale, color) for color, places in lines.items()]
    return _svg(bottom + 26, parts)


def _runs(track: Track, period: float) -> list[tuple[float, float, str]]:
    """Neighboring frames of the same state as one: (start, end, state)."""
    runs: list[tuple[float, float, str]] = []
    for point in track.points:
        end, state = point.at + period, point.decision.state
        if runs and runs[-1][2] == state and end - runs[-1][1] <= _GAP * period:
            runs[-1] = (runs[-1][0], end, state)
        else:
            if runs and runs[-1][1] > point.at:
                runs[-1] = (runs[-1][0], point.at, runs[-1][2])
            runs.append((point.at, end, state))
    return runs


def _thin(places: Places) -> Places:
    """The extremes of each of a few hundred columns: what one would see of all points."""
    if len(places) <= 2 * _COLUMNS:
        return places
    size = math.ceil(len(places) / _COLUMNS)
    kept: list[tuple[float, float]] = []
    for start in range(0, len(places), size):
        part = places[start : start + size]
        kept += sorted({min(part, key=itemgetter(1)), max(part, key=itemgetter(1))})
    return kept


def _curve(
    places: Places, axis: Axis, scale: Callable[[float], float], color: str, gap: float = math.inf
) -> str:
    """A line through the places, interrupted where two are more than `gap` seconds apart."""
    return ''.join(
        _stroke([(axis.x(at), scale(y)) for at, y in _thin(part)], color)
        for part in _parts(places, gap)
    )


def _stroke(points: Places, color: str) -> str:
    if len(points) == 1:
        return f'<circle cx="{points[0][0]}" cy="{points[0][1]}" r="2" fill="{color}"/>'
    joined = ' '.join(f'{x},{y}' for x, y in points)
    return (
        f'<polyline points="{joined}" fill="none" stroke="{color}" stroke-width="1.6" '
        'stroke-linejoin="round"/>'
    )


def _parts(places: Places, gap: float) -> list[list[tuple[float, float]]]:
    parts: list[list[tuple[float, float]]] = []
    for at, y in places:
        if not parts or at - parts[-1][-1][0] > gap:
            parts.append([])
        parts[-1].append((at, y))
    return parts


def _scale(peak: float, top: float, bottom: float) -> Callable[[float], float]:
    return lambda y: round(bottom - (bottom - top) * y / peak, 2)


def _round_up(peak: float) -> float:
    if peak <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(peak))
    return next(step * unit for step in (1, 2, 3, 5, 10) if step * unit >= peak)


def _grid(axis: Axis, bottom: float) -> str:
    return ''.join(
        f'<line x1="{axis.x(at)}" x2="{axis.x(at)}" y1="8" y2="{bottom}" stroke="{_FAINT}"/>'
        for at in axis.ticks()
    )


def _ruler(axis: Axis, bottom: float) -> str:
    return ''.join(
        _text(axis.x(at), bottom + 18, clock(at), 'middle')
        for at in axis.ticks()
        if axis.x(at) < WIDTH - 20
    )


def _level(y: float) -> str:
    return f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}" stroke="{_FAINT}"/>'


def _jump(x: float, bottom: float) -> str:
    return (
        f'<line x1="{x}" x2="{x}" y1="8" y2="{bottom}" stroke="{_INK}" stroke-dasharray="4 3">'
        '<title>a new stream begins</title></line>'
    )


def _marker(x: float, number: int, text: str) -> str:
    return (
        f'<g><circle cx="{x}" cy="15" r="9" fill="{COLORS["RESPONSE"]}"/>'
        f'<text x="{x}" y="19" text-anchor="middle" fill="#fff" font-size="11">{number}</text>'
        f'<title>{html.escape(text)}</title></g>'
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="11" fill="{_INK}">'
        f'{html.escape(text)}</text>'
    )


def _svg(height: float, parts: Iterable[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" width="100%" role="img" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )
