# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The chronological list of all answers, and which of them get a picture.

Pictures make up most of a report. What the page may weigh is shared among its instructions, so
that one that is answered every few seconds does not take the pictures of the others.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from streamo_ros.report.svg import clock
from streamo_ros.report.svg import picture_link
from streamo_ros.report.timeline import Timeline
from streamo_ros.report.timeline import TimelineAnswer
from streamo_ros.report.track_figure import Link

LISTED = 3000
"""Most answers in a list; of more, the last ones."""


@dataclass(frozen=True)
class Listed:
    """An answer in the list.

    Attributes:
        key: the instruction's id.
        asked: the instruction's text.
        link: where it is in the page.
    """

    key: int
    asked: str
    answer: TimelineAnswer
    link: Link


def list_answers(timeline: Timeline, prefix: str = '') -> list[Listed]:
    """All answers of a run, in the order of time.

    Args:
        timeline: the run.
        prefix: of the ids; tells the runs of a page apart.
    """
    listed = [
        Listed(
            key,
            track.text,
            answer,
            Link(number, answer.at, answer.text, f'{prefix}answer-{key}-{number}'),
        )
        for key, track in timeline.tracks.items()
        for number, answer in enumerate(track.answers, 1)
    ]
    return sorted(listed, key=lambda entry: (entry.answer.at, entry.key, entry.link.number))


def choose_pictures(groups: Iterable[Sequence[bytes]], room: int) -> list[list[bool]]:
    """Which pictures of each group are shown: all, or evenly spaced ones that fit.

    Args:
        groups: the pictures of each instruction, JPEG files; b'' = none.
        room: bytes of the page that they may fill in all.

    Returns:
        Of each group, whether each of its pictures is shown.
    """
    candidates = [list(group) for group in groups]
    chosen: list[list[bool]] = [[] for _ in candidates]
    # Whoever needs least comes first: what is left of a fair share goes to the others.
    order = sorted(
        range(len(candidates)), key=lambda number: sum(map(_weight, candidates[number]))
    )
    for place, number in enumerate(order):
        share = room // (len(order) - place)
        chosen[number] = _spaced(candidates[number], share)
        room -= sum(
            _weight(picture)
            for picture, shown in zip(candidates[number], chosen[number], strict=True)
            if shown
        )
    return chosen


def answer_rows(answers: Sequence[Listed], shown: Mapping[str, bool], most: int = LISTED) -> str:
    """The list as HTML.

    Args:
        answers: in the order of time.
        shown: whether the picture is shown, by the answer's id in the page.
        most: answers that are listed; of more, the last ones.
    """
    left_out = [
        answer for answer in answers if answer.answer.picture and not shown.get(answer.link.target)
    ]
    notes = []
    if len(answers) > most:
        notes.append(
            f'The first {len(answers) - most:,} answers are left out to keep this page small.'
        )
    if left_out:
        notes.append(f'{len(left_out):,} pictures are left out to keep this page small.')
    rows = ''.join(_row(answer, bool(shown.get(answer.link.target))) for answer in answers[-most:])
    return (
        ''.join(f'<p class="quiet">{note}</p>' for note in notes)
        + f'<ol class="answers">{rows}</ol>'
    )


def _row(listed: Listed, with_picture: bool) -> str:
    answer, link = listed.answer, listed.link
    image = (
        f'<img src="{picture_link(answer.picture)}" alt="" loading="lazy">' if with_picture else ''
    )
    probability = '' if answer.probability is None else f', p = {answer.probability:.2f}'
    finish = '' if answer.finish in ('STOP', '') else f', ended by {answer.finish.lower()}'
    asked = html.escape(listed.asked)
    return (
        f'<li id="{link.target}">{image}<div><b>{clock(answer.at)}</b> '
        f'<span class="number">{link.number}</span> {html.escape(answer.text)}'
        f'<span class="quiet asked" title="{asked}">{listed.key}: {asked}</span>'
        f'<span class="quiet">event {clock(answer.began)} to {clock(answer.at)}'
        f'{probability}{finish}</span></div></li>'
    )


def _weight(picture: bytes) -> int:
    """Bytes of a picture in the page."""
    return len(picture_link(picture)) if picture else 0


def _spaced(pictures: Sequence[bytes], room: int) -> list[bool]:
    """The first of every few pictures, of as few as fit."""
    with_picture = [number for number, picture in enumerate(pictures) if picture]
    for stride in range(1, len(with_picture) + 1):
        kept = with_picture[::stride]
        if sum(_weight(pictures[number]) for number in kept) <= room:
            return [number in set(kept) for number in range(len(pictures))]
    return [False] * len(pictures)
