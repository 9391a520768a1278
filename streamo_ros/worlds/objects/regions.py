# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where things are in the picture, and whether they come closer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streamo_ros.worlds.objects import answers
from streamo_ros.worlds.objects.observer import Observation
from streamo_ros.worlds.objects.paths import Bools
from streamo_ros.worlds.objects.paths import Floats
from streamo_ros.worlds.objects.stream import Thing
from streamo_ros.worlds.objects.subject import Subject

_LOW, _HIGH = 0.4, 0.6
"""Borders of left and top, and of right and bottom, as parts of the picture."""
_NEAR = 0.55
"""Square root of the part of the picture that a thing very near takes."""
_UNSURE = 0.035
GROWN, GROWING = 1.6, 1.3
"""How much larger a thing is that has come closer, and one that may be coming."""
_GROWTH_UNSURE = 0.08
_REMEMBERED = 10


def margins(boxes: Floats, side: str) -> Floats:
    """How far inside its region a box is, negative outside; shape (boxes,).

    Args:
        boxes: center x and y, width and height as parts of the picture, shape (boxes, 4).
        side: 'left', 'right', 'top', 'bottom', 'middle', or 'near' for a size.
    """
    x, y, width, height = boxes.T
    across = {'left': _LOW - x, 'right': x - _HIGH}
    along = {'top': _LOW - y, 'bottom': y - _HIGH}
    if side in across:
        return across[side]
    if side in along:
        return along[side]
    if side == 'near':
        return (np.sqrt(width * height) - _NEAR) / 2
    center: Floats = -np.maximum(np.maximum(_LOW - x, x - _HIGH), np.maximum(_LOW - y, y - _HIGH))
    return center


def _margin(thing: Thing, begin: int, side: str) -> Floats:
    """`margins` of a thing at each frame, shape (frames,)."""
    return margins(thing.box[begin:], side)


def region_condition(seen: Observation, subject: Subject) -> tuple[Bools, Bools, list[str], Bools]:
    """Whether a thing is where it is waited for, whether it may be, the answers, and doubts."""
    frames = len(seen.known)
    holds, may, doubt = np.zeros((3, frames), bool)
    for thing, own in seen.things:
        begin = len(thing.score) - frames
        margin = _margin(thing, begin, subject.side)
        inside = margin > 0
        seen_now = thing.score[begin:] > 0
        before = np.concatenate((inside[:1], inside[:-1]))
        holds |= (own.known > 0) & inside & before
        may |= ((own.known > 0) | (own.pending > 0)) & inside & seen_now
        doubt |= (np.abs(margin) < _UNSURE) & ((own.known > 0) | (own.pending > 0))
        # A thing that is missed may have moved.
        doubt |= (own.missing > 0) & (np.abs(margin) < 3 * _UNSURE)
        doubt |= own.doubt & inside
    return holds, may, [answers.is_at(subject)] * frames, doubt


def where_labels(seen: Observation) -> tuple[list[str], Bools, Bools]:
    """Where the thing is, whether that may be changing, and whether nobody could know."""
    frames = len(seen.known)
    doubt = seen.doubt | (seen.known > 1)
    now = [''] * frames
    for thing, own in seen.things:
        begin = len(thing.score) - frames
        margins = {
            side: _margin(thing, begin, side) for side in ('left', 'right', 'top', 'bottom')
        }
        for frame in np.flatnonzero(own.known | own.pending).tolist():
            now[frame] = next((side for side in margins if margins[side][frame] > 0), 'middle')
        known = own.known > 0
        doubt |= known & (np.abs(margins['left']) < _UNSURE)
        doubt |= known & (np.abs(margins['right']) < _UNSURE)
        central = (margins['left'] < 0) & (margins['right'] < 0)
        for side in ('top', 'bottom'):
            doubt |= known & central & (np.abs(margins[side]) < _UNSURE)
    return _steady(now, seen, doubt)


def thirds(seen: Observation) -> tuple[list[int], list[int]]:
    """In which third of the picture the thing is, across it and from top to bottom.

    Returns:
        For each frame 1 to 3 from the left, and from the top; 0 = it is nowhere, -1 = nobody can
        tell, or there are several.
    """
    frames = len(seen.known)
    parts = np.where((seen.known > 1) | seen.doubt, -1, 0)[None].repeat(2, 0)
    for thing, own in seen.things:
        place = thing.box[len(thing.score) - frames :, :2].T
        near = np.minimum(np.abs(place - _LOW), np.abs(place - _HIGH)) < _UNSURE
        third = 1 + (place > _LOW).astype(int) + (place > _HIGH)
        parts = np.where((own.known > 0) & (parts == 0), np.where(near, -1, third), parts)
    across, along = parts.tolist()
    return across, along


def _steady(now: Sequence[str], seen: Observation, doubt: Bools) -> tuple[list[str], Bools, Bools]:
    """A place counts once it was seen twice; see `where_labels`."""
    texts, unsure, said = list[str](), np.zeros(len(now), bool), ''
    for frame, side in enumerate(now):
        known = seen.known[frame] > 0
        if not known:
            said = ''
        elif frame < 2 or side == now[frame - 1] or not said:
            said = side
        unsure[frame] = (side != said) or bool(seen.missing[frame])
        texts.append(answers.place(said))
    return texts, unsure, doubt


def closer_labels(seen: Observation) -> tuple[Bools, Bools, Bools]:
    """Whether a thing has just come closer, whether it may be coming, and doubts."""
    frames = len(seen.known)
    happened, may = np.zeros(frames, bool), np.zeros(frames, bool)
    doubt = np.zeros(frames, bool)
    for thing, own in seen.things:
        growth, comes = growths(thing, own)
        happened |= comes
        may |= growth > GROWING
        doubt |= np.isnan(growth)
        doubt |= (np.abs(growth - GROWING) < _GROWTH_UNSURE) | (
            np.abs(growth - GROWN) < _GROWTH_UNSURE
        )
    return happened, may, doubt | seen.doubt


def growths(thing: Thing, own: Observation) -> tuple[Floats, Bools]:
    """How much larger a thing is than it was lately, and where it has come closer.

    Args:
        thing: the thing.
        own: what is known of it from a frame on.

    Returns:
        Both of shape (frames,) from that frame on. The growth is 0 where the thing is not seen,
        and NaN where nobody can tell.
    """
    frames = len(own.known)
    begin = len(thing.score) - frames
    box, score = thing.box[begin:], thing.score[begin:]
    size = np.sqrt(box[:, 2] * box[:, 3])
    # What the edge cuts grows without coming closer.
    low, high = box[:, :2] - box[:, 2:] / 2, box[:, :2] + box[:, 2:] / 2
    cut = np.any((low < 0.01) | (high > 0.99), axis=1)
    growth, happened = np.zeros(frames), np.zeros(frames, bool)
    history, last = list[float](), 0.0
    for frame in np.flatnonzero(own.known | own.pending).tolist():
        if cut[frame]:
            if history and size[frame] > 1.1 * min(history):
                growth[frame] = np.nan
            continue
        if score[frame] == 0:
            continue
        history = [*history[-_REMEMBERED:], float(size[frame])]
        growth[frame] = grown = size[frame] / min(history)
        if grown > GROWN and last > GROWING:
            happened[frame], history = True, [float(size[frame])]
            grown = 1.0
        last = grown
    return growth, happened
