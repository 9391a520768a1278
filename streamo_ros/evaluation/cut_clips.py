# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Streams of cuts out of real clips: parts of them one after another, about a minute each.

An edited video shows this, and so does a camera that is switched. Whatever is there after a cut
and was not before has appeared, and what is no longer there has left. A class that is there on
both sides of a cut may be another one or the same: there, nothing is scored.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from streamo_ros.evaluation.case import Image
from streamo_ros.evaluation.real_clips import RATE
from streamo_ros.evaluation.real_clips import REAL_TOLERANCE
from streamo_ros.evaluation.real_clips import RealClip
from streamo_ros.worlds.draws import pick

_PART = (10, 25)
"""Frames of a part: from, and less than."""
_FRAMES = 120
"""Frames that a stream has at least."""
_STARTS, _ENDS = 'present_at_start', 'present_at_end'
_Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class CutClip(RealClip):
    """Parts of clips, one after another.

    Attributes:
        parts: the parts.
    """

    parts: tuple[RealClip, ...] = ()

    def images(self) -> Iterator[Image]:
        """The frames of all parts, as large as those of the first."""
        size = None
        for part in self.parts:
            for image in part.images():
                size = size or (image.shape[1], image.shape[0])
                fits = image.shape[1::-1] == size
                yield image if fits else _resized(image, size)


def _resized(image: Image, size: tuple[int, int]) -> Image:
    resized: Image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return resized


def cut_clip(clips: Sequence[RealClip], number: int) -> CutClip:
    """A stream of cuts, the same one each time.

    Args:
        clips: at least one; parts of the same one never follow each other, unless it is alone.
        number: of the stream.
    """
    rng = np.random.default_rng(number)
    parts, last = list[RealClip](), None
    while sum(len(part.times) for part in parts) < _FRAMES:
        last = pick(rng, [clip for clip in clips if clip is not last or len(clips) == 1])
        parts.append(_part(last, rng))
    times = tuple(time for part in parts for time in part.times)
    return CutClip(Path(f'cuts {number}'), joined_truth(parts), times, tuple(parts))


def _part(clip: RealClip, rng: np.random.Generator) -> RealClip:
    """A few seconds of a clip, with the truth about them."""
    length = min(int(rng.integers(*_PART)), len(clip.times))
    first = int(rng.integers(len(clip.times) - length + 1))
    begin, seconds = float(first / RATE), float(length / RATE)

    def within(name: str, start: str, end: str) -> _Rows:
        moved = [
            {**row, start: row[start] - begin, end: row[end] - begin}
            for row in clip.truth.get(name, [])
        ]
        return [row for row in moved if row[start] < seconds and row[end] > 0]

    tracks = [
        {
            **row,
            'start_s': max(0.0, row['start_s']),
            'end_s': min(seconds, row['end_s']),
            'enters': _STARTS if row['start_s'] <= 0 else row['enters'],
            'leaves': _ENDS if row['end_s'] >= seconds else row['leaves'],
        }
        for row in within('tracks', 'start_s', 'end_s')
    ]
    truth = {
        **clip.truth,
        'tracks': tracks,
        **{
            name: [
                {**row, 'from_s': max(0.0, row['from_s']), 'to_s': min(seconds, row['to_s'])}
                for row in within(name, 'from_s', 'to_s')
            ]
            for name in ('counts', 'unsure')
        },
    }
    return RealClip(clip.path, truth, clip.times[first : first + length])


def joined_truth(parts: Sequence[RealClip]) -> dict[str, Any]:
    """The truth about parts of clips, one after another.

    Args:
        parts: at least one, each with the truth about its own seconds.
    """
    known = [_known(part) for part in parts]
    classes = sorted({row['class'] for part in parts for row in part.truth['tracks']})
    tracks = [[dict(row) for row in part.truth['tracks']] for part in parts]
    joined: dict[str, _Rows] = {'tracks': [], 'counts': [], 'unsure': []}
    begin = 0.0
    for at, part in enumerate(parts):
        end = begin + float(len(part.times) / RATE)
        for name in classes:
            whole = {'class': name, 'from_s': begin, 'to_s': end}
            if name in part.truth.get('absent', []):
                joined['counts'].append({**whole, 'count': 0})
            elif name not in known[at]:
                joined['unsure'].append({**whole, 'why': 'not known'})
            if at and not _cut(name, tracks[at - 1], tracks[at], known[at - 1], known[at]):
                near = {**whole, 'to_s': begin + REAL_TOLERANCE}
                joined['unsure'].append({**near, 'why': 'on both sides of a cut'})
        for name in ('counts', 'unsure'):
            joined[name] += [
                {**row, 'from_s': row['from_s'] + begin, 'to_s': row['to_s'] + begin}
                for row in part.truth.get(name, [])
            ]
        for row in tracks[at]:
            row['start_s'], row['end_s'] = row['start_s'] + begin, row['end_s'] + begin
        begin = end
    joined['tracks'] = [row for own in tracks for row in own]
    absent = set.intersection(*(set(part.truth.get('absent', [])) for part in parts))
    return {**joined, 'absent': sorted(absent)}


def _known(part: RealClip) -> set[str]:
    """Classes of which the truth says when they are there."""
    named = {row['class'] for name in ('tracks', 'counts') for row in part.truth.get(name, [])}
    return named | set(part.truth.get('absent', []))


def _cut(name: str, before: _Rows, after: _Rows, known: set[str], known_after: set[str]) -> bool:
    """Whether it is clear what a cut does to a class; its tracks then say so."""
    ending = [row for row in before if row['class'] == name and row['leaves'] == _ENDS]
    starting = [row for row in after if row['class'] == name and row['enters'] == _STARTS]
    if starting and not ending and name in known:
        for row in starting:
            row['enters'] = 'appears'
    elif ending and not starting and name in known_after:
        for row in ending:
            row['leaves'] = 'disappears'
    else:
        return not (starting or ending)
    return True
