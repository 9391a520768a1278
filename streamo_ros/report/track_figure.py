# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of instructions: states as a band, probabilities, and a bubble for each answer."""

from __future__ import annotations

import html
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass

from streamo_ros.report.bands import band_rects
from streamo_ros.report.bands import bands
from streamo_ros.report.bands import GAP
from streamo_ros.report.svg import Axis
from streamo_ros.report.svg import clock
from streamo_ros.report.svg import curve
from streamo_ros.report.svg import figure
from streamo_ros.report.svg import grid
from streamo_ros.report.svg import LEFT
from streamo_ros.report.svg import level
from streamo_ros.report.svg import ruler
from streamo_ros.report.svg import scale
from streamo_ros.report.svg import text
from streamo_ros.report.svg import WIDTH
from streamo_ros.report.timeline import Track

_HEIGHT, _SPACE = 18, 3
_LONGEST = 150
"""Letters of an instruction in the overview."""


@dataclass(frozen=True)
class Link:
    """Where an answer is listed.

    Attributes:
        number: its place in the list of all answers, from 1.
        at: seconds since the first frame.
        target: id of its place in the page.
    """

    number: int
    at: float
    text: str
    target: str


def track_figure(
    track: Track, links: Sequence[Link], axis: Axis, period: float, jumps: Iterable[float] = ()
) -> str:
    """States as a band, bubbles above it, the probabilities of Standby and Response below.

    Args:
        track: one instruction.
        links: its answers.
        axis: the time axis of the report.
        period: seconds between two sampled frames.
        jumps: seconds at which new streams began.
    """
    band, top, bottom = 28, 66, 146
    parts = [grid(axis, bottom), ruler(axis, bottom)]
    parts += [text(LEFT - 8, band + 18, 'state', 'end'), text(LEFT - 8, top + 4, '1', 'end')]
    parts += [text(LEFT - 8, bottom + 4, '0', 'end'), text(LEFT - 8, 110, 'p', 'end')]
    parts += [level(y) for y in (top, (top + bottom) / 2, bottom)]
    parts.append(band_rects(bands(track, axis, period), band, 26))
    for number, name in ((1, 'standby'), (2, 'response')):
        places = [
            (point.at, point.decision.probabilities[number])
            for point in track.points
            if point.decision.probabilities
        ]
        parts.append(curve(places, axis, scale(1.0, top, bottom), f'p-{name}', GAP * period))
    parts += [_jump(axis.x(at), bottom) for at in jumps]
    parts += [_bubble(group, axis) for group in grouped(links, axis)]
    return figure(bottom + 26, parts, f'states over time: {track.text}')


def overview_figure(tracks: Sequence[tuple[str, Track]], axis: Axis, period: float) -> str:
    """The bands of all instructions below each other, each under its name.

    Args:
        tracks: name and track of each.
        axis: the time axis of the report.
        period: seconds between two sampled frames.
    """
    pitch, bottom = 36, 8 + 36 * len(tracks)
    parts = [grid(axis, bottom), ruler(axis, bottom)]
    for number, (name, track) in enumerate(tracks):
        y = 8 + pitch * number
        words = track.text if len(track.text) <= _LONGEST else f'{track.text[:_LONGEST]}…'
        parts += [text(LEFT, y + 12, words), text(LEFT - 8, y + 29, name, 'end')]
        parts.append(band_rects(bands(track, axis, period), y + 17, 14))
    return figure(bottom + 26, parts, 'states of all instructions over time')


def grouped(links: Sequence[Link], axis: Axis) -> list[list[Link]]:
    """Answers whose bubbles would overlap, together; in the order of time.

    Args:
        links: the answers.
        axis: the time axis.
    """
    groups: list[list[Link]] = []
    for link in sorted(links, key=lambda link: (link.at, link.number)):
        groups.append([link])
        while len(groups) > 1 and _left(groups[-1], axis) < _right(groups[-2], axis) + _SPACE:
            last = groups.pop()
            groups[-1] += last
    return groups


def _label(group: Sequence[Link]) -> str:
    return str(group[0].number) if len(group) == 1 else f'{len(group):,} answers'


def _wide(group: Sequence[Link]) -> float:
    return max(_HEIGHT, 10 + 6.5 * len(_label(group)))


def _left(group: Sequence[Link], axis: Axis) -> float:
    """A bubble is centered at its only answer, or begins at the first of several."""
    x = axis.x(group[0].at) - (_wide(group) / 2 if len(group) == 1 else _HEIGHT / 2)
    return min(x, WIDTH - 1 - _wide(group))


def _right(group: Sequence[Link], axis: Axis) -> float:
    return _left(group, axis) + _wide(group)


def _bubble(group: Sequence[Link], axis: Axis) -> str:
    """A link to the list of answers, so that it is reached with the keyboard, too."""
    first, last = group[0], group[-1]
    when = f'{clock(first.at)} to {clock(last.at)}' if len(group) > 1 else clock(first.at)
    words = f'{_label(group)}, {when}, the first: {first.text}'
    title = html.escape(words if len(group) > 1 else f'{when}: {first.text}')
    x, wide = _left(group, axis), _wide(group)
    return (
        f'<a href="#{first.target}"><title>{title}</title>'
        f'<rect x="{x:.1f}" y="6" width="{wide:g}" height="{_HEIGHT}" rx="9" class="bubble"/>'
        f'<text x="{x + wide / 2:.1f}" y="19" text-anchor="middle" class="in-bubble">'
        f'{_label(group)}</text></a>'
    )


def _jump(x: float, bottom: float) -> str:
    return (
        f'<line x1="{x}" x2="{x}" y1="8" y2="{bottom}" class="jump">'
        '<title>a new stream begins</title></line>'
    )
