# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What was recognized in a frame, as a row: drawn as boxes, where the model gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import ClassVar

from streamo_ros.core.interface import Sighting
from streamo_ros.messages import nanoseconds

SURE = 0.3
"""Score from which on a box is drawn: below, most are nothing."""
MOST = 100
"""Boxes of one frame that are kept at most, the surest ones."""

Box = tuple[str, float, float, float, float, float]
"""Kind, score, left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class SightingRow:
    """What was recognized in one frame, the surest first.

    Attributes:
        stamp: capture time of the frame, nanoseconds.
        boxes: see `Box`; edges from 0 to 1 of the frame.
        pixels: whether the edges are pixels of the camera's image instead.
    """

    kind: ClassVar[str] = 'sightings'
    stamp: int
    boxes: Sequence[Box] = ()
    pixels: bool = False

    @classmethod
    def from_sightings(cls, stamp: int, sightings: Sequence[Sighting]) -> SightingRow:
        """Of what a model recognized."""
        return cls(
            stamp,
            _surest(
                [(sighting.kind, sighting.score, *sighting.box) for sighting in sightings],
                digits=4,
            ),
        )

    @classmethod
    def from_message(cls, message: Any) -> SightingRow:
        """Of a vision_msgs/Detection2DArray, of whatever message class."""
        boxes = []
        for detection in message.detections:
            if not detection.results:
                continue
            best = max((guess.hypothesis for guess in detection.results), key=lambda it: it.score)
            place, box = detection.bbox.center.position, detection.bbox
            left, top = place.x - box.size_x / 2, place.y - box.size_y / 2
            right, bottom = place.x + box.size_x / 2, place.y + box.size_y / 2
            boxes.append((str(best.class_id), best.score, left, top, right, bottom))
        return cls(nanoseconds(message.header.stamp), _surest(boxes, digits=1), pixels=True)


def _surest(boxes: Sequence[tuple[Any, ...]], digits: int) -> tuple[Box, ...]:
    sure = sorted((box for box in boxes if box[1] >= SURE), key=lambda box: -box[1])
    return tuple(
        (kind, round(float(score), 3), *(round(float(edge), digits) for edge in edges))
        for kind, score, *edges in sure[:MOST]
    )
