# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes an output folder: the event log, pictures of responses, and the report at the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.interface import Sighting
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.core.sink import Totals
from streamo_ros.files import write_bytes
from streamo_ros.report.event_log import EventLogWriter
from streamo_ros.report.event_log import RowMaker
from streamo_ros.report.html import write_report
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.rows import Row
from streamo_ros.report.run_rows import EndRow
from streamo_ros.report.sighting_row import SURE
from streamo_ros.report.timeline import picture_path
from streamo_ros.report.timeline import Timeline
from streamo_ros.sources.jpeg_encoder import jpeg

EVENTS, REPORT, BAG = 'events.jsonl', 'report.html', 'replay.mcap'
_WIDTH, _QUALITY = 176, 78
_BOX, _SHADE = (255, 214, 0), (0, 0, 0)


class ReportSink(Sink):
    """Gathers a timeline and, with a folder, writes it.

    Args:
        maker: makes the rows.
        folder: where `events.jsonl`, `report.html` and `pictures/` go; None = the timeline only.

    Attributes:
        timeline: everything up to the last step.
    """

    def __init__(self, maker: RowMaker, folder: Path | None = None) -> None:
        self.timeline = Timeline()
        self._maker = maker
        self._folder = folder
        self._log: EventLogWriter | None = None
        if folder is not None:
            (folder / 'pictures').mkdir(parents=True, exist_ok=True)
            for old in (folder / 'pictures').glob('response_*.jpg'):
                old.unlink()
            self._log = EventLogWriter(folder / EVENTS)

    def take(self, step: Step) -> None:
        """Keep a step."""
        image = step.frame.image if step.frame is not None else None
        for row in self._maker.rows(step):
            picture = b''
            if isinstance(row, ResponseRow) and self._folder and image is not None:
                picture = thumbnail(image, step.sightings)
                write_bytes(picture_path(self._folder, row.response_id), picture)
            self._keep(row, picture)
        if self._folder and self.timeline.wants_picture and image is not None:
            self.timeline.show(thumbnail(image, step.sightings))

    def close(self, totals: Totals) -> None:
        """Write the last line and the report."""
        try:
            self._keep(EndRow.from_totals(totals))
        finally:
            # Also where the event log cannot be written any more.
            if self._folder and self._log:
                self._log.close()
                write_report(self._folder / REPORT, [self.timeline])

    def _keep(self, row: Row, picture: bytes = b'') -> None:
        self.timeline.take(row, picture)
        if self._log:
            self._log.write(row)


def thumbnail(image: NDArray[np.uint8], sightings: Sequence[Sighting] = ()) -> bytes:
    """A small JPEG file.

    Args:
        image: RGB, uint8, shape (height, width, 3).
        sightings: things that are framed, and named where there is room; unsure ones are not.
    """
    height, width = image.shape[:2]
    if width > _WIDTH:
        size = (_WIDTH, max(1, round(height * _WIDTH / width)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    sure = [sighting for sighting in sightings if sighting.score >= SURE]
    return jpeg(framed(image, sure) if sure else image, _QUALITY).tobytes()


def framed(image: NDArray[np.uint8], sightings: Sequence[Sighting]) -> NDArray[np.uint8]:
    """The same picture with boxes and names drawn into it."""
    image = image.copy()
    height, width = image.shape[:2]
    for sighting in sightings:
        left, top, right, bottom = (
            round(part * (size - 1))
            for part, size in zip(sighting.box, (width, height) * 2, strict=True)
        )
        cv2.rectangle(image, (left, top), (right, bottom), _BOX, 1)
        # Below the upper edge, and with a dark border: readable on any background.
        for color, thick in ((_SHADE, 3), (_BOX, 1)):
            place = (left + 2, top + 10)
            cv2.putText(image, sighting.kind, place, cv2.FONT_HERSHEY_SIMPLEX, 0.33, color, thick)
    return image
