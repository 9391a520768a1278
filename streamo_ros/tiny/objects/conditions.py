# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far each detection is in doing what is waited for: being at a place, growing, arriving.

An instruction has few answers, but each of its frames shows things that do or do not do what it is
about. Asked of them one by one, whatever they are, the model learns what a place, a size and a
growth are.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone.vision.tracks import Followed
from streamo_ros.worlds.objects.observer import observe_thing
from streamo_ros.worlds.objects.regions import GROWING
from streamo_ros.worlds.objects.regions import GROWN
from streamo_ros.worlds.objects.regions import growths
from streamo_ros.worlds.objects.regions import margins
from streamo_ros.worlds.objects.stream import NOTHING
from streamo_ros.worlds.objects.stream import Stream
from streamo_ros.worlds.objects.subject import Subject

UNASKED, NOT, ON_THE_WAY, THERE = -1, 0, 1, 2
_LEAVING = (ON_THE_WAY, THERE)
"""How far what was missed once, and twice, is in having left."""
_PLACED = ('side', 'move', 'near')
_UNSURE = 0.015
"""Nearer to a border than this, noise decides on which side of it a box is."""
_GROWTH_UNSURE = 0.08


class Conditioned(Protocol):
    """The part of a dialogue that matters; see `dialogues.ObjectDialogue`."""

    family: str
    subject: Subject
    stream: Stream
    followed: Followed
    first: int
    vision_tokens: int
    visions: list[tuple[int, int]]


def token_conditions(dialogue: Conditioned) -> NDArray[np.int64]:
    """`NOT`, `ON_THE_WAY` or `THERE` for each detection, `UNASKED` where nobody asks or can tell.

    Returns:
        int64, shape (frames of the window, places).
    """
    frames = [frame for _, frame in dialogue.visions]
    count, stream, subject = dialogue.vision_tokens, dialogue.stream, dialogue.subject
    result = np.full((len(frames), count), UNASKED)
    if dialogue.family not in (*_PLACED, 'closer', 'narrate'):
        return result
    # Of whatever kind: what it is, is asked of it elsewhere, and so each frame teaches more.
    asked = stream.kind[frames, :count] != NOTHING
    if dialogue.family == 'closer':
        found = _growing(stream, frames, count)
    elif dialogue.family == 'narrate':
        found = _arriving(stream, frames, count)
        missed = dialogue.followed.missed[np.array(frames) - dialogue.first, :count]
        asked |= missed > 0
        found = np.where(missed > 0, np.select([missed == 1, missed == 2], _LEAVING, NOT), found)
    else:
        found = _placed(stream.box[frames, :count], subject.side)
    result[asked] = found[asked]
    return result


def _placed(boxes: NDArray[np.float32], side: str) -> NDArray[np.int64]:
    """`NOT` or `THERE` for boxes as tokens have them, shape (frames, places)."""
    flat = boxes.reshape(-1, boxes.shape[-1])
    inside = margins(np.concatenate((flat[:, 1:3], np.exp(flat[:, 3:5])), 1), side)
    found = np.where(inside > 0, THERE, NOT)
    found[np.abs(inside) < _UNSURE] = UNASKED
    return found.reshape(boxes.shape[:-1])


def _growing(stream: Stream, frames: list[int], count: int) -> NDArray[np.int64]:
    """How far things are in coming closer, shape (frames, places)."""
    growth = np.full((len(stream.things) + 1, stream.frames), np.nan)
    for number, thing in enumerate(stream.things):
        growth[number] = growths(thing, observe_thing(thing, 0))[0]
    of_token = growth[stream.owner[frames, :count], np.array(frames)[:, None]]
    found = np.select([of_token > GROWN, of_token > GROWING], [THERE, ON_THE_WAY], NOT)
    unclear = np.minimum(np.abs(of_token - GROWN), np.abs(of_token - GROWING)) < _GROWTH_UNSURE
    found[np.isnan(of_token) | (of_token == 0) | unclear] = UNASKED
    return found


def _arriving(stream: Stream, frames: list[int], count: int) -> NDArray[np.int64]:
    """How far things are in having arrived, shape (frames, places); none has for long."""
    found = np.full((len(stream.things) + 1, stream.frames), UNASKED)
    for number, thing in enumerate(stream.things):
        seen = observe_thing(thing, 0)
        found[number] = np.select([seen.arrived > 0, seen.pending > 0], [THERE, ON_THE_WAY], NOT)
        found[number, seen.doubt] = UNASKED
    of_token: NDArray[np.int64] = found[stream.owner[frames, :count], np.array(frames)[:, None]]
    return of_token
