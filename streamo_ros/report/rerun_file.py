# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A recording for the Rerun viewer: frames, boxes, states over time, answers.

Only calls that Rerun has had since 0.23 are used: it changes with every release.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rerun

from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Frame
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.core.sink import Totals
from streamo_ros.files import replacing
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.sighting_row import SightingRow
from streamo_ros.sources.jpeg_encoder import jpeg

CAMERA, BOXES, ANSWERS = 'camera', 'camera/boxes', 'answers'
STATES = {'UNKNOWN': 0, 'SILENCE': 1, 'STANDBY': 2, 'RESPONSE': 3}
"""As the constants of FrameState."""
_QUALITY = 80
_COLOR = (255, 214, 0)
_CLOCK = 10**18
"""Nanoseconds, in 2001: stamps from here on are times of the day, earlier ones are durations."""


class RerunSink(Sink):
    """Logs steps.

    Args:
        recording: a rerun.RecordingStream.
        images: log the frames too, as JPEG.
    """

    def __init__(self, recording: Any, images: bool = True) -> None:
        self._recording = recording
        self._images = images
        self._named: set[int] = set()
        self._boxed = False

    def take(self, step: Step) -> None:
        """Log a step."""
        for instruction in step.instructions:
            self._name(instruction.id, instruction.text)
        if step.frame is not None:
            self._at(step.frame)
            self._show(step, step.frame)
        for event in step.events:
            if isinstance(event, Decided) and event.instruction_id:
                self._at(event.frame)
                self._decided(DecisionRow.from_event(event, step))
            elif isinstance(event, Answered):
                self._at(event.frame)
                self._answered(ResponseRow.from_event(event, step))

    def close(self, totals: Totals) -> None:
        """Nothing to add; `rerun_file` closes the file."""

    def _at(self, frame: Frame) -> None:
        """What is logged next is about this frame."""
        if frame.stamp >= _CLOCK:
            moment = np.datetime64(frame.stamp, 'ns')
            self._recording.set_time('capture_time', timestamp=moment)
        else:
            span = np.timedelta64(frame.stamp, 'ns')
            self._recording.set_time('capture_time', duration=span)
        self._recording.set_time('frame', sequence=frame.tick.index)

    def _name(self, key: int, text: str) -> None:
        """Say once what an instruction is, and what its curves are."""
        if key in self._named:
            return
        self._named.add(key)
        log, place = self._recording.log, f'instructions/{key}'
        log(f'{place}/text', rerun.TextDocument(text), static=True)
        names = ['silence', 'standby', 'response']
        log(f'{place}/probabilities', rerun.SeriesLines(names=names), static=True)
        label = f'#{key}: 1 silence, 2 standby, 3 response'
        log(f'{place}/state', rerun.SeriesLines(names=[label]), static=True)

    def _show(self, step: Step, frame: Frame) -> None:
        """The picture, and boxes in its pixels; boxes of the frame before are taken away."""
        if frame.image is None:
            return
        height, width = frame.image.shape[:2]
        if self._images:
            file = jpeg(frame.image, _QUALITY).tobytes()
            picture = rerun.EncodedImage(contents=file, media_type='image/jpeg')
            self._recording.log(CAMERA, picture)
        boxes = SightingRow.from_sightings(frame.stamp, step.sightings).boxes
        if not boxes and not self._boxed:
            return
        self._boxed = bool(boxes)
        edges = np.array([box[2:] for box in boxes], float).reshape(-1, 4)
        edges *= (width, height, width, height)
        labels = [f'{kind} {score:.0%}' for kind, score, *_ in boxes]
        drawn = rerun.Boxes2D(
            mins=edges[:, :2],
            sizes=edges[:, 2:] - edges[:, :2],
            labels=labels,
            colors=[_COLOR] * len(boxes),
        )
        self._recording.log(BOXES, drawn)

    def _decided(self, row: DecisionRow) -> None:
        place = f'instructions/{row.instruction_id}'
        self._recording.log(f'{place}/state', rerun.Scalars(STATES[row.state]))
        if row.probabilities is not None:
            self._recording.log(f'{place}/probabilities', rerun.Scalars(row.probabilities))

    def _answered(self, row: ResponseRow) -> None:
        text = f'#{row.instruction_id} {row.text}'
        self._recording.log(ANSWERS, rerun.TextLog(text, level='INFO'))


@contextmanager
def rerun_file(path: Path, images: bool = True) -> Iterator[RerunSink]:
    """A sink that writes a file; the file is there when the block has ended well.

    Args:
        path: the file, by custom .rrd.
        images: log the frames too, as JPEG.

    Raises:
        WriteError: it cannot be written.
    """
    recording = rerun.RecordingStream('streamo')
    with replacing(path) as new:
        recording.save(new)
        try:
            yield RerunSink(recording, images)
        finally:
            # Also writes what is still buffered.
            recording.disconnect()
