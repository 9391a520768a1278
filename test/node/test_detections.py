# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the model recognizes becomes messages of other packages, in pixels of the camera."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from streamo_ros.backbone.scripted import ScriptedVisionTokens
from streamo_ros.core.interface import Sighting
from streamo_ros.core.sink import Step
from streamo_ros.node import detection_publisher
from streamo_ros.node.detection_publisher import detection_array
from streamo_ros.node.detection_publisher import find_messages
from streamo_ros.node.detection_publisher import image_annotations
from streamo_ros.node.detection_publisher import SightingPublisher

CUP = Sighting('cup', 0.8, (0.25, 0.5, 0.75, 1.0))


def point():
    return SimpleNamespace(x=0.0, y=0.0)


KINDS = SimpleNamespace(
    Detection2DArray=lambda: SimpleNamespace(header=None, detections=[]),
    Detection2D=lambda: SimpleNamespace(
        header=None,
        results=[],
        bbox=SimpleNamespace(center=SimpleNamespace(position=point()), size_x=0.0, size_y=0.0),
    ),
    ObjectHypothesisWithPose=lambda: SimpleNamespace(
        hypothesis=SimpleNamespace(class_id='', score=0.0)
    ),
)
"""The fields of vision_msgs that are filled in, with their names there."""


class Fields(SimpleNamespace):
    """A message as rclpy makes it: fields given as keywords, lists begin empty."""

    LINE_LOOP = 2

    def __init__(self, **fields):
        super().__init__(**{'points': [], 'texts': [], **fields})


DRAWN = SimpleNamespace(
    **dict.fromkeys(
        ('ImageAnnotations', 'PointsAnnotation', 'TextAnnotation', 'Point2', 'Color'), Fields
    )
)
"""The fields of foxglove_msgs that are filled in, with their names there."""


class Node:
    """A node that publishes to a list."""

    def __init__(self, listeners):
        self.context = SimpleNamespace(ok=lambda: True)
        self.listeners, self.sent, self.topics = listeners, [], []

    def create_publisher(self, kind, topic, depth):
        self.topics.append(topic)
        return SimpleNamespace(
            publish=self.sent.append, get_subscription_count=lambda: self.listeners
        )

    def destroy_publisher(self, publisher):
        self.topics.pop()


def test_boxes_are_in_pixels_of_the_image(frame) -> None:
    message = detection_array(KINDS, frame(3, size=(48, 64)), (CUP,))
    assert (message.header.stamp.sec, message.header.frame_id) == (1003, 'camera')
    (one,) = message.detections
    assert (one.bbox.center.position.x, one.bbox.center.position.y) == (32, 36)
    assert (one.bbox.size_x, one.bbox.size_y) == (32, 24)
    assert one.header is message.header
    (guess,) = one.results
    assert (guess.hypothesis.class_id, guess.hypothesis.score) == ('cup', 0.8)


def test_every_frame_is_published_while_someone_listens(frame, monkeypatch) -> None:
    monkeypatch.setattr(detection_publisher, 'find_messages', {'vision_msgs': KINDS}.get)
    node = Node(listeners=1)
    publisher = SightingPublisher(node)
    publisher.take(Step((), frame(0), vision=ScriptedVisionTokens(12, (3, 4), (CUP,))))
    publisher.take(Step((), frame(1)))
    publisher.take(Step(()))
    assert [len(message.detections) for message in node.sent] == [1, 0]
    node.listeners = 0
    publisher.take(Step((), frame(2), vision=ScriptedVisionTokens(12, (3, 4), (CUP,))))
    assert len(node.sent) == 2
    publisher.destroy()
    assert node.topics == []


def test_without_the_package_there_is_no_topic(frame, monkeypatch) -> None:
    monkeypatch.setattr(detection_publisher, 'find_messages', lambda package: None)
    node = Node(listeners=1)
    publisher = SightingPublisher(node)
    publisher.take(Step((), frame(0), vision=ScriptedVisionTokens(12, (3, 4), (CUP,))))
    publisher.destroy()
    assert node.topics == []
    assert node.sent == []


def test_the_message_of_an_installed_package_has_these_fields(frame) -> None:
    kinds = find_messages()
    if kinds is None:
        pytest.skip('vision_msgs is not installed')
    message = detection_array(kinds, frame(0), (CUP,))
    assert message.detections[0].results[0].hypothesis.class_id == 'cup'
    assert np.isfinite(message.detections[0].bbox.size_x)


def test_annotations_are_drawn_around_what_is_sure(frame) -> None:
    unsure = Sighting('dog', 0.1, (0.0, 0.0, 1.0, 1.0))
    message = image_annotations(DRAWN, frame(3, size=(48, 64)), (CUP, unsure))
    (box,), (text,) = message.points, message.texts
    assert [(one.x, one.y) for one in box.points] == [(16, 24), (48, 24), (48, 48), (16, 48)]
    assert (box.type, box.timestamp.sec) == (2, 1003)
    assert (text.text, text.position.x, text.position.y) == ('cup 80%', 16, 24)


def test_each_topic_is_there_where_its_package_is(frame, monkeypatch) -> None:
    found = {'vision_msgs': KINDS, 'foxglove_msgs': DRAWN}
    monkeypatch.setattr(detection_publisher, 'find_messages', found.get)
    node = Node(listeners=1)
    publisher = SightingPublisher(node)
    assert node.topics == ['~/detections', '~/annotations']
    publisher.take(Step((), frame(0), vision=ScriptedVisionTokens(12, (3, 4), (CUP,))))
    assert [
        len(getattr(sent, 'detections', sent.__dict__.get('texts'))) for sent in node.sent
    ] == [
        1,
        1,
    ]


def test_the_annotations_of_an_installed_package_have_these_fields(frame) -> None:
    kinds = find_messages('foxglove_msgs')
    if kinds is None:
        pytest.skip('foxglove_msgs is not installed')
    message = image_annotations(kinds, frame(0), (CUP,))
    assert message.texts[0].text == 'cup 80%'
