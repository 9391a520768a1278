# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drawn tables that streamo-tiny watches and describes, and questions about them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.past_questions import AskedPast
from benchmarks.past_questions import Happenings
from benchmarks.past_questions import MOST_LISTED
from benchmarks.past_questions import Pace
from benchmarks.past_questions import START
from benchmarks.past_store import remember
from streamo_ros.core.frame import SECOND
from streamo_ros.core.interface import Backbone
from streamo_ros.worlds.episode import PICTURES
from streamo_ros.worlds.episode import SEEDS
from streamo_ros.worlds.phrasing import article
from streamo_ros.worlds.scene import COLORS
from streamo_ros.worlds.scene import SHAPES
from streamo_ros.worlds.tasks import label_views
from streamo_ros.worlds.world import World

MODEL = 'streamo-tiny'
LANES = 1
PACE = Pace()
INSTRUCTION = 'describe what happens'
_FIRST_SEED = 700_000
"""From here on within the seeds of evaluation, which no training uses."""


def _world(number: int) -> World:
    return World(SEEDS['evaluation'][_FIRST_SEED + number], *PICTURES['4:3'])


def watch(backbone: Backbone, folder: Path, number: int, frames: int) -> Happenings:
    """Let the model watch a world at one frame a second; what truly happened."""
    world = _world(number)
    shown = (
        (PACE.tick(second), image, image)
        for second in range(frames)
        for image in [world.render(float(second))]
    )
    remember(backbone, folder, [INSTRUCTION], shown)
    views = [world.view(float(second)) for second in range(frames)]
    labels = label_views('narrate', ('', ''), views, ['0'] * frames)
    return [(number, label.text) for number, label in enumerate(labels) if label.text]


def questions(truth: Happenings, number: int, frames: int) -> Iterator[AskedPast]:
    """Questions about what happened to each thing, and about what did not."""
    world, rng = _world(number), np.random.default_rng(number)
    seen = {
        f'{color} {thing.shape}'
        for second in range(frames)
        for thing in world.view(float(second)).things
        for color in (thing.color, thing.into)
        if color
    }
    happened: dict[str, list[int]] = defaultdict(list)
    for frame, text in truth:
        happened[text].append(frame)
    for text, at in happened.items():
        yield from _about_event(text, tuple(at))
    yield from _about_times(truth, rng, frames)
    things = [f'{color} {shape}' for color in COLORS for shape in SHAPES]
    for thing in rng.permutation([thing for thing in things if thing not in seen])[:8]:
        one = f'{article(thing)} {thing}'
        yield AskedPast('never there', f'Was there {one}?', (), about=thing)
        yield AskedPast('never there', f'When did {one} arrive?', (), about=thing)
        yield AskedPast('never there', f'How often was the {thing} moved?', (), about=thing)
    for thing in things:
        moved, left = f'The {thing} was moved.', f'The {thing} has left.'
        if thing in seen and moved not in happened:
            yield AskedPast('never happened', f'When was the {thing} moved?', (), about=moved)
        if thing in seen and left not in happened:
            yield AskedPast('never happened', f'When did the {thing} leave?', (), about=left)


def _about_event(text: str, at: tuple[int, ...]) -> Iterator[AskedPast]:
    """When, how often and whether an event happened."""
    often = {1: 'once', 2: 'twice'}.get(len(at), f'{len(at)} times')
    *subject, verb = text.rstrip('.').split()
    thing = ' '.join(subject[:-1]).lower()
    when, how_often, last = {
        'arrived': (
            f'When did {thing} arrive?',
            f'How often did {thing} come in?',
            f'When did {thing} arrive last?',
        ),
        'left': (
            f'When did {thing} leave?',
            f'How often did {thing} go away?',
            f'When was the last time that {thing} left?',
        ),
        'moved': (
            f'When was {thing} moved?',
            f'How many times did somebody move {thing}?',
            f'When was {thing} last moved?',
        ),
    }.get(
        verb,
        (
            f'When did {" ".join(subject[:2]).lower()} turn {verb}?',
            f'How often did {" ".join(subject[:2]).lower()} become {verb}?',
            f'When did {" ".join(subject[:2]).lower()} last turn {verb}?',
        ),
    )
    yield AskedPast('when', when, at, about=text)
    yield AskedPast('how often', how_often, at, often, about=text)
    yield AskedPast('when last', last, at[-1:], about=text)
    if verb == 'arrived':
        yield AskedPast('was there', f'Was there {thing}?', at, about=text)


def _about_times(truth: Happenings, rng: np.random.Generator, frames: int) -> Iterator[AskedPast]:
    """What happened after and before an event that happened once, and between two times."""
    texts = [text for _, text in truth]
    for frame, text in truth:
        if texts.count(text) > 1:
            continue
        event = text[0].lower() + text[1:].rstrip('.')
        later = tuple(at for at, _ in truth if at > frame)
        if 0 < len(later) <= MOST_LISTED:
            question = f'What happened after {event}?'
            yield AskedPast('after', question, later, about=text, span=(frame + 1, frames))
        earlier = tuple(at for at, _ in truth if at < frame)
        if 0 < len(earlier) <= MOST_LISTED:
            question = f'What happened before {event}?'
            yield AskedPast('before', question, earlier, about=text, span=(0, frame - 1))
    for start in rng.permutation(frames - 40)[:20]:
        first, last = int(start), int(start) + 30
        inside = tuple(at for at, _ in truth if first <= at <= last)
        # An event may begin seconds before it is noted, and be noted late.
        edges = {*range(first - 6, first + 6), *range(last - 6, last + 6)}
        if inside and not edges & {at for at, _ in truth}:
            question = f'What happened between {_clock(first)} and {_clock(last)}?'
            yield AskedPast('between', question, inside, span=(first, last))


def _clock(frame: int) -> str:
    return time.strftime('%H:%M:%S', time.gmtime(START // SECOND + frame))
