# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The report card as one HTML file, with a picture of each miss and each false alarm."""

from __future__ import annotations

import html
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamo_ros.evaluation.recordings.card import Card
from streamo_ros.evaluation.recordings.card import EventResult
from streamo_ros.evaluation.recordings.card import Verdict
from streamo_ros.evaluation.recordings.pictures import pictures_at
from streamo_ros.evaluation.recordings.scored import Scored
from streamo_ros.files import write_text
from streamo_ros.report.style import fact_cells
from streamo_ros.report.style import page
from streamo_ros.report.svg import Axis
from streamo_ros.report.svg import clock
from streamo_ros.report.svg import figure
from streamo_ros.report.svg import grid
from streamo_ros.report.svg import LEFT
from streamo_ros.report.svg import picture_link
from streamo_ros.report.svg import ruler
from streamo_ros.report.svg import text

PICTURES = 200
"""Most pictures of a recording: a page stays below a few megabytes."""
_COLORS = {
    Verdict.CAUGHT: 'response',
    Verdict.LATE: 'standby',
    Verdict.WRONG: 'standby',
    Verdict.MISSED: 'unknown',
}
Pictures = Mapping[float, bytes]


def write_card_page(
    path: Path, scored: Sequence[Scored], result: Mapping[str, Any], topic: str = ''
) -> None:
    """Write the page.

    Args:
        path: the file.
        scored: the recordings.
        result: see `scored.report`.
        topic: image topic of bags; '' = the only one.

    Raises:
        WriteError: it cannot be written.
    """
    body = [f'<h1>Report card: {html.escape(result["model"])}</h1>', fact_cells(_facts(result))]
    body += [f'<p class="warning">{html.escape(sentence)}.</p>' for sentence in result['broken']]
    for recording in scored:
        body += _recording(recording, topic)
    body += [f'<p class="quiet">{html.escape(remark)}</p>' for remark in result['remarks']]
    write_text(path, page('Report card', body))


def _facts(result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ('events', 'caught', 'late', 'wrong_words', 'missed', 'duplicates'):
        yield name.replace('_', ' '), str(result[name])
    yield 'false alarms', str(result['false_alarms'])
    if result['false_alarms_per_hour'] is not None:
        yield 'false alarms an hour', f'{result["false_alarms_per_hour"]:.2f}'
    yield 'hours of an instruction', f'{result["hours"]:.2f}'
    if result['median_delay'] is not None:
        yield 'median delay', f'{result["median_delay"]:.1f} s'


def _recording(scored: Scored, topic: str) -> Iterator[str]:
    watched = scored.recording.watched
    wanted = [at for card in scored.cards for at in _moments(card)]
    pictures, problem = pictures_at(watched, wanted[:PICTURES], topic)
    yield f'<section><h2>{html.escape(Path(watched.name).name)}</h2>'
    if problem:
        yield f'<p class="quiet">{html.escape(problem)}</p>'
    if len(wanted) > PICTURES:
        yield f'<p class="quiet">Only the first {PICTURES} of {len(wanted)} have a picture.</p>'
    quiet = 0
    for card in scored.cards:
        if card.events or card.false_alarms:
            yield from _card(card, Axis(watched.seconds), pictures)
        else:
            quiet += 1
    if quiet:
        yield f'<p class="quiet">Instructions in which rightly nothing was said: {quiet}.</p>'
    yield '</section>'


def _moments(card: Card) -> Iterator[float]:
    """What there is a picture of: events that were not caught, and false alarms."""
    for result in card.events:
        if result.verdict is not Verdict.CAUGHT:
            yield _middle(result)
    yield from (at for at, _ in card.false_alarms)


def _middle(result: EventResult) -> float:
    """An event is best seen in its middle."""
    return (result.event.start + result.event.end) / 2


def _card(card: Card, axis: Axis, pictures: Pictures) -> Iterator[str]:
    caught = sum(result.verdict is Verdict.CAUGHT for result in card.events)
    yield (
        f'<h3>{html.escape(card.truth.instruction)}</h3><p class="quiet">{caught} of '
        f'{len(card.events)} events caught, {len(card.duplicates)} duplicates, '
        f'{len(card.false_alarms)} false alarms</p>{_figure(card, axis)}<ol class="answers">'
    )
    for result in card.events:
        if result.verdict is not Verdict.CAUGHT:
            yield _event_row(result, pictures)
    for at, words in card.false_alarms:
        yield _row(pictures.get(at, b''), clock(at), 'false alarm', words)
    yield '</ol>'


def _event_row(result: EventResult, pictures: Pictures) -> str:
    event = result.event
    when = clock(event.start)
    if event.end > event.start:
        when += f' to {clock(event.end)}'
    said = ''
    if result.answer and result.delay is not None:
        said = f'said {result.delay:.1f} s after its start: {result.answer[1]}'
    return _row(pictures.get(_middle(result), b''), when, result.verdict.value, said)


def _row(picture: bytes, when: str, what: str, words: str) -> str:
    image = f'<img src="{picture_link(picture)}" alt="" loading="lazy">' if picture else ''
    return (
        f'<li>{image}<div><b>{when}</b> {html.escape(what)}'
        f'<span class="quiet asked">{html.escape(words)}</span></div></li>'
    )


def _figure(card: Card, axis: Axis) -> str:
    """Events above, colored by what became of them; answers below."""
    parts = [grid(axis, 62), ruler(axis, 62)]
    parts += [text(LEFT - 8, 24, 'due', 'end'), text(LEFT - 8, 50, 'said', 'end')]
    for start, end in card.truth.unsure:
        parts.append(_rect(axis, start, end, 8, 48, 'no_instruction', 'not sure'))
    for result in card.events:
        event, name = result.event, result.verdict.value
        title = f'{name}: {clock(event.start)} to {clock(event.end)}'
        parts.append(_rect(axis, event.start, event.end, 10, 20, _COLORS[result.verdict], title))
    groups = (
        ('response', 'answer', [outcome.answer for outcome in card.events if outcome.answer]),
        ('silence', 'duplicate', card.duplicates),
        ('unknown', 'false alarm', card.false_alarms),
    )
    for kind, name, answers in groups:
        for at, words in answers:
            parts.append(_rect(axis, at, at, 36, 20, kind, f'{name}, {clock(at)}: {words}'))
    return figure(88, parts, f'due and said over time: {card.truth.instruction}')


def _rect(
    axis: Axis, start: float, end: float, y: float, height: float, kind: str, title: str
) -> str:
    x = axis.x(start)
    width = max(4.0, axis.x(end) - x)
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" class="{kind}">'
        f'<title>{html.escape(title)}</title></rect>'
    )
