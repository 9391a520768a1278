# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps what a replay shows: events as lines, pictures of responses, and the report at the end.

Knows which files lie in an output folder; not what is in them.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.replay.run import ReplayStep
from streamo_ros.replay.run import Totals
from streamo_ros.report.event_log import end_row
from streamo_ros.report.event_log import EventLogWriter
from streamo_ros.report.event_log import Row
from streamo_ros.report.event_log import RowMaker
from streamo_ros.report.html import write_report
from streamo_ros.report.recording import jpeg
from streamo_ros.report.timeline import picture_path
from streamo_ros.report.timeline import Timeline

EVENTS, REPORT, BAG = 'events.jsonl', 'report.html', 'replay.mcap'
_WIDTH, _QUALITY = 176, 78


class ReportSink:
    """A `Sink` that gathers a timeline and, with a folder, writes it down.

    Args:
        maker: makes the rows.
        folder: where `events.jsonl`, `report.html` and `pictures/` go; None keeps the timeline
            only.
    """

    def __init__(self, maker: RowMaker, folder: Path | None = None) -> None:
        self.timeline = Timeline()
        self._maker = maker
        self._folder = folder
        self._journal = None
        if folder is not None:
            (folder / 'pictures').mkdir(parents=True, exist_ok=True)
            for old in (folder / 'pictures').glob('response_*.jpg'):
                old.unlink()
            self._journal = EventLogWriter(folder / EVENTS)

    def take(self, step: ReplayStep) -> None:
        """Keep a step."""
        for row in self._maker.rows(step):
            picture = b''
            if row['row'] == 'response' and self._folder and step.frame.image is not None:
                picture = thumbnail(step.frame.image)
                picture_path(self._folder, row['response_id']).write_bytes(picture)
            self._keep(row, picture)
        if self._folder and self.timeline.wants_picture and step.frame.image is not None:
            self.timeline.show(thumbnail(step.frame.image))

    def close(self, totals: Totals) -> None:
        """Write the last line and the report."""
        self._keep(end_row(totals))
        if self._folder and self._journal:
            self._journal.close()
            write_report(self._folder / REPORT, [self.timeline])

    def _keep(self, row: Row, picture: bytes = b'') -> None:
        self.timeline.take(row, picture)
        if self._journal:
            self._journal.write(row)


def thumbnail(image: NDArray[np.uint8]) -> bytes:
    """A small JPEG file.

    Args:
        image: RGB, uint8, shape (height, width, 3).
    """
    height, width = image.shape[:2]
    if width > _WIDTH:
        size = (_WIDTH, max(1, round(height * _WIDTH / width)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return jpeg(image, _QUALITY).tobytes()
