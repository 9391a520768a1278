# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which frames a training window shows, how many places each has, and how far away they are.

Once a lane's window is full, which is soon, all of its decisions are made at the end of sixteen
frames of twenty places. A network that has seldom seen that takes one kind for another there,
though it tells them apart in short windows: matching a detection with a word of the instruction is
learned for each distance, and among more empty places it is harder.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from streamo_ros.backbone.streamo_objects import MOST
from streamo_ros.backbone.vision.tracks import follow_all
from streamo_ros.backbone.vision.tracks import Followed
from streamo_ros.tiny.export import MAX_FRAMES
from streamo_ros.worlds.draws import pick
from streamo_ros.worlds.objects.stream import NOTHING
from streamo_ros.worlds.objects.stream import PLACES
from streamo_ros.worlds.objects.stream import Stream

MAX_ANSWERS = 8
"""Answers that stay when their frames are evicted."""
MAX_TIME, _LATEST = 40.0, 60
"""Seconds after which a lane's tags restart, and that they reach in training. A number that is
seldom seen as a tag disturbs what is seen beside it: with tags to 600 s, one set of weights
reported at some seconds what it did not report of the same frames at others."""
_AT_ZERO, _RESTARTED = 0.4, 0.5
"""Shares of dialogues whose first tag is 0, and of those with answers from before a restart."""
_SHORT_PAST, _LONG_PAST = (1, 40), (40, 200)
"""Frames that were evicted before a window."""
_LONG_AGO = 0.4
"""Share of dialogues with a long past."""
_ODD_RATE, _DROPS = 0.12, 0.15
_FULL, _WIDER = 0.2, 0.1
_ROW = 5
_LEFT_OUT = (0.12, 0.15, 0.2)
"""Scores up to which detections are left out of dialogues without all places."""
_TURN = MOST + 18
"""Positions of a turn without text."""
_ANEW = 0.1
"""Share of windows in which nothing is known of the frames before."""
_APART = 0.6
"""Share of windows that are not full whose frames are as far from the instruction as if they
were fuller."""


def frame_numbers(count: int, rng: np.random.Generator) -> tuple[list[int], Fraction]:
    """Which frames of a stream at 2 Hz are seen, and the seconds of a tag.

    Args:
        count: number of frames.
        rng: makes all random choices.
    """
    if rng.random() < _ODD_RATE:
        return list(range(0, 2 * count, 2)), Fraction(1, 2)
    if rng.random() < _DROPS:
        steps = np.where(rng.random(count) < 0.12, 2, 1)
        return [0, *np.cumsum(steps)[:-1].tolist()], Fraction(1, 2)
    return list(range(count)), Fraction(1, 2)


def evicted_count(family: str, rng: np.random.Generator) -> int:
    """How many frames were seen before a window that is not the lane's first.

    Args:
        family: task family; of the seconds of `ground`, none may be before a restart of the tags.
        rng: makes all random choices.
    """
    is_long = family != 'ground' and rng.random() < _LONG_AGO
    return int(rng.integers(*(_LONG_PAST if is_long else _SHORT_PAST)))


def tag_starts(
    numbers: Sequence[int], evicted: int, step: Fraction, rng: np.random.Generator
) -> list[Fraction]:
    """Where the tags of frames begin, in seconds; below 0 where tags have restarted since.

    Args:
        numbers: of the frames.
        evicted: how many of them are not in the window.
        step: seconds of a tag.
        rng: makes all random choices.
    """
    seen = numbers[evicted] * step
    latest = int(_LATEST - numbers[-1] * step)
    if latest < 1:
        # Answers of before the restart have tags, too.
        first, last = MAX_ANSWERS * step, _LATEST - (numbers[-1] * step - seen)
        origin = int(rng.integers(int(first), int(last))) - seen
    else:
        origin = Fraction(0 if rng.random() < _AT_ZERO else int(rng.integers(latest)))
    return [origin + number * step for number in numbers]


def answer_starts(
    given: Sequence[Fraction],
    frames: Sequence[Fraction],
    step: Fraction,
    rng: np.random.Generator,
) -> list[Fraction]:
    """Where the tags of answers begin whose frames were evicted, in seconds.

    When tags restart, what was said before stands right before what is kept, see
    `core.turn.restarted`.

    Args:
        given: where they began when they were given.
        frames: where the tags of the evicted frames begin, and that of the first that is seen.
        step: seconds of a tag.
        rng: makes all random choices.
    """
    if not given or (given[0] >= 0 and rng.random() >= _RESTARTED):
        return list(given)
    since = max(frames[int(rng.integers(len(frames)))], len(given) * step)
    old = sum(start < since for start in given)
    return [since - (old - place) * step for place in range(old)] + list(given[old:])


def gap(turns: int, rng: np.random.Generator) -> int:
    """Positions that are left out between the instruction and the first frame.

    Args:
        turns: frames of the window.
        rng: makes all random choices.
    """
    left = MAX_FRAMES - turns
    return int(rng.integers(left + 1)) * _TURN if left > 0 and rng.random() < _APART else 0


def faintest(rng: np.random.Generator) -> float:
    """Score up to which a dialogue's detections are left out; 0 = none is.

    Args:
        rng: makes all random choices.
    """
    return 0.0 if rng.random() < _FULL else float(rng.choice(_LEFT_OUT))


def followed_from(stream: Stream, evicted: int, rng: np.random.Generator) -> Followed:
    """What a lane is told of each frame of its window.

    Args:
        stream: the stream, from the lane's first frame.
        evicted: how many of its frames are not in the window.
        rng: makes all random choices.
    """
    # A lane that had to start over knows what the frames show that it keeps.
    since = evicted if rng.random() < _ANEW else 0
    return follow_all(stream.kind[since:], stream.box[since:], stream.color[since:]).since(
        evicted - since
    )


def place_count(followed: Followed, every: bool, rng: np.random.Generator) -> int:
    """Places of each frame: mostly as many as needed, since empty ones cost time.

    Args:
        followed: what the window shows.
        every: whether it has all places of a camera's frame.
        rng: makes all random choices.
    """
    if every:
        return pick(rng, (15, 16, PLACES))
    fullest = int((followed.kind != NOTHING).sum(1).max(initial=1))
    needed = max(_ROW, -(-fullest // _ROW) * _ROW)
    return min(PLACES, needed + _ROW * (rng.random() < _WIDER))
