# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Misses against false alarms an hour, as an SVG file."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from streamo_ros.evaluation.recordings.calibration import Point

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 420, 64, 24, 20, 56
_STEPS = 5


def curve_svg(curve: Sequence[Point], chosen: Point, held_out: Point | None, wanted: float) -> str:
    """The picture.

    Args:
        curve: points that no other beats in both, see `Trials.curve`.
        chosen: the point that was chosen.
        held_out: its forecast; None = unknown.
        wanted: false alarms an hour that are allowed.
    """
    peak = (
        max([wanted, chosen.alarms_per_hour] + [point.alarms_per_hour for point in curve]) or 1.0
    )

    def x(alarms: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * min(alarms, peak) / peak, 1)

    def y(missed: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - missed), 1)

    line = ' '.join(f'{x(point.alarms_per_hour)},{y(point.missed_share)}' for point in curve)
    parts = [
        *_grid(peak),
        f'<polyline points="{line}" fill="none" stroke="#3977c4" stroke-width="2"/>',
    ]
    for point in curve:
        title = f'{point.settings}: {_words(point)}'
        parts.append(_dot(x(point.alarms_per_hour), y(point.missed_share), 3, '#3977c4', title))
    parts.append(
        f'<line x1="{x(wanted)}" x2="{x(wanted)}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" '
        'stroke="#d98c1f" stroke-dasharray="4 3"><title>allowed</title></line>'
    )
    place = x(chosen.alarms_per_hour), y(chosen.missed_share)
    parts.append(_dot(*place, 6, '#1f7f45', f'chosen: {_words(chosen)}'))
    if held_out is not None:
        place = x(held_out.alarms_per_hour), y(held_out.missed_share)
        parts.append(_dot(*place, 6, '#e05d5d', f'cross-validated: {_words(held_out)}'))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>'
        f'{"".join(parts)}{_legend(held_out is not None)}</svg>\n'
    )


def _words(point: Point) -> str:
    return (
        f'{point.events - point.caught} of {point.events} not answered in time, '
        f'{point.alarms_per_hour:.2f} false alarms an hour'
    )


def _grid(peak: float) -> Iterator[str]:
    for step in range(_STEPS + 1):
        x = LEFT + (WIDTH - LEFT - RIGHT) * step / _STEPS
        y = TOP + (HEIGHT - TOP - BOTTOM) * step / _STEPS
        yield f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#e0e4ea"/>'
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#e0e4ea"/>'
        label = f'{peak * step / _STEPS:.3g}'
        yield f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{label}</text>'
        share = f'{1 - step / _STEPS:.0%}'
        yield f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{share}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 18}" text-anchor="middle">false alarms an hour</text>'
    yield (
        f'<text x="16" y="{HEIGHT / 2}" text-anchor="middle" '
        f'transform="rotate(-90 16 {HEIGHT / 2})">events not answered in time</text>'
    )


def _dot(x: float, y: float, radius: int, color: str, title: str) -> str:
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{color}"><title>{title}</title></circle>'


def _legend(held_out: bool) -> str:
    entries = [('#3977c4', 'best for each rate'), ('#1f7f45', 'chosen')]
    entries += [('#e05d5d', 'chosen, cross-validated')] if held_out else []
    entries += [('#d98c1f', 'allowed')]
    return ''.join(
        f'<circle cx="{WIDTH - 190}" cy="{TOP + 14 + 18 * n}" r="5" fill="{color}"/>'
        f'<text x="{WIDTH - 178}" y="{TOP + 18 + 18 * n}">{name}</text>'
        for n, (color, name) in enumerate(entries)
    )
