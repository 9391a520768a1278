# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the videos of Streamo-Instruct lie, by the `source` of a record.

The paths of the released annotations name neither the folders of the source datasets nor always
the right extension, and those of EgoTimeQA name a part of a video: `ID_START_END`, in seconds.

Source: records of maifoundations/Streamo-Instruct-465K as users have matched them with videos.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from pathlib import PurePosixPath

from streamo_ros.training.record import AnnotationError
from streamo_ros.training.video_frames import find_video

FOLDERS = {
    'activitynet': 'activitynet/videos',
    'coin': 'coin/videos',
    'didemo': 'didemo/videos',
    'ego_timeqa': 'ego4d/videos_3fps_480_noaudio',
    'how_to_caption': 'how_to_caption/how_to_caption',
    'how_to_step': 'how_to_step',
    'queryd': 'Queryd/videos',
    'qvhighlight': 'QVHighlight/videos',
    'tacos': 'tacos/videos',
    'youcook': 'youcook2/videos',
    'youcookv2': 'youcook2/videos',
}
"""Folder of a source's videos below that of all videos."""
UNMATCHED = frozenset({'koala'})
"""Sources whose ids are those of no public dataset."""
_PART = re.compile(r'(?P<id>.+)_(?P<start>\d+(?:\.\d+)?)_(?P<end>\d+(?:\.\d+)?)')


@dataclass(frozen=True)
class VideoPlace:
    """A video, or a part of one.

    Attributes:
        path: the file, or a folder of frames.
        start: where the part begins, in seconds.
        end: where it ends; None = with the video.
    """

    path: Path
    start: Fraction = Fraction(0)
    end: Fraction | None = None


def locate_video(path: str, source: str, root: Path | None = None) -> VideoPlace:
    """Find what an annotation refers to: at its path, else where its source's videos lie.

    Args:
        path: as annotated.
        source: the dataset.
        root: folder of all videos.

    Raises:
        AnnotationError: there is no such file.
    """
    try:
        return VideoPlace(find_video(path, root))
    except AnnotationError:
        places = list(_places(PurePosixPath(path), source.lower()))
    for name, start, end in places:
        try:
            return VideoPlace(find_video(name, root), start, end)
        except AnnotationError:
            continue
    if source.lower() in UNMATCHED:
        raise AnnotationError(
            f'the video {path} is missing: the ids of {source} are those of no public dataset'
        )
    tried = ''.join(f', and there is no {name}' for name, *_ in places)
    raise AnnotationError(f'the video {path} is missing{tried}')


def _places(path: PurePosixPath, source: str) -> list[tuple[str, Fraction, Fraction | None]]:
    """Where else a video may be, and which part of it."""
    folder = FOLDERS.get(source)
    if folder is None:
        return []
    names = [path.name, *([path.stem] if path.suffix else [])]
    places: list[tuple[str, Fraction, Fraction | None]] = [
        (f'{folder}/{name}', Fraction(0), None) for name in names
    ]
    part = _PART.fullmatch(path.stem)
    if source == 'ego_timeqa' and part:
        places.append((f'{folder}/{part["id"]}', Fraction(part['start']), Fraction(part['end'])))
    return places
