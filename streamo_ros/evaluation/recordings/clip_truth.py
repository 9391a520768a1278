# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The truth about a clip with tracks, see docs/evaluation.md, as instructions with events.

For each class: when things of it arrive, when they leave, and how many there are. A class that
surely never appears is watched for as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from streamo_ros.evaluation.metrics import Span
from streamo_ros.evaluation.real_clips import event_times
from streamo_ros.evaluation.real_clips import question
from streamo_ros.evaluation.real_clips import read_tracks
from streamo_ros.evaluation.recordings.truth import Event
from streamo_ros.evaluation.recordings.truth import Truth
from streamo_ros.worlds.objects import answers
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.subject import Subject

_WORDS = {
    'appear': ('appears', 'appeared', 'arrives', 'arrived', 'enters', 'entered', 'here', 'view'),
    'leave': ('leaves', 'left', 'leaving', 'gone', 'disappears', 'disappeared', 'away'),
}
"""One of these makes an answer one about an arrival or a leaving."""


def clip_truths(path: Path) -> Iterator[Truth]:
    """The truths of a clip's JSON file.

    Raises:
        EvaluationError: it is not such a file.
    """
    truth = read_tracks(path)
    for name in sorted({track['class'] for track in truth['tracks']}):
        for family in ('appear', 'leave'):
            times = sorted(set(event_times(truth, name, family)))
            events = tuple(Event(time, time, _WORDS[family], str(path)) for time in times)
            yield _truth(path, family, name, events, _unsure(truth, name))
    for name in sorted({stretch['class'] for stretch in truth.get('counts', [])}):
        yield _count(path, truth, name)
    for name in truth.get('absent', []):
        yield _truth(path, 'never', name)


def _truth(
    path: Path,
    family: str,
    name: str,
    events: tuple[Event, ...] = (),
    unsure: tuple[Span, ...] = (),
) -> Truth:
    instruction = question(family, name)
    return Truth(path.stem, instruction, events=events, unsure=unsure, place=str(path))


def _unsure(truth: Mapping[str, Any], name: str) -> tuple[Span, ...]:
    return tuple(
        (row['from_s'], row['to_s']) for row in truth.get('unsure', []) if row['class'] == name
    )


def _count(path: Path, truth: Mapping[str, Any], name: str) -> Truth:
    """Each new number is an event; between the stretches it is not certain."""
    index = next(kind.index for kind in KINDS if kind.name == name)
    rows = [row for row in truth['counts'] if row['class'] == name]
    events, last = [], ''
    for row in rows:
        text = answers.number(Subject((index,)), int(row['count']))
        if text != last:
            start = float(row['from_s'])
            events.append(Event(start, start, (text,), str(path)))
        last = text
    gaps = tuple((a['to_s'], b['from_s']) for a, b in pairwise(rows) if a['to_s'] < b['from_s'])
    return _truth(path, 'count', name, tuple(events), gaps + _unsure(truth, name))
