# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node of the page: hears what another node publishes, and carries requests to its services.

It spins in a thread of its own; what it hears goes to the session through the event loop. The
watching node notices one more subscriber, however many pages are open.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

from streamo_ros.config.live_table import LIVE_TABLE
from streamo_ros.live.page_picture import PagePicture
from streamo_ros.live.session import Session
from streamo_ros.node.declaration import declare
from streamo_ros.node.detection_publisher import find_messages
from streamo_ros.node.image_topics import COMPRESSED
from streamo_ros.node.image_topics import RAW
from streamo_ros.node.judged_pictures import JudgedPictures
from streamo_ros.node.listener import TOPICS
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.run_rows import DeltaRow
from streamo_ros.report.run_rows import InstructionRow
from streamo_ros.report.run_rows import StreamRow
from streamo_ros.report.sighting_row import SightingRow

NODE = 'streamo_live'
Post = Callable[[Callable[[Session], None]], None]
"""Has something done with the session, in the event loop's thread; waits for nothing."""
GONE = 4.0
"""Seconds without diagnostics after which the node is called gone."""


class LiveNode(Node):
    """Listens to one node.

    Args:
        post: see `Post`.

    Attributes:
        values: the parameters, by name.
        target: the full name of the node that is shown.
    """

    def __init__(self, post: Post) -> None:
        super().__init__(NODE)
        self.values = declare(self, LIVE_TABLE)
        self.target = f'/{str(self.values["live.node"]).lstrip("/")}'
        self._post = post
        self._pictures = JudgedPictures(self._show)
        self._camera: Any = None
        self._camera_topic = ''
        # Also of a node that was never there it is said that it is gone.
        self._heard = time.monotonic()
        for name, kind, qos in TOPICS:
            self.create_subscription(
                kind, f'{self.target}/{name}', getattr(self, f'_take_{name}'), qos
            )
        # The page draws boxes where vision_msgs is installed, as the node sends them only there.
        if (kinds := find_messages()) is not None and self.values['live.pictures']:
            self.create_subscription(
                kinds.Detection2DArray, f'{self.target}/detections', self._take_detections, 10
            )
        self.create_subscription(DiagnosticArray, '/diagnostics', self._take_diagnostics, 10)
        self.create_timer(1.0, self._look_after)

    def number(self, name: str) -> int:
        """The value of a parameter that is a whole number."""
        value = self.values[name]
        assert isinstance(value, int)
        return value

    def _take_frame_state(self, message: Any) -> None:
        row = DecisionRow.from_message(message)
        self._post(lambda session: session.take(row))
        # After the decision, so that the picture finds its place in time.
        self._pictures.judge(row.stamp)

    def _take_response(self, message: Any) -> None:
        row = ResponseRow.from_message(message)
        self._post(lambda session: session.take(row))

    def _take_response_delta(self, message: Any) -> None:
        row = DeltaRow.from_message(message)
        self._post(lambda session: session.take(row))

    def _take_detections(self, message: Any) -> None:
        row = SightingRow.from_message(message)
        if row.boxes:
            self._post(lambda session: session.take(row))

    def _take_instructions(self, message: Any) -> None:
        rows = [InstructionRow.from_message(instruction) for instruction in message.instructions]
        self._post(lambda session: session.activate(rows))

    def _take_model_info(self, message: Any) -> None:
        source = f'{self.target} · {self._camera_topic}' if self._camera_topic else self.target
        row = StreamRow.from_message(message, source, self._camera_topic)
        self._post(lambda session: session.take(row))

    def _take_diagnostics(self, message: DiagnosticArray) -> None:
        ours = f'{self.target.lstrip("/")}: '
        health = {
            status.name.removeprefix(ours): {
                'level': ord(status.level),
                'message': status.message,
                'values': {pair.key: pair.value for pair in status.values},
            }
            for status in message.status
            if status.name.startswith(ours)
        }
        if not health:
            return
        self._heard = time.monotonic()
        state = health.get('model', {}).get('values', {}).get('state', '')
        self._post(
            lambda session: session.tell(
                health=health, node_state=state, remembers='memory' in health
            )
        )
        topic = health.get('input', {}).get('values', {}).get('topic', '')
        if topic and topic != self._camera_topic and self.values['live.pictures']:
            self._follow(topic)

    def _follow(self, topic: str) -> None:
        """Subscribe to the camera that the node itself says it watches."""
        types = dict(self.get_topic_names_and_types()).get(topic, [])
        compressed = COMPRESSED in types and RAW not in types
        if self._camera is not None:
            self.destroy_subscription(self._camera)
        self._camera_topic = topic
        # A few messages deep: a decision for one frame must not cost the picture of the next.
        qos = QoSProfile(depth=5, reliability=qos_profile_sensor_data.reliability)
        self._camera = self.create_subscription(
            CompressedImage if compressed else Image,
            topic,
            lambda data: self._pictures.take(data, compressed),
            qos,
            raw=True,
        )
        source = f'{self.target} · {topic}'
        self._post(lambda session: session.tell(source=source))

    def _show(self, stamp: int, picture: PagePicture) -> None:
        size = picture.width, picture.height
        self._post(lambda session: session.show(stamp, picture.jpeg, size))

    def _look_after(self) -> None:
        if self._heard and time.monotonic() - self._heard > GONE:
            self._heard = 0.0
            self._post(lambda session: session.tell(node_state='', health={}, remembers=False))
