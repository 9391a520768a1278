# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Links the detections of a recording to things, by one who knows all of it.

Detections that follow each other in one place are of one thing, whose kind is the one that it is
taken for most surely. A thing that is lost inside the picture and found again in its place has
been there all the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from streamo_ros.worlds.objects.boxes import overlap
from streamo_ros.worlds.objects.paths import Bools
from streamo_ros.worlds.objects.paths import Floats
from streamo_ros.worlds.objects.paths import Ints
from streamo_ros.worlds.objects.stream import NOTHING

_FAINT = 0.2
"""Detections that are less sure are linked to nothing."""
_LOST, _LOST_INSIDE = 15, 60
"""Frames after which a thing is lost, and within which it may be found again in its place."""
_NEAR, _DRIFT = 0.5, 0.1
"""How far a thing moves between two frames, in sizes of it, and more for each missed one."""
_SAME, _PLACE, _EDGE = 0.5, 0.3, 0.03
_SURE, _USUAL, _SIGHTINGS = 0.6, 0.4, 5
"""Highest and usual score of a thing, and how often it is seen at least."""
_DOUBTFUL, _FLASH = 0.5, 2
"""Highest score of what is no thing; up to `_SURE` if it is seen so often at most, or hardly."""
_HARDLY = 0.35


class TrackVerdict(Enum):
    """What detections are of."""

    THING = 1
    NOTHING = 2
    UNCLEAR = 3


@dataclass(eq=False)
class _Link:
    """Detections of one thing, in order of time."""

    rows: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    boxes: list[Floats] = field(default_factory=list)
    kind: int = -1

    def add(self, row: int, place: int, kind: int, score: float, box: Floats) -> None:
        self.rows.append(row)
        self.places.append(place)
        self.kinds.append(kind)
        self.scores.append(score)
        self.boxes.append(box)
        self.settle()

    def settle(self) -> None:
        self.kind = int(np.argmax(np.bincount(self.kinds, self.scores)))


@dataclass(frozen=True)
class DetectionTrack:
    """A thing, or what the detector took for one.

    Attributes:
        kind: number of its kind.
        color: number of its color.
        verdict: whether it is one.
        rows: frames of its detections.
        places: places of these in their frames.
        present: whether it is there, shape (frames,).
        seen: whether anything was seen of it, shape (frames,).
        score: how sure the detector was, 0 where it saw nothing or took it for another kind.
        box: center x and y, width and height, shape (frames, 4).
    """

    kind: int
    color: int
    verdict: TrackVerdict
    rows: Ints
    places: Ints
    present: Bools
    seen: Bools
    score: Floats
    box: Floats


def link(
    kind: NDArray[np.int64], box: NDArray[np.float32], color: NDArray[np.float32]
) -> list[DetectionTrack]:
    """The things of a recording; the arguments are as in `stream.Stream`."""
    boxes = np.concatenate((box[..., 1:3], np.exp(box[..., 3:5])), -1).astype(float)
    scores = np.where(kind != NOTHING, 1 / (1 + np.exp(-box[..., 0])), 0)
    lost, open_links = list[_Link](), list[_Link]()
    for row in range(len(kind)):
        lost += [found for found in open_links if row - found.rows[-1] > _LOST]
        open_links = [found for found in open_links if row - found.rows[-1] <= _LOST]
        _continue(open_links, row, kind[row], scores[row], boxes[row])
    links = _found_again([*lost, *open_links])
    return [_track(found, len(kind), color) for found in links]


def _continue(links: list[_Link], row: int, kinds: Ints, scores: Floats, boxes: Floats) -> None:
    """Link a frame's detections to what there was, the surest first; the rest begins."""
    free = [place for place in range(len(kinds)) if scores[place] >= _FAINT]
    taken = list[_Link]()
    for same_kind in (True, False):
        for place in list(free):
            candidates = [
                (_distance(found, row, boxes[place]), number)
                for number, found in enumerate(links)
                if found not in taken and (found.kind == int(kinds[place])) is same_kind
            ]
            distance, number = min(candidates, default=(np.inf, -1))
            if distance > 1 or (
                not same_kind and overlap(links[number].boxes[-1], boxes[place]) < _SAME
            ):
                continue
            links[number].add(row, place, int(kinds[place]), float(scores[place]), boxes[place])
            taken.append(links[number])
            free.remove(place)
    for place in free:
        # The same thing, taken for another kind as well, is no second one.
        if any(overlap(found.boxes[-1], boxes[place]) > _SAME for found in taken):
            continue
        begun = _Link()
        begun.add(row, place, int(kinds[place]), float(scores[place]), boxes[place])
        links.append(begun)
        taken.append(begun)


def _distance(found: _Link, row: int, box: Floats) -> float:
    """How far a box is from a thing's last one, as a part of what is possible."""
    last, missed = found.boxes[-1], row - found.rows[-1] - 1
    size = np.sqrt(np.sqrt(last[2] * last[3]) * np.sqrt(box[2] * box[3]))
    grown = abs(np.log(last[2] * last[3] / (box[2] * box[3]))) / 3
    return float(np.hypot(*(last[:2] - box[:2])) / size / (_NEAR + _DRIFT * missed) + grown / 2)


def _found_again(links: list[_Link]) -> list[_Link]:
    """Join what was lost inside the picture with what was later found in its place."""
    links = sorted(links, key=lambda found: found.rows[0])
    kept = list[_Link]()
    for found in links:
        earlier = next(
            (
                other
                for other in kept
                if 0 < found.rows[0] - other.rows[-1] <= _LOST_INSIDE
                and other.kind == found.kind
                and overlap(other.boxes[-1], found.boxes[0]) > _PLACE
                and _is_inside(other.boxes[-1])
            ),
            None,
        )
        if earlier is None:
            kept.append(found)
            continue
        for name in ('rows', 'places', 'kinds', 'scores', 'boxes'):
            getattr(earlier, name).extend(getattr(found, name))
        earlier.settle()
    return kept


def _is_inside(box: Floats) -> bool:
    low, high = box[:2] - box[2:] / 2, box[:2] + box[2:] / 2
    return bool((low > _EDGE).all() and (high < 1 - _EDGE).all())


def _track(found: _Link, frames: int, color: NDArray[np.float32]) -> DetectionTrack:
    kind, rows = found.kind, np.array(found.rows)
    own = np.array(found.kinds) == kind
    scores = np.where(own, found.scores, 0.0)
    score, seen = np.zeros(frames), np.zeros(frames, bool)
    score[rows], seen[rows] = scores, True
    present = np.zeros(frames, bool)
    present[rows[0] : rows[-1] + 1] = True
    boxes = np.array(found.boxes)
    box = np.stack([np.interp(np.arange(frames), rows, column) for column in boxes.T], 1)
    places = np.array(found.places)
    shades = color[rows, places].mean(0)
    return DetectionTrack(
        kind, int(shades.argmax()), _verdict(scores[own]), rows, places, present, seen, score, box
    )


def _verdict(scores: Floats) -> TrackVerdict:
    """What detections of these scores are of."""
    if len(scores) >= _SIGHTINGS and scores.max() >= _SURE and np.median(scores) >= _USUAL:
        return TrackVerdict.THING
    hardly = len(scores) <= _FLASH or np.median(scores) < _HARDLY
    if scores.max() < (_SURE if hardly else _DOUBTFUL):
        return TrackVerdict.NOTHING
    return TrackVerdict.UNCLEAR
