# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Streams out of what the detector saw in real videos, told by one who knows how they go on.

Nobody labels these videos. But whoever knows all of a recording can tell what one who watches
cannot yet: whether something that was missed for a second is gone, and whether what is faintly
seen will ever be surer. What stays unclear even then is not asked about. Detections are numbers,
so a recording can be mirrored, played backward, and its kinds exchanged: the errors stay the
detector's own.

Source: labels by one who knows the future, as in offline teachers of streaming recognition
(Yu et al., arXiv 2010.06030).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.errors import StreamoError
from streamo_ros.worlds.draws import pick
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.linking import DetectionTrack
from streamo_ros.worlds.objects.linking import link
from streamo_ros.worlds.objects.linking import TrackVerdict
from streamo_ros.worlds.objects.stream import NOTHING
from streamo_ros.worlds.objects.stream import Stream
from streamo_ros.worlds.objects.stream import Thing

RATE = 6
"""Frames per second of a recording."""
_STEP = 3
"""Every so manieth frame of a recording is one of a stream, which has two a second."""
_EXCHANGED, _MIRRORED, _BACKWARD = 0.7, 0.5, 0.5
"""Shares of streams whose kinds are exchanged, that are mirrored, and that are played backward."""
_JITTER = 0.25
"""Standard deviation of what is added to all logits of a stream's scores."""
_PRESENT, _DOUBTED = 0.55, 0.8
"""Shares of instructions about something that is there, and of the others about something that the
detector now and then sees though it is not."""


class RecordingsError(StreamoError, ValueError):
    """A file of recordings is not one; the message says how to make one."""


@dataclass(frozen=True)
class DetectionRecording:
    """What the detector saw in a video, `RATE` times a second.

    Attributes:
        name: of the video.
        kind: as in `Stream`, shape (frames, `PLACES`).
        box: as in `Stream`, shape (frames, `PLACES`, 5).
        color: as in `Stream`, shape (frames, `PLACES`, 11).
    """

    name: str
    kind: NDArray[np.int64]
    box: NDArray[np.float32]
    color: NDArray[np.float32]

    @cached_property
    def tracks(self) -> list[DetectionTrack]:
        """What the detections are of."""
        return link(self.kind, self.box, self.color)


@dataclass(frozen=True)
class RecordedStream:
    """A stream, and which kinds can be asked about.

    Attributes:
        stream: the stream.
        present: kinds of which things come, go or are there.
        doubted: kinds that the detector now and then takes something for, and nothing is.
        unclear: kinds of which nobody can tell.
    """

    stream: Stream
    present: tuple[int, ...]
    doubted: tuple[int, ...]
    unclear: frozenset[int]


def packed(recordings: Sequence[DetectionRecording]) -> bytes:
    """The content of a file of recordings.

    Args:
        recordings: at least one.
    """
    content = io.BytesIO()
    np.savez_compressed(
        content,
        names=np.array([recording.name for recording in recordings]),
        frames=np.array([len(recording.kind) for recording in recordings]),
        kind=np.concatenate([recording.kind for recording in recordings]).astype(np.int8),
        box=np.concatenate([recording.box for recording in recordings]).astype(np.float16),
        color=np.concatenate([recording.color for recording in recordings]).astype(np.float16),
    )
    return content.getvalue()


def read_recordings(path: Path) -> list[DetectionRecording]:
    """The recordings in a file, as `packed` makes it.

    Args:
        path: the file.

    Raises:
        RecordingsError: it cannot be read.
    """
    try:
        content = np.load(path)
    except (OSError, ValueError) as error:
        raise RecordingsError(
            f'{path} cannot be read: write it with python -m streamo_ros.tiny.objects.record'
        ) from error
    with content:
        parts = [slice(*ends) for ends in pairwise((0, *np.cumsum(content['frames'])))]
        kinds = content['kind'].astype(np.int64)
        boxes, colors = (content[name].astype(np.float32) for name in ('box', 'color'))
        return [
            DetectionRecording(str(name), kinds[part], boxes[part], colors[part])
            for name, part in zip(content['names'], parts, strict=True)
        ]


def draw_recorded_stream(
    recording: DetectionRecording, frames: int, rng: np.random.Generator
) -> RecordedStream:
    """A part of a recording as a stream.

    Args:
        recording: the recording.
        frames: length of the stream, at two a second; one that is shorter goes back and forth.
        rng: makes all random choices.
    """
    shown = _shown(len(recording.kind), frames, rng)
    order = rng.permutation(len(KINDS)) if rng.random() < _EXCHANGED else np.arange(len(KINDS))
    mirrored = rng.random() < _MIRRORED
    owner = np.full(recording.kind.shape, -1)
    things, verdicts = list[Thing](), dict[int, set[TrackVerdict]]()
    for track in recording.tracks:
        kind = int(order[track.kind])
        if not track.seen[shown].any() and not track.present[shown].any():
            continue
        verdicts.setdefault(kind, set()).add(track.verdict)
        if track.verdict is TrackVerdict.THING:
            owner[track.rows, track.places] = len(things)
            things.append(_thing(track, kind, shown, mirrored))
    box = recording.box[shown].copy()
    filled = recording.kind[shown] != NOTHING
    box[filled, 0] += rng.normal(0, _JITTER)
    if mirrored:
        box[filled, 1] = 1 - box[filled, 1]
    kinds = np.where(filled, order[recording.kind[shown]], NOTHING)
    stream = Stream(
        kinds,
        box,
        recording.color[shown],
        owner[shown],
        tuple(things),
    )
    unclear = frozenset(kind for kind, found in verdicts.items() if TrackVerdict.UNCLEAR in found)
    clear = [kind for kind in verdicts if kind not in unclear]
    return RecordedStream(
        stream,
        tuple(kind for kind in clear if TrackVerdict.THING in verdicts[kind]),
        tuple(kind for kind in clear if TrackVerdict.THING not in verdicts[kind]),
        unclear,
    )


def _shown(count: int, frames: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Which frames of a recording a stream shows."""
    shown = np.arange(int(rng.integers(_STEP)), count, _STEP)
    if rng.random() < _BACKWARD:
        shown = shown[::-1]
    there_and_back = np.concatenate((shown, shown[-2:0:-1]))
    first = int(rng.integers(max(1, len(shown) - frames + 1)))
    found: NDArray[np.int64] = there_and_back[(first + np.arange(frames)) % len(there_and_back)]
    return found


def _thing(track: DetectionTrack, kind: int, shown: NDArray[np.int64], mirrored: bool) -> Thing:
    box = track.box[shown].copy()
    if mirrored:
        box[:, 0] = 1 - box[:, 0]
    return Thing(kind, track.color, track.present[shown], track.score[shown], box)


def draw_kind(recorded: RecordedStream, rng: np.random.Generator, *, absent: bool) -> int:
    """The kind that an instruction is about.

    Args:
        recorded: the stream.
        rng: makes all random choices.
        absent: none of its things takes part.
    """
    shown = {*recorded.present, *recorded.doubted, *recorded.unclear}
    others = [kind for kind in range(len(KINDS)) if kind not in shown]
    if recorded.present and not absent and rng.random() < _PRESENT:
        return pick(rng, recorded.present)
    if recorded.doubted and rng.random() < _DOUBTED:
        return pick(rng, recorded.doubted)
    return pick(rng, others)
