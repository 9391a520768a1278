# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a sensible observer of a stream of detections knows at each frame.

He believes in a thing that was seen twice and gives it up when it was missed twice. He is right:
what happened is told to him, so what flickers never counts, and a thing that was missed stays.
Where nobody could know, he is in doubt, and nothing is learned from the frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field

import numpy as np

from streamo_ros.worlds.objects.paths import Bools
from streamo_ros.worlds.objects.paths import Ints
from streamo_ros.worlds.objects.stream import Stream
from streamo_ros.worlds.objects.stream import Thing

NOTICED = 0.3
"""Score from which a new detection is worth attention."""
_CANDIDATE, _CONVINCING = 0.25, 0.42
"""Scores from which a thing may be there, and from which two sights of it are enough."""
_BORDER = (0.25, 0.35)
"""Scores of new detections that one may notice or not."""
_FORGOTTEN = 5
"""Missed frames after which a thing is given up though it is there."""


@dataclass(frozen=True)
class Observation:
    """What is known of one thing, or of all things of a kind; each of shape (frames,).

    Attributes:
        known: how many are believed to be there.
        arrived: how many have just been found to have arrived.
        departed: how many have just been found to have left.
        pending: how many may have arrived, seen once.
        missing: how many of the known ones are not seen.
        doubt: whether nobody could know.
        things: of the things themselves, with what is known of each.
    """

    known: Ints
    arrived: Ints
    departed: Ints
    pending: Ints
    missing: Ints
    doubt: Bools
    things: list[tuple[Thing, Observation]] = field(default_factory=list)


def observe_thing(thing: Thing, begin: int) -> Observation:
    """What is known of a thing by one who watches from a frame on.

    Args:
        thing: the thing.
        begin: the first frame; the arrays start there.
    """
    scores, present = thing.score[begin:].tolist(), thing.present[begin:].tolist()
    frames = len(scores)
    rows = np.zeros((5, frames), np.int64)
    known, arrived, departed, pending, missing = rows
    doubt = np.zeros(frames, bool)
    is_known = scores[0] >= NOTICED
    # Of what was there but not seen at the start, nobody can tell whether it arrives.
    unclear = present[0] and scores[0] < 0.4
    missed, last_seen = 0, (0, scores[0]) if scores[0] >= _CANDIDATE else None
    for frame, (score, there) in enumerate(zip(scores, present, strict=True)):
        doubt[frame] |= unclear
        if frame and not is_known:
            if score >= _CANDIDATE:
                if there and last_seen and frame - last_seen[0] <= 2:
                    best = max(score, last_seen[1])
                    if best >= _CONVINCING:
                        is_known, missed = True, 0
                        arrived[frame] = not unclear
                        unclear = False
                    else:
                        doubt[frame] = True
                last_seen = frame, score
            pending[frame] = score >= NOTICED and not is_known
            doubt[frame] |= _BORDER[0] <= score <= _BORDER[1] and not is_known
        elif is_known:
            missed = missed + 1 if score == 0 else 0
            missing[frame] = missed > 0
            if missed >= 2 and not there and not present[frame - 1]:
                is_known, last_seen = False, None
                missing[frame], departed[frame] = 0, 1
            elif missed >= _FORGOTTEN:
                is_known, last_seen, unclear = False, None, True
            elif missed >= 2:
                doubt[frame] = True
            unclear = unclear and not is_known if frame else False
        if unclear and not there and not is_known and score == 0 and frame > 1:
            unclear = False
        known[frame] = is_known
    return Observation(known, arrived, departed, pending, missing, doubt)


def observe_kind(stream: Stream, begin: int, kind: int, color: int = -1) -> Observation:
    """What is known of the things of a kind.

    Args:
        stream: the stream.
        begin: the first frame that is watched.
        kind: number of the kind.
        color: number of the color; -1 for any.
    """
    things = [
        (thing, observe_thing(thing, begin))
        for thing in stream.things
        if thing.kind == kind and color in (-1, thing.color)
    ]
    frames = stream.frames - begin
    known, arrived, departed, pending, missing = np.zeros((5, frames), np.int64)
    doubt = np.zeros(frames, bool)
    total = Observation(known, arrived, departed, pending, missing, doubt, things)
    for _, own in things:
        total.known[:] += own.known
        total.arrived[:] += own.arrived
        total.departed[:] += own.departed
        total.pending[:] += own.pending
        total.missing[:] += own.missing
        total.doubt[:] |= own.doubt
    _add_ghosts(total, stream, begin, kind, color)
    # One is gone and another may have come: or it is the same.
    total.doubt[:] |= (total.pending > 0) & (total.missing > 0)
    total.doubt[:] |= (total.arrived > 0) & (total.departed > 0)
    return total


def _add_ghosts(total: Observation, stream: Stream, begin: int, kind: int, color: int) -> None:
    """Detections of the kind that no thing of it explains."""
    scores = stream.scores[begin:]
    ghosts = (stream.kind[begin:] == kind) & (stream.owner[begin:] < 0)
    if color >= 0:
        ghosts &= stream.color[begin:].argmax(-1) == color
    strength = np.where(ghosts, scores, 0).max(1, initial=0)
    before = np.concatenate(([0.0], strength[:-1]))
    # What lasts without being convincing is no news after its first frame.
    total.pending[:] += (strength >= NOTICED) & (before < NOTICED)
    total.doubt[:] |= (strength >= _BORDER[0]) & (strength <= _BORDER[1]) & (before < _BORDER[1])
