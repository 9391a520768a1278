# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A report as one self-contained HTML file: no script, no font, no network.

A long run stays readable, and below `LIMIT` as far as pictures can be left out. All text from
outside is escaped.
"""

from __future__ import annotations

import html
import statistics
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from typing import TypeAlias

from streamo_ros.core.frame import SamplerCounts
from streamo_ros.files import write_text
from streamo_ros.report.answer_list import answer_rows
from streamo_ros.report.answer_list import choose_pictures
from streamo_ros.report.answer_list import list_answers
from streamo_ros.report.answer_list import LISTED
from streamo_ros.report.answer_list import Listed
from streamo_ros.report.cards import instruction_cards
from streamo_ros.report.figures import cost_figure
from streamo_ros.report.figures import COST_LINES
from streamo_ros.report.figures import drop_figure
from streamo_ros.report.figures import strip_figure
from streamo_ros.report.run_rows import EndRow
from streamo_ros.report.style import fact_cells
from streamo_ros.report.style import page
from streamo_ros.report.svg import Axis
from streamo_ros.report.svg import clock
from streamo_ros.report.timeline import Timeline

_UNKNOWN = ('', 'none', None, 0, (0, 0), [0, 0])
_LINES = ('encode', 'extend', 'reception to decision')
LIMIT = 3_000_000
"""Bytes of a page that are not exceeded for the sake of pictures."""
MANY = 40
"""Answers that come before the rest of the page; a longer list comes last."""

Run: TypeAlias = tuple[Timeline, Sequence[Listed]]
"""A run and its answers."""


def write_report(
    path: Path,
    timelines: Sequence[Timeline],
    title: str = '',
    remarks: Sequence[str] = (),
) -> None:
    """Write the report of one replay, or of several together.

    Args:
        path: the file to write.
        timelines: one per source.
        title: the heading; '' = the source's name.
        remarks: sentences that come first, e.g. about sources that failed.

    Raises:
        WriteError: the file cannot be written.
    """
    title = title or ', '.join(map(_name, timelines))
    lead = [f'<h1>{html.escape(title)}</h1>']
    lead += [f'<p class="warning">{html.escape(remark)}</p>' for remark in remarks]
    runs = [
        (timeline, list_answers(timeline, f'run-{number}-' if len(timelines) > 1 else ''))
        for number, timeline in enumerate(timelines, 1)
    ]
    plain = _page(title, lead, runs, {})
    shown = _choose(runs, LIMIT - len(plain.encode(errors='backslashreplace')))
    write_text(path, _page(title, lead, runs, shown) if any(shown.values()) else plain)


def _page(title: str, lead: Sequence[str], runs: Sequence[Run], shown: Mapping[str, bool]) -> str:
    body = [*lead]
    for timeline, answers in runs:
        if len(runs) > 1:
            body.append(f'<section><h1>{html.escape(_name(timeline))}</h1>')
        body.append(_timeline(timeline, answers, shown))
        if len(runs) > 1:
            body.append('</section>')
    return page(title, body)


def _choose(runs: Sequence[Run], room: int) -> dict[str, bool]:
    """Whether each answer's picture is shown, by the answer's id in the page."""
    groups: dict[str, list[Listed]] = {}
    for _, answers in runs:
        for listed in answers[-LISTED:]:
            groups.setdefault(listed.link.target.rpartition('-')[0], []).append(listed)
    chosen = choose_pictures(
        [[listed.answer.picture for listed in group] for group in groups.values()], max(0, room)
    )
    return {
        listed.link.target: shown
        for group, marks in zip(groups.values(), chosen, strict=True)
        for listed, shown in zip(group, marks, strict=True)
    }


def _name(timeline: Timeline) -> str:
    return Path(timeline.head.source or 'replay').name or 'replay'


def _timeline(timeline: Timeline, answers: Sequence[Listed], shown: Mapping[str, bool]) -> str:
    axis = Axis(timeline.seconds)
    strip = strip_figure(timeline.strip, axis)
    parts = [
        _lead(timeline),
        _facts(timeline),
        _flaws(timeline),
        f'<section><h2>Frames</h2>{strip}</section>' if strip else '',
        instruction_cards(timeline, answers, axis),
        _costs(timeline, axis),
        _model(timeline),
    ]
    if answers:
        listed = f'<section><h2>Answers</h2>{answer_rows(answers, shown)}</section>'
        if len(answers) <= MANY:
            parts.insert(-2, listed)
        else:
            first = answers[-LISTED:][0].link.target
            link = f'<a href="#{first}">All {len(answers):,} answers are at the end.</a>'
            parts[-2:] = [f'<p>{link}</p>', *parts[-2:], listed]
    return ''.join(parts)


def _lead(timeline: Timeline) -> str:
    head = timeline.head
    where = f' on <code>{html.escape(head.topic)}</code>' if head.topic else ''
    rate = float(head.rate or 1)
    pace = '1 frame' if rate == 1 else f'{rate:g} frames'
    return (
        f'<p>Watched{where}, {pace} per second of capture time, by '
        f'<b>{html.escape(str(head.model.get("model", "?")))}</b>.</p>'
    )


def _facts(timeline: Timeline) -> str:
    end, latencies = timeline.end, [cost.latency for cost in timeline.costs]
    answers = sum(len(track.answers) for track in timeline.tracks.values())
    watched = end.stream_seconds if end else 0.0
    facts = [('capture time', clock(watched or timeline.seconds))]
    if end:
        facts.append(('frames received', f'{end.received:,}'))
    facts += [('frames sampled', f'{len(timeline.costs):,}'), ('responses', f'{answers}')]
    facts.append(('dropped', f'{timeline.costs[-1].dropped if timeline.costs else 0}'))
    if latencies:
        facts.append(('median latency', f'{1e3 * statistics.median(latencies):.1f} ms'))
    if end and end.speed:
        speed = f'{end.speed:,.0f}' if end.speed >= 10 else f'{end.speed:.1f}'
        facts.append(('× real time', speed))
    return fact_cells(facts)


def _flaws(timeline: Timeline) -> str:
    end = timeline.end
    flaws = []
    if end and end.failure:
        flaws.append(f'The replay failed: {end.failure}.')
    elif not end or end.stopped:
        flaws.append('The replay was stopped before the end of its source.')
    if end and end.bad_frames:
        flaws.append(f'{end.bad_frames} frames could not be decoded: {end.flaw}.')
    if end and (ignored := ignored_stamps(end)):
        flaws.append(f'Frames with stamps that were ignored: {ignored}.')
    return ''.join(f'<p class="warning">{html.escape(flaw)}</p>' for flaw in flaws)


def ignored_stamps(counts: EndRow | SamplerCounts) -> str:
    """How many stamps were ignored, by what was wrong with them; '' when none was."""
    odd = {name: getattr(counts, name) for name in ('zero', 'duplicate', 'reordered', 'doubtful')}
    return ', '.join(f'{count} {name}' for name, count in odd.items() if count)


def _costs(timeline: Timeline, axis: Axis) -> str:
    if not timeline.costs:
        return ''
    legend = ''.join(
        f'<span><i class="stroke {kind}"></i>{name}</span>'
        for kind, name in zip(COST_LINES, _LINES, strict=True)
    )
    dropped = timeline.costs[-1].dropped
    drops = drop_figure(timeline.costs, axis) if dropped else '<p class="quiet">none</p>'
    return (
        f'<section><h2>Time per frame</h2><div class="legend">{legend}</div>'
        f'{cost_figure(timeline.costs, axis)}</section>'
        f'<section><h2>Dropped frames</h2>{drops}</section>'
    )


def _model(timeline: Timeline) -> str:
    rows = {'source': timeline.head.source, **timeline.head.model}
    cells = ''.join(
        f'<tr><td>{html.escape(name.replace("_", " "))}</td>'
        f'<td>{html.escape(_plain(value))}</td></tr>'
        for name, value in rows.items()
        if value not in _UNKNOWN
    )
    return f'<section><h2>Model and source</h2><table>{cells}</table></section>'


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ', '.join(
            f'{name.replace("_", " ")} {_plain(part)}' for name, part in value.items()
        )
    return ' × '.join(map(str, value)) if isinstance(value, list | tuple) else str(value)
