# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A report as one self-contained HTML file: no script, no font, no network.

The figures are those of `svg`. All text from outside is escaped.
"""

from __future__ import annotations

import html
import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamo_ros.core.frame import SamplerCounts
from streamo_ros.report.rows import EndRow
from streamo_ros.report.svg import Axis
from streamo_ros.report.svg import clock
from streamo_ros.report.svg import COLORS
from streamo_ros.report.svg import cost_picture
from streamo_ros.report.svg import drop_picture
from streamo_ros.report.svg import picture_link
from streamo_ros.report.svg import strip_picture
from streamo_ros.report.svg import track_picture
from streamo_ros.report.timeline import Timeline
from streamo_ros.report.timeline import TimelineAnswer
from streamo_ros.report.timeline import Track

_STYLE = """
body { font: 15px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; color: #1f2733;
  background: #fff; max-width: 1120px; margin: 28px auto; padding: 0 20px; }
h1 { font-size: 24px; margin: 0 0 2px; } h2 { font-size: 17px; margin: 0 0 4px; }
p { margin: 4px 0; } .quiet { color: #5b6470; font-size: 13px; }
section { border-top: 1px solid #e0e4ea; margin-top: 22px; padding-top: 16px; }
.facts { display: flex; flex-wrap: wrap; gap: 8px 26px; margin: 14px 0 4px; }
.facts div { min-width: 82px; } .facts b { display: block; font-size: 20px; font-weight: 600; }
.facts span { color: #5b6470; font-size: 12px; }
.legend { font-size: 12px; color: #5b6470; margin: 6px 0; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 2px;
  margin: 0 5px 0 14px; vertical-align: -1px; } .legend i:first-child { margin-left: 0; }
.legend i.line { height: 3px; vertical-align: 3px; width: 16px; }
.answers { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr));
  gap: 12px; margin-top: 10px; }
.answer { display: flex; gap: 12px; border: 1px solid #e0e4ea; border-radius: 6px; padding: 8px; }
.answer div { min-width: 0; overflow-wrap: anywhere; }
.answer img { width: 128px; height: 96px; object-fit: cover; border-radius: 4px; flex: none; }
.number { background: #2e9e5b; color: #fff; border-radius: 9px; padding: 0 7px; font-size: 12px; }
.warning { background: #fdf0ef; border-left: 4px solid #e05d5d; padding: 8px 12px;
  margin: 10px 0; }
table { border-collapse: collapse; font-size: 13px; } td { padding: 2px 18px 2px 0; }
td:first-child { color: #5b6470; } svg { display: block; }
@media print { section, .answer { break-inside: avoid; } }
"""
_UNKNOWN = ('', 'none', None, 0, (0, 0), [0, 0])
_LINES = ('encode', '#3977c4'), ('extend', '#8a63b8'), ('reception to decision', '#5b6470')


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
    """
    title = title or ', '.join(_name(timeline) for timeline in timelines)
    several = len(timelines) > 1
    body = [f'<h1>{html.escape(title)}</h1>']
    body += [f'<p class="warning">{html.escape(remark)}</p>' for remark in remarks]
    for timeline in timelines:
        if several:
            body.append(f'<section><h1>{html.escape(_name(timeline))}</h1>')
        body.append(_timeline(timeline))
        if several:
            body.append('</section>')
    path.write_text(
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<title>{html.escape(title)}</title><style>{_STYLE}</style></head>'
        f'<body>{"".join(body)}</body></html>\n',
        encoding='utf-8',
    )


def _name(timeline: Timeline) -> str:
    return Path(timeline.head.source or 'replay').name or 'replay'


def _timeline(timeline: Timeline) -> str:
    axis = Axis(timeline.seconds)
    parts = [_lead(timeline), _facts(timeline), _flaws(timeline)]
    # Frames without an instruction come last: they interest least.
    tracks = sorted(timeline.tracks.items(), key=lambda item: (not item[0], item[0]))
    shown = [(key, track) for key, track in tracks if track.points]
    strip = strip_picture(timeline.strip, axis)
    parts += [f'<section><h2>Frames</h2>{strip}</section>' if strip else '']
    parts += [_track(key, track, timeline, axis) for key, track in shown]
    parts += [_costs(timeline, axis), _model(timeline)]
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
    facts = [('capture time', clock(timeline.seconds))]
    if end:
        facts.append(('frames received', f'{end.received:,}'))
    facts += [('frames sampled', f'{len(timeline.costs):,}'), ('responses', f'{answers}')]
    facts.append(('dropped', f'{timeline.costs[-1].dropped if timeline.costs else 0}'))
    if latencies:
        facts.append(('median latency', f'{1e3 * statistics.median(latencies):.1f} ms'))
    if end and end.speed:
        speed = f'{end.speed:,.0f}' if end.speed >= 10 else f'{end.speed:.1f}'
        facts.append(('× real time', speed))
    cells = ''.join(f'<div><b>{value}</b><span>{name}</span></div>' for name, value in facts)
    return f'<div class="facts">{cells}</div>'


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


def _track(key: int, track: Track, timeline: Timeline, axis: Axis) -> str:
    decisions = [point.decision for point in track.points]
    counts = Counter(decision.state for decision in decisions)
    states = ', '.join(f'{counts[state]} {state.lower()}' for state in COLORS if counts[state])
    reasons = {decision.reason for decision in decisions if decision.reason}
    why = f' ({", ".join(sorted(reasons)).lower().replace("_", " ")})' if reasons else ''
    number = f'instruction {key}, from {clock(track.since)}' if key else 'without an instruction'
    answers = ''.join(_answer(place, answer) for place, answer in enumerate(track.answers, 1))
    return (
        f'<section><h2>{html.escape(track.text)}</h2>'
        f'<p class="quiet">{number}: {states}{why}</p>{_state_legend(counts)}'
        f'{track_picture(track, axis, timeline.period, timeline.jumps)}'
        f'<div class="answers">{answers}</div></section>'
    )


def _state_legend(counts: Counter[str]) -> str:
    boxes = ''.join(
        f'<i style="background:{color}"></i>{state.lower()}'
        for state, color in COLORS.items()
        if state != 'UNKNOWN' or counts[state]
    )
    lines = ''.join(
        f'<i class="line" style="background:{color}"></i>p({name})'
        for name, color in (('standby', '#d98c1f'), ('response', '#1f7f45'))
    )
    return f'<div class="legend">{boxes}{lines}</div>'


def _answer(number: int, answer: TimelineAnswer) -> str:
    image = f'<img src="{picture_link(answer.picture)}" alt="">' if answer.picture else ''
    probability = '' if answer.probability is None else f', p = {answer.probability:.2f}'
    end = '' if answer.finish == 'STOP' else f', ended by {answer.finish.lower()}'
    return (
        f'<div class="answer">{image}<div><span class="number">{number}</span> '
        f'<b>{clock(answer.at)}</b><p>{html.escape(answer.text) or "(no text)"}</p>'
        f'<p class="quiet">event {clock(answer.began)} to {clock(answer.at)}{probability}{end}</p>'
        '</div></div>'
    )


def _costs(timeline: Timeline, axis: Axis) -> str:
    if not timeline.costs:
        return ''
    legend = ''.join(
        f'<i class="line" style="background:{color}"></i>{name}' for name, color in _LINES
    )
    dropped = timeline.costs[-1].dropped
    drops = drop_picture(timeline.costs, axis) if dropped else '<p class="quiet">none</p>'
    return (
        f'<section><h2>Time per frame</h2><div class="legend">{legend}</div>'
        f'{cost_picture(timeline.costs, axis)}</section>'
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
    return ' × '.join(map(str, value)) if isinstance(value, list | tuple) else str(value)
