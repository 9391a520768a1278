# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes what the model recognizes, while someone listens, for programs and for pictures.

`~/detections` is a vision_msgs/Detection2DArray; `~/annotations` a foxglove_msgs/ImageAnnotations,
which Foxglove and Lichtblick draw over the camera's image. Each topic exists only where the
package of its type is installed.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from streamo_ros.core.frame import Frame
from streamo_ros.core.interface import Sighting
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.node.lifecycle import AwaitableLifecycleNode
from streamo_ros.node.message_types import MESSAGES
from streamo_ros.report.sighting_row import SURE

VISION, FOXGLOVE = 'vision_msgs', 'foxglove_msgs'
LINE, TEXT = 2.0, 14.0
"""Thickness of a box and size of its name, pixels of the camera's image."""

Maker = Callable[[Any, Frame, tuple[Sighting, ...]], Any]
"""Makes a message of a frame's sightings with the classes of a module."""


class SightingPublisher(Sink):
    """Publishes the sightings of each frame.

    Args:
        node: where the publishers are created.
    """

    def __init__(self, node: AwaitableLifecycleNode) -> None:
        self._node = node
        self._outputs: list[tuple[Any, Any, Maker]] = []
        for package, name, topic, maker in (
            (VISION, 'Detection2DArray', '~/detections', detection_array),
            (FOXGLOVE, 'ImageAnnotations', '~/annotations', image_annotations),
        ):
            if (kinds := find_messages(package)) is not None:
                publisher = node.create_publisher(getattr(kinds, name), topic, 10)
                self._outputs.append((publisher, kinds, maker))

    def take(self, step: Step) -> None:
        """Publish the sightings of a step; in the worker's thread."""
        if step.frame is None or not self._node.context.ok():
            return
        for publisher, kinds, maker in self._outputs:
            if publisher.get_subscription_count():
                publisher.publish(maker(kinds, step.frame, step.sightings))

    def destroy(self) -> None:
        """Destroy the publishers."""
        for publisher, _, _ in self._outputs:
            self._node.destroy_publisher(publisher)


def find_messages(package: str = VISION) -> Any:
    """The module of a package's messages; None where it is not installed."""
    try:
        return importlib.import_module(f'{package}.msg')
    except ImportError:
        return None


def detection_array(kinds: Any, frame: Frame, sightings: tuple[Sighting, ...]) -> Any:
    """A frame's sightings as a message, with boxes in pixels of the camera's image.

    Args:
        kinds: the module of the messages.
        frame: the frame, with its image.
        sightings: what was recognized in it.
    """
    message = kinds.Detection2DArray()
    message.header = MESSAGES.header(frame.stamp, frame.frame_id)
    if frame.image is None:
        return message
    height, width = frame.image.shape[:2]
    for sighting in sightings:
        detection = kinds.Detection2D()
        detection.header = message.header
        left, top, right, bottom = sighting.box
        detection.bbox.center.position.x = (left + right) / 2 * width
        detection.bbox.center.position.y = (top + bottom) / 2 * height
        detection.bbox.size_x = (right - left) * width
        detection.bbox.size_y = (bottom - top) * height
        guess = kinds.ObjectHypothesisWithPose()
        guess.hypothesis.class_id = sighting.kind
        guess.hypothesis.score = sighting.score
        detection.results.append(guess)
        message.detections.append(detection)
    return message


def image_annotations(kinds: Any, frame: Frame, sightings: tuple[Sighting, ...]) -> Any:
    """A frame's sightings as boxes and names to draw; the unsure ones are left out.

    Args:
        kinds: the module of the messages.
        frame: the frame, with its image.
        sightings: what was recognized in it.
    """
    message = kinds.ImageAnnotations()
    if frame.image is None:
        return message
    height, width = frame.image.shape[:2]
    stamp = MESSAGES.time(frame.stamp)
    yellow, dark = kinds.Color(r=1.0, g=0.84, b=0.0, a=1.0), kinds.Color(a=0.7)
    for sighting in sightings:
        if sighting.score < SURE:
            continue
        left, top, right, bottom = (
            float(edge * size)
            for edge, size in zip(sighting.box, (width, height) * 2, strict=True)
        )
        box = kinds.PointsAnnotation(
            timestamp=stamp, type=kinds.PointsAnnotation.LINE_LOOP, thickness=LINE
        )
        box.outline_color = yellow
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        box.points = [kinds.Point2(x=x, y=y) for x, y in corners]
        message.points.append(box)
        name = f'{sighting.kind} {sighting.score:.0%}'
        text = kinds.TextAnnotation(timestamp=stamp, text=name, font_size=TEXT)
        text.position = kinds.Point2(x=left, y=top)
        text.text_color, text.background_color = yellow, dark
        message.texts.append(text)
    return message
