# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who takes part in a stream, and what its instruction is about.

Every kind comes up as often as any other, and an instruction is as often about something that
does not happen as a user's would be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from streamo_ros.core.colors import COLORS
from streamo_ros.worlds.draws import pick
from streamo_ros.worlds.objects.cuts import joined
from streamo_ros.worlds.objects.cuts import joined_recorded
from streamo_ros.worlds.objects.cuts import part_lengths
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.noise import Noise
from streamo_ros.worlds.objects.paths import Habit
from streamo_ros.worlds.objects.phrasing import NAMELESS
from streamo_ros.worlds.objects.recorded import DetectionRecording
from streamo_ros.worlds.objects.recorded import draw_kind
from streamo_ros.worlds.objects.recorded import draw_recorded_stream
from streamo_ros.worlds.objects.recorded import RecordedStream
from streamo_ros.worlds.objects.simulation import draw_stream
from streamo_ros.worlds.objects.stream import Stream
from streamo_ros.worlds.objects.subject import SIDES
from streamo_ros.worlds.objects.subject import Subject

_COLORED = ('appear', 'leave', 'presence', 'count', 'together')
_COLOR_SHARE, _OWN_COLOR = 0.22, 0.75
_PERSON = 0.12
_HOW_MANY = {
    'count': (0.1, 0.25, 0.25, 0.2, 0.12, 0.08),
    'more': (0.08, 0.15, 0.25, 0.25, 0.17, 0.1),
}
_FEW = (0.22, 0.48, 0.2, 0.07, 0.03)
"""Probabilities of so many things of the kind in question, from none."""
_RETURNS = (0.1, 0.15, 0.5, 0.25)
MOST_NUMBER = 4
"""Largest number that an instruction says is to be exceeded."""
_ELSEWHERE = 0.4
"""Share of the scenes between cuts that have nothing to do with what is asked."""
_AGAIN = 0.4
"""Share of things that come where another of their kind was. Else whatever is seen anew where it
was seen before would be what the detector takes for a thing now and then."""
_CENTRAL = 0.5
"""Share of streams about where a thing is in which it is neither left nor right. Otherwise one
answer in ten says top or bottom, and these were told apart no better than by guessing."""
_EAGER = 0.6
"""Share of streams whose things do what a condition of theirs waits for."""
_COMES_TO = {'near': (0.6, 1.1), 'closer': (0.25, 0.8)}
"""Sizes that are then reached."""


@dataclass(frozen=True)
class Scenario:
    """A stream and what its instruction is about."""

    stream: Stream
    subject: Subject


def draw_scenario(
    family: str,
    frames: int,
    rng: np.random.Generator,
    noise: Noise | None = None,
    *,
    absent: bool = False,
    cut: bool = False,
    again: float = 0.0,
    central: float = 0.0,
) -> Scenario:
    """Draw a scenario.

    Args:
        family: one of `tasks.TASKS`.
        frames: length of the stream.
        rng: makes all random choices.
        noise: how the detector errs.
        absent: none of the things in question takes part.
        cut: whether the stream has cuts.
        again: see `draw_stream`.
        central: share of streams about where things are in which they are neither on the left
            nor on the right.
    """
    in_middle = family == 'where' and central > 0 and bool(rng.random() < central)
    kind = 0 if rng.random() < _PERSON else int(rng.integers(len(KINDS)))
    other = int((kind + rng.integers(1, len(KINDS))) % len(KINDS))
    parts = list[Stream]()
    for length in part_lengths(frames, rng) if cut else [frames]:
        elsewhere = absent or (cut and rng.random() < _ELSEWHERE)
        asked = [] if elsewhere or family == 'unknown' else [kind] * _how_many(family, rng)
        if family == 'together' and rng.random() < 0.85:
            asked += [other] * int(rng.integers(1, 3))
        suspected = None if family == 'unknown' else kind
        beside = _beside(kind, rng, elsewhere)
        habits = _habits(family, asked.count(kind), length, rng, in_middle)
        parts.append(draw_stream(rng, asked + beside, length, noise, habits, suspected, again))
    stream = joined(parts)
    return Scenario(stream, _subject(family, kind, other, stream, rng))


def _beside(kind: int, rng: np.random.Generator, absent: bool) -> list[int]:
    """The kinds of other things in a scene."""
    beside = [int(rng.integers(len(KINDS))) for _ in range(int(rng.integers(0, 5)))]
    return [neighbor for neighbor in beside if neighbor != kind or not absent]


def draw_mixed_scenario(
    family: str,
    recordings: Sequence[DetectionRecording],
    frames: int,
    rng: np.random.Generator,
    *,
    absent: bool = False,
    cut: bool = False,
) -> Scenario:
    """A scenario of the recordings if they can be asked about, otherwise a simulated one.

    The arguments are those of `draw_scenario` and `draw_recorded_scenario`.
    """
    recorded = None
    if recordings:
        parts = [
            draw_recorded_stream(pick(rng, recordings), length, rng)
            for length in (part_lengths(frames, rng) if cut else [frames])
        ]
        recorded = draw_recorded_scenario(family, joined_recorded(parts), rng, absent=absent)
    return recorded or draw_scenario(
        family, frames, rng, absent=absent, cut=cut, again=_AGAIN, central=_CENTRAL
    )


def draw_recorded_scenario(
    family: str,
    recorded: RecordedStream,
    rng: np.random.Generator,
    *,
    absent: bool = False,
) -> Scenario | None:
    """Draw a scenario of what the detector saw in a real video.

    Args:
        family: one of `tasks.TASKS`.
        recorded: what it saw.
        rng: makes all random choices.
        absent: none of the things in question takes part.

    Returns:
        None where all kinds are asked about, and of one of them nobody can tell.
    """
    if family in NAMELESS and recorded.unclear:
        return None
    kind = draw_kind(recorded, rng, absent=absent)
    others = [other for other in recorded.present if other != kind]
    other = pick(rng, others) if others else int((kind + rng.integers(1, len(KINDS))) % len(KINDS))
    if other in recorded.unclear:
        return None
    return Scenario(recorded.stream, _subject(family, kind, other, recorded.stream, rng))


def _habits(
    family: str, count: int, frames: int, rng: np.random.Generator, in_middle: bool
) -> dict[int, Habit]:
    """What the things in question do, by their numbers: often what is waited for."""
    if in_middle:
        return dict.fromkeys(range(count), Habit(central=True))
    if rng.random() >= _EAGER:
        return {}
    if family == 'back' and count > 1:
        gone = int(rng.integers(3, max(4, frames // 2)))
        again = gone + int(rng.integers(3, max(4, frames // 3)))
        return {0: Habit((0, gone)), 1: Habit((min(again, frames - 2), frames))}
    habit = Habit(moves=family == 'move', comes_to=_COMES_TO.get(family))
    return dict.fromkeys(range(count), habit)


def _how_many(family: str, rng: np.random.Generator) -> int:
    shares = _RETURNS if family == 'back' else _HOW_MANY.get(family, _FEW)
    return int(rng.choice(len(shares), p=shares))


def _subject(
    family: str, kind: int, other: int, stream: Stream, rng: np.random.Generator
) -> Subject:
    if family in (*NAMELESS, 'unknown'):
        return Subject(side=pick(rng, SIDES[:5])) if family == 'unknown' else Subject()
    color = -1
    if family in _COLORED and rng.random() < _COLOR_SHARE:
        own = [thing.color for thing in stream.things if thing.kind == kind]
        chosen = own and rng.random() < _OWN_COLOR
        color = pick(rng, own) if chosen else int(rng.integers(len(COLORS)))
    count = sum(thing.kind == kind for thing in stream.things)
    return Subject(
        (kind, other) if family == 'together' else (kind,),
        color,
        int(rng.integers(0, min(max(count, 1), MOST_NUMBER) + 1)) if family == 'more' else 0,
        'near' if family == 'near' else pick(rng, SIDES[:5]),
    )
