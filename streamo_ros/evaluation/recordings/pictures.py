# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Small pictures of a recording at certain seconds."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.frame import SECOND
from streamo_ros.evaluation.recordings.watched import Watched
from streamo_ros.report.report_sink import thumbnail
from streamo_ros.sources.base import Record
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.open import open_source


def pictures_at(
    watched: Watched, seconds: Iterable[float], topic: str = ''
) -> tuple[dict[float, bytes], str]:
    """The first frame from each time on.

    Args:
        watched: the recording.
        seconds: since its first frame.
        topic: the image topic of a bag; '' = the only one.

    Returns:
        JPEG files by time, without those that there are none of; and one sentence about why there
        are none at all, or ''.
    """
    wanted = sorted({(watched.origin + round(at * SECOND), at) for at in seconds})
    if not wanted:
        return {}, ''
    if not watched.origin:
        return {}, f'{watched.name} has no pictures here: its stamps jump back'
    pictures: dict[float, bytes] = {}
    try:
        with closing(open_source(watched.source or watched.name, topic)) as source:
            for record in source.records():
                due = [at for stamp, at in wanted if stamp <= record.stamp + 1]
                if due:
                    picture = _picture(record)
                    pictures |= dict.fromkeys(due, picture) if picture else {}
                    wanted = wanted[len(due) :]
                if not wanted:
                    break
    except StreamoError as error:
        return pictures, f'{watched.name} has no more pictures here: {error}'
    return pictures, ''


def _picture(record: Record) -> bytes:
    try:
        return thumbnail(record.image())
    except ImageError:
        return b''
