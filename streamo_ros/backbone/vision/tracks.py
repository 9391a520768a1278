# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which detections are of one thing, and what of that a lane's language model is told.

A detection alone says what is there now. Whether it is new, has been lost and found, or has grown
depends on the frames before it, and a thing that was there has no detection at all: attention
must find what is missing, which a small model does badly. So detections of one kind are linked
from frame to frame, as in SORT (Bewley et al., arXiv 1602.00763) without its motion model, which
two frames a second would not help.

What is given up is still remembered for a while, see `past_things`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from streamo_ros.backbone.vision.detections import BOX
from streamo_ros.backbone.vision.detections import NOTHING
from streamo_ros.backbone.vision.past_things import past_after
from streamo_ros.backbone.vision.past_things import with_past
from streamo_ros.backbone.vision.track_marks import Floats
from streamo_ros.backbone.vision.track_marks import Ints
from streamo_ros.backbone.vision.track_marks import KNOWN
from streamo_ros.backbone.vision.track_marks import MARKS
from streamo_ros.backbone.vision.track_marks import marks_of
from streamo_ros.backbone.vision.track_marks import MISSED
from streamo_ros.backbone.vision.track_marks import missed_of
from streamo_ros.backbone.vision.track_marks import SIGHTS
from streamo_ros.backbone.vision.track_marks import Things

_GATE = 2.0
"""Distances between two sights of one thing, in its own sizes, up to which they are linked."""
_NOTICED, _LIKELY, _CONVINCING = (math.log(p / (1 - p)) for p in (0.25, 0.3, 0.42))
"""Logits of a sight that counts, of one that is enough at the first frame, and of the surer of
two that are enough later."""
_UNSEEN = math.log(0.02 / 0.98)
"""Logit of what is missed: no detection has so low a score."""
_LOST, _DOUBTFUL = MISSED, 2
"""Frames after which a missed thing is given up, and one that was never believed in."""
_SAME_PLACE = 0.5
"""The same distance, for one that had been given up."""
_REMEMBERED = 11
"""Sizes of a thing that are compared."""
_GROWN, _GROWING = math.log(1.6), math.log(1.3)
"""Growth after which, if it went on before, sizes are compared anew."""
_EDGE = 0.01
_ANCHORED = 0.75
"""How much of where a thing was before stays in its mean place."""


class Followed(NamedTuple):
    """What is told of one frame: its detections, and in free places things that are missed.

    Attributes:
        kind: see `Detections.kind`; shape (places,).
        box: see `Detections.box`; of what is missed where it was last seen, with a score of almost
            0.
        color: see `Detections.color`; of what is missed as last seen.
        marks: what the frames before tell of it; float32, shape (places, `MARKS`).
    """

    kind: Ints
    box: Floats
    color: Floats
    marks: Floats

    @property
    def missed(self) -> Ints:
        """For how many frames each has been missed; int64, shape (places,)."""
        return missed_of(self.marks)

    def since(self, frame: int) -> Followed:
        """The same from a frame on, where the arrays begin with an axis of the frames."""
        return Followed._make(part[frame:] for part in self)


@dataclass(frozen=True)
class Tracks:
    """What a lane's frames have shown.

    Attributes:
        things: those that were seen lately.
        past: those that were given up, the latest first.
        frames: number of frames.
    """

    things: Things
    past: Things
    frames: int = 0


def no_tracks(colors: int) -> Tracks:
    """What no frame has shown.

    Args:
        colors: numbers of a detection's color.
    """
    ints, floats = np.zeros(0, np.int64), np.zeros(0, np.float32)
    nothing = Things(
        kind=ints,
        box=np.zeros((0, BOX), np.float32),
        color=np.zeros((0, colors), np.float32),
        sights=ints,
        since=ints,
        best=floats,
        known=ints,
        gap=ints,
        missed=ints,
        from_start=np.zeros(0, bool),
        sizes=np.zeros((0, _REMEMBERED), np.float32),
        growth=floats,
        anchor=np.zeros((0, 2), np.float32),
        seen=ints,
        total=floats,
        age=ints,
        returns=ints,
        away=ints,
    )
    return Tracks(nothing, nothing)


def follow(tracks: Tracks, kind: Ints, box: Floats, color: Floats) -> tuple[Tracks, Followed]:
    """Link a frame's detections to what was seen before.

    Args:
        tracks: what was seen before.
        kind: see `Detections`; shape (places,), empty places last.
        box: the same.
        color: the same.

    Returns:
        What was seen then, and what is told of the frame.
    """
    count = int((kind != NOTHING).sum())
    origin = _linked(tracks.things, kind[:count], box[:count], _GATE)
    new = np.flatnonzero(origin < 0)
    again = np.full(count, -1)
    again[new] = _linked(tracks.past, kind[new], box[new], _SAME_PLACE)
    seen = _seen(tracks, origin, kind[:count], box[:count], color[:count])
    seen = with_past(seen, tracks.past, again)
    missing, given_up = _missing(tracks.things, origin)
    told = _told(seen, missing, tracks.frames, len(kind))
    # What has come closer is compared with what it is now.
    before = tracks.things.of(origin, 'growth')
    renewed = (seen.growth > _GROWN) & (before > _GROWING)
    seen.sizes[renewed, :-1] = np.inf
    seen.growth[renewed] = 0
    past = past_after(tracks.past, again, given_up)
    return Tracks(seen.joined(missing), past, tracks.frames + 1), told


def follow_all(kind: Ints, box: Floats, color: Floats) -> Followed:
    """What is told of each frame of a stream; all arrays begin with an axis of the frames.

    Args:
        kind: see `Detections`; shape (frames, places), empty places last.
        box: the same.
        color: the same.
    """
    tracks, told = no_tracks(color.shape[-1]), []
    for seen in zip(kind, box, color, strict=True):
        tracks, one = follow(tracks, *seen)
        told.append(one)
    return Followed._make(np.stack(part) for part in zip(*told, strict=True))


def _linked(things: Things, kind: Ints, box: Floats, gate: float) -> Ints:
    """The number of the thing that each detection is of; -1 for one that is too far from all."""
    origin = np.full(len(kind), -1)
    at, of = np.nonzero(kind[:, None] == things.kind[None])
    if not len(at):
        return origin
    now, before = box[at], things.box[of]
    sizes = (now[:, 3] + now[:, 4]) / 2, (before[:, 3] + before[:, 4]) / 2
    moved = np.hypot(now[:, 1] - before[:, 1], now[:, 2] - before[:, 2])
    far = moved / (np.exp(np.maximum(*sizes)) + 0.05) + np.abs(sizes[0] - sizes[1]) / 2
    taken = set[int]()
    for pair in np.argsort(far, kind='stable').tolist():
        if far[pair] > gate:
            break
        if origin[at[pair]] < 0 and int(of[pair]) not in taken:
            origin[at[pair]] = of[pair]
            taken.add(int(of[pair]))
    return origin


def _seen(tracks: Tracks, origin: Ints, kind: Ints, box: Floats, color: Floats) -> Things:
    """The thing of each detection of a frame."""
    before, first = partial(tracks.things.of, origin), not tracks.frames
    logit, center, size = box[:, 0], box[:, 1:3], (box[:, 3] + box[:, 4]) / 2
    counts, since, best = logit >= _NOTICED, before('since') + 1, before('best', -math.inf)
    pair = counts & (before('sights') > 0) & (since <= 2)
    sure = pair & (np.maximum(best, logit) >= _CONVINCING)
    new = np.where(logit >= _LIKELY, KNOWN, 0) if first else sure.astype(np.int64)
    half = np.exp(box[:, 3:5]) / 2
    # What the edge cuts grows without coming closer.
    whole = ((center - half >= _EDGE) & (center + half <= 1 - _EDGE)).all(1)
    sizes, growth = before('sizes', math.inf), np.zeros(len(kind), np.float32)
    sizes[whole] = np.concatenate((sizes[whole, 1:], size[whole, None]), 1)
    growth[whole] = size[whole] - sizes[whole].min(1)
    anchor = np.where((origin < 0)[:, None], center, before('anchor'))
    return Things(
        kind=kind,
        box=box,
        color=color,
        sights=np.minimum(before('sights') + counts, SIGHTS),
        since=np.where(counts, 0, since),
        best=np.where(counts, logit, best).astype(np.float32),
        known=np.where(before('known') > 0, _counted(before('known')), new),
        gap=before('missed'),
        missed=np.zeros(len(kind), np.int64),
        from_start=before('from_start', first),
        sizes=sizes,
        growth=growth,
        anchor=(_ANCHORED * anchor + (1 - _ANCHORED) * center).astype(np.float32),
        seen=before('seen') + counts,
        total=(before('total') + np.where(counts, logit, 0)).astype(np.float32),
        age=before('age') + (before('seen') > 0),
        returns=before('returns'),
        away=before('away'),
    )


def _missing(things: Things, origin: Ints) -> tuple[Things, Things]:
    """The things that a frame does not show, and those of them that are given up."""
    left = things.at(np.setdiff1d(np.arange(len(things.kind)), origin))
    missing = replace(left.older(), since=left.since + 1, known=_counted(left.known))
    kept = missing.missed <= np.where(missing.known > 0, _LOST, _DOUBTFUL)
    return missing.at(kept), missing.at(~kept & (missing.seen > 0))


def _counted(known: Ints) -> Ints:
    """One frame more since things were believed in."""
    return np.where(known > 0, np.minimum(known + 1, KNOWN), 0)


def _told(seen: Things, missing: Things, frames: int, places: int) -> Followed:
    """What is told of a frame with so many places; see `follow`."""
    believed = np.flatnonzero(missing.known > 0)
    latest = believed[np.argsort(missing.missed[believed], kind='stable')]
    things = seen.joined(missing.at(latest[: places - len(seen.kind)]))
    count = len(things.kind)
    told = Followed(
        np.full(places, NOTHING),
        np.zeros((places, BOX), np.float32),
        np.zeros((places, things.color.shape[1]), np.float32),
        np.zeros((places, MARKS), np.float32),
    )
    told.kind[:count], told.box[:count], told.color[:count] = things.kind, things.box, things.color
    told.box[len(seen.kind) : count, 0] = _UNSEEN
    told.marks[:count] = marks_of(things, frames)
    return told
