# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Streams of cuts: one scene ends and another is there at once, as in an edited video.

A camera that is switched, or turned away fast, shows the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from streamo_ros.worlds.objects.recorded import RecordedStream
from streamo_ros.worlds.objects.stream import Stream
from streamo_ros.worlds.objects.stream import Thing

_PART = (6, 36)
"""Frames between two cuts: from, and less than."""


def part_lengths(frames: int, rng: np.random.Generator) -> list[int]:
    """Frames of each scene of a stream of cuts.

    Args:
        frames: of all.
        rng: makes all random choices.
    """
    lengths, left = list[int](), frames
    while left:
        length = int(rng.integers(*_PART))
        lengths.append(length if left - length >= _PART[0] else left)
        left -= lengths[-1]
    return lengths


def joined(streams: Sequence[Stream]) -> Stream:
    """One stream after another; what is in one of them is in no other.

    Args:
        streams: at least one.
    """
    frames = sum(stream.frames for stream in streams)
    owners, things, begin = [], list[Thing](), 0
    for stream in streams:
        owners.append(np.where(stream.owner < 0, -1, stream.owner + len(things)))
        around = begin, frames - begin - stream.frames
        things += [_surrounded(thing, around) for thing in stream.things]
        begin += stream.frames
    kind, box, color = (
        np.concatenate([getattr(stream, name) for stream in streams])
        for name in ('kind', 'box', 'color')
    )
    return Stream(kind, box, color, np.concatenate(owners), tuple(things))


def joined_recorded(parts: Sequence[RecordedStream]) -> RecordedStream:
    """The same for parts of recordings; a kind is as clear as where it is least so.

    Args:
        parts: at least one.
    """
    present, doubted, unclear = (
        {kind for part in parts for kind in getattr(part, field.name)}
        for field in fields(RecordedStream)[1:]
    )
    return RecordedStream(
        joined([part.stream for part in parts]),
        tuple(sorted(present - unclear)),
        tuple(sorted(doubted - present - unclear)),
        frozenset(unclear),
    )


def _surrounded(thing: Thing, around: tuple[int, int]) -> Thing:
    """A thing with so many frames before and after it in which it is not there."""
    before, after = around
    count = len(thing.present)
    frames = np.arange(-before, count + after)
    nearest, there = frames.clip(0, count - 1), (frames >= 0) & (frames < count)
    return Thing(
        thing.kind,
        thing.color,
        thing.present[nearest] & there,
        np.where(there, thing.score[nearest], 0),
        thing.box[nearest],
    )
