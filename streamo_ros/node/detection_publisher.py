# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes what the model recognizes as vision_msgs/Detection2DArray, while someone listens.

The topic `~/detections` exists only where the package vision_msgs is installed.
"""

from __future__ import annotations

import importlib
from typing import Any

from streamo_ros.core.frame import Frame
from streamo_ros.core.interface import Sighting
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.node.lifecycle import AwaitableLifecycleNode
from streamo_ros.node.message_types import MESSAGES

TOPIC = '~/detections'


class DetectionPublisher(Sink):
    """Publishes the sightings of each frame.

    Args:
        node: where the publisher is created.
    """

    def __init__(self, node: AwaitableLifecycleNode) -> None:
        self._node = node
        self._kinds = find_messages()
        self._publisher: Any = None
        if self._kinds is not None:
            self._publisher = node.create_publisher(self._kinds.Detection2DArray, TOPIC, 10)

    def take(self, step: Step) -> None:
        """Publish the sightings of a step; in the worker's thread."""
        if self._publisher is None or step.frame is None or not self._node.context.ok():
            return
        if self._publisher.get_subscription_count():
            self._publisher.publish(detection_array(self._kinds, step.frame, step.sightings))

    def destroy(self) -> None:
        """Destroy the publisher."""
        if self._publisher is not None:
            self._node.destroy_publisher(self._publisher)


def find_messages() -> Any:
    """The module vision_msgs.msg; None where it is not installed."""
    try:
        return importlib.import_module('vision_msgs.msg')
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
        one = kinds.Detection2D()
        one.header = message.header
        left, top, right, bottom = sighting.box
        one.bbox.center.position.x = (left + right) / 2 * width
        one.bbox.center.position.y = (top + bottom) / 2 * height
        one.bbox.size_x = (right - left) * width
        one.bbox.size_y = (bottom - top) * height
        guess = kinds.ObjectHypothesisWithPose()
        guess.hypothesis.class_id = sighting.kind
        guess.hypothesis.score = sighting.score
        one.results.append(guess)
        message.detections.append(one)
    return message
