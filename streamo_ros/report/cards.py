# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One card for each instruction: its figure, what was decided, and when it was answered.

More than a few cards are folded, and an overview of all instructions comes first.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from collections.abc import Sequence

from streamo_ros.report.answer_list import LISTED
from streamo_ros.report.answer_list import Listed
from streamo_ros.report.marks import count_marks
from streamo_ros.report.marks import describe_held
from streamo_ros.report.marks import describe_marks
from streamo_ros.report.marks import mark
from streamo_ros.report.marks import mark_name
from streamo_ros.report.marks import MARKS
from streamo_ros.report.svg import Axis
from streamo_ros.report.svg import clock
from streamo_ros.report.timeline import Timeline
from streamo_ros.report.timeline import Track
from streamo_ros.report.track_figure import overview_figure
from streamo_ros.report.track_figure import track_figure

FEW = 4
"""Cards that are open; more are folded."""
_ALWAYS = ('SILENCE', 'STANDBY', 'RESPONSE')


def instruction_cards(timeline: Timeline, answers: Sequence[Listed], axis: Axis) -> str:
    """The cards of a run as HTML.

    Args:
        timeline: the run.
        answers: its answers as they are listed.
        axis: the time axis of the report.
    """
    # Frames without an instruction come last: they interest least.
    tracks = sorted(timeline.tracks.items(), key=lambda item: (not item[0], item[0]))
    shown = [(key, track) for key, track in tracks if track.points]
    # Links lead to what is listed, and the first answers may not be.
    listed = {answer.link.target for answer in answers[-LISTED:]}
    cards = []
    for key, track in shown:
        own = [answer for answer in answers if answer.key == key and answer.link.target in listed]
        figure = track_figure(
            track, [answer.link for answer in own], axis, timeline.period, timeline.jumps
        )
        cards.append((key, track, figure))
    if len(shown) <= FEW:
        return ''.join(
            f'<section><h2>{html.escape(track.text)}</h2>'
            f'<p class="quiet">{_states(key, track)}</p>'
            f'{_legend(_counts(track), lines=True)}{figure}</section>'
            for key, track, figure in cards
        )
    folded = ''.join(
        f'<details><summary><b>{html.escape(track.text)}</b><br>'
        f'<span class="quiet">{_states(key, track)}</span></summary>'
        f'{_legend(_counts(track), lines=True)}{figure}</details>'
        for key, track, figure in cards
    )
    named = [(str(key) if key else '', track) for key, track in shown]
    every = count_marks(point.decision for _, track in shown for point in track.points)
    return (
        f'<section><h2>Instructions</h2>{_legend(every)}'
        f'{overview_figure(named, axis, timeline.period)}{folded}</section>'
    )


def _counts(track: Track) -> dict[str, int]:
    return count_marks(point.decision for point in track.points)


def _states(key: int, track: Track) -> str:
    """What was decided, e.g. 'instruction 1, from 0 s: 5 silence, 1 unknown (bad frame)'."""
    reasons = {
        point.decision.reason
        for point in track.points
        if point.decision.reason and mark(point.decision) == 'UNKNOWN'
    }
    why = f' ({", ".join(map(mark_name, sorted(reasons)))})' if reasons else ''
    number = f'instruction {key}, from {clock(track.since)}' if key else 'without an instruction'
    held = f'; {describe_held(track.held)}' if track.held else ''
    return f'{number}: {describe_marks(_counts(track))}{why}{held}'


def _legend(counts: Mapping[str, int], lines: bool = False) -> str:
    boxes = ''.join(
        f'<span><i class="{name.lower()}"></i>{mark_name(name)}</span>'
        for name in MARKS
        if name in _ALWAYS or counts.get(name)
    )
    strokes = ''.join(
        f'<span><i class="stroke p-{name}"></i>p({name})</span>'
        for name in ('standby', 'response')
        if lines
    )
    return f'<div class="legend">{boxes}{strokes}</div>'
