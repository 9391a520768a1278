# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Simulated streams of detections that streamo-objects watches, and questions about them.

It is told to say when things of some kinds appear and leave. What happened while nobody could know
is no event.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.past_questions import AskedPast
from benchmarks.past_questions import Happenings
from benchmarks.past_questions import Pace
from benchmarks.past_store import remember
from streamo_ros.backbone.vision.shown_detections import show_detections
from streamo_ros.core.interface import Backbone
from streamo_ros.evaluation.object_streams import detections_of
from streamo_ros.evaluation.real_clips import question
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.paths import Habit
from streamo_ros.worlds.objects.simulation import draw_stream
from streamo_ros.worlds.objects.stream import Stream
from streamo_ros.worlds.objects.subject import Subject
from streamo_ros.worlds.objects.tasks import label_stream

MODEL = 'streamo-objects'
PACE = Pace(rate=2, tolerance=3)
_KINDS, _NEVER = 5, 3
"""Kinds that are watched for and take part, and those that never come."""
LANES = 2 * (_KINDS + _NEVER)
_VISITS = (1, 4)
_FAMILIES = ('appear', 'leave')
_SEED = 9_000_000
"""Training draws from generators of other lengths of seeds, so any number will do."""
_PICTURE = np.zeros((90, 120, 3), np.uint8)
"""What is remembered of a frame: a stream has no pictures."""


def _stream(number: int, frames: int) -> tuple[Stream, list[int], list[int]]:
    """A stream, the kinds that visit it, and kinds that are watched for in vain."""
    rng = np.random.default_rng([_SEED, number])
    kinds = rng.permutation(len(KINDS)).tolist()
    present, absent = kinds[:_KINDS], kinds[_KINDS : _KINDS + _NEVER]
    things, habits = list[int](), dict[int, Habit]()
    for kind in present:
        visits = int(rng.integers(*_VISITS))
        # One visit after the other, with time between.
        borders = np.sort(rng.choice(np.arange(1, frames // 12 - 1), 2 * visits, replace=False))
        for first, last in (12 * borders).reshape(-1, 2).tolist():
            habits[len(things)] = Habit((first, last))
            things.append(kind)
    return draw_stream(rng, things, frames, habits=habits), present, absent


def watch(backbone: Backbone, folder: Path, number: int, frames: int) -> Happenings:
    """Let the model watch a stream at two frames a second; what truly happened."""
    show_detections(backbone)
    stream, present, absent = _stream(number, frames)
    instructions = [
        question(family, KINDS[kind].name) for kind in (*present, *absent) for family in _FAMILIES
    ]
    shown = (
        (PACE.tick(number), detections, _PICTURE)
        for number, detections in enumerate(detections_of(stream))
    )
    remember(backbone, folder, instructions, shown)
    return _events(stream, present, frames)


def _events(stream: Stream, kinds: list[int], frames: int) -> Happenings:
    happened = []
    for kind in kinds:
        for family in _FAMILIES:
            labels = label_stream(family, Subject((kind,)), stream, 0, ['0'] * frames)
            rows = zip(labels.labels, labels.doubt.tolist(), strict=True)
            happened += [
                (frame, label.text)
                for frame, (label, doubt) in enumerate(rows)
                if label.text and not doubt
            ]
    return sorted(happened)


def questions(truth: Happenings, number: int, frames: int) -> Iterator[AskedPast]:
    """Questions about what came and left, and about what did not."""
    _, present, absent = _stream(number, frames)
    happened: dict[str, list[int]] = defaultdict(list)
    for frame, text in truth:
        happened[text].append(frame)
    for kind in present:
        one = f'{KINDS[kind].word.article}{KINDS[kind].name}'
        came, left = (f'{one.capitalize()} has {done}.' for done in ('appeared', 'left'))
        yield from _about(came, happened[came], f'did {one} appear', f'did {one} come in')
        yield from _about(left, happened[left], f'did {one} leave', f'did {one} go away')
        if happened[came]:
            at = tuple(happened[came])
            yield AskedPast('was there', f'Was there {one}?', at, about=came)
    rest = [kind for kind in range(len(KINDS)) if kind not in present]
    others = np.random.default_rng(number).permutation(rest)[:_NEVER].tolist()
    for kind in dict.fromkeys([*absent, *others]):
        one = f'{KINDS[kind].word.article}{KINDS[kind].name}'
        about = f'{one.capitalize()} has'
        yield AskedPast('never there', f'Was there {one}?', (), about=about)
        yield AskedPast('never there', f'When did {one} appear?', (), about=about)
        yield AskedPast('never there', f'How often did {one} leave?', (), about=about)


def _about(text: str, at: list[int], when: str, often: str) -> Iterator[AskedPast]:
    """When, how often and when last something happened, or that it never did."""
    if not at:
        yield AskedPast('never happened', f'When {when}?', (), about=text)
        return
    times = {1: 'once', 2: 'twice'}.get(len(at), f'{len(at)} times')
    yield AskedPast('when', f'When {when}?', tuple(at), about=text)
    yield AskedPast('how often', f'How often {often}?', tuple(at), times, about=text)
    yield AskedPast('when last', f'When {when} last?', tuple(at[-1:]), about=text)
