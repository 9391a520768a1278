# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes the frames of a source, each when it is due: what camera and player have in common."""

from __future__ import annotations

import array
import json
import signal
import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator

import numpy as np
import rclpy
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.serialization import serialize_message
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image

from streamo_ros.core.errors import ExitCode
from streamo_ros.core.frame import SECOND
from streamo_ros.node.graph import join_graph
from streamo_ros.sources.bag import BagRecord
from streamo_ros.sources.base import Record
from streamo_ros.sources.base import Source
from streamo_ros.sources.image import ImageError

TOPIC = '/camera/image_raw'
FRAME_ID = 'camera_optical_frame'
"""The coordinate frame of images whose source has none."""


def image_message(image: NDArray[np.uint8], stamp: int, frame_id: str) -> Image:
    """An image as a message.

    Args:
        image: RGB, uint8, shape (height, width, 3).
        stamp: capture time, nanoseconds.
        frame_id: the camera's coordinate frame.
    """
    height, width, _ = image.shape
    # Through an array: rclpy checks every single byte of anything else.
    data = array.array('B')
    data.frombytes(np.ascontiguousarray(image).tobytes())
    message = Image(height=height, width=width, encoding='rgb8', step=3 * width, data=data)
    message.header.frame_id = frame_id
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, SECOND)
    return message


class ImagePublisher(Node):
    """Publishes one source.

    Args:
        name: the node's name.
        source: what is published.
        topic: where.
        kind: `sensor_msgs/Image` or `CompressedImage`.
        qos: of the topic.
        listeners: subscriptions to wait for before the first frame.
        seconds: end after that much recording time; 0 = with the source.
        rate: multiple of real time, > 0.
        awaited: names of nodes whose subscriptions to wait for, too.

    Attributes:
        published: frames so far.
        first: stamp of the first frame, nanoseconds; 0 = none yet.
        last: stamp of the last frame.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        topic: str,
        kind: type,
        qos: QoSProfile,
        listeners: int = 0,
        seconds: float = 0.0,
        rate: float = 1.0,
        awaited: Collection[str] = (),
    ) -> None:
        super().__init__(name, parameter_overrides=[])
        self.topic = topic
        self.published = 0
        self.first = 0
        self.last = 0
        self._source = source
        self._listeners = listeners
        self._awaited = frozenset(awaited)
        self._seconds = seconds
        self._rate = rate
        self._publisher = self.create_publisher(kind, topic, qos)

    def run(self) -> None:
        """Publish the source to its end.

        Raises:
            SourceError: the source is damaged.
        """
        self.wait_for_listeners()
        self.publish_source()

    def wait_for_listeners(self) -> None:
        """Wait until the topic has enough subscriptions, and those of all awaited nodes."""
        if not self._is_heard():
            whose = ''.join(f', also of {name}' for name in sorted(self._awaited))
            self.get_logger().info(
                f'waiting for {self._listeners} subscriptions to {self.topic}{whose}'
            )
        while not self._is_heard():
            rclpy.spin_once(self, timeout_sec=0.1)

    def _is_heard(self) -> bool:
        if self._publisher.get_subscription_count() < self._listeners:
            return False
        subscriptions = self.get_subscriptions_info_by_topic(self.topic)
        return self._awaited <= {subscription.node_name for subscription in subscriptions}

    def publish_source(self) -> None:
        """Publish the records of one pass, each when it is due."""
        for record in self._paced():
            stamp = self.stamp(record)
            self._publisher.publish(self.serialized(record, stamp))
            self.first = self.first or stamp
            self.last = stamp
            self.published += 1

    def stamp(self, record: Record) -> int:
        """The capture time to publish, nanoseconds."""
        return record.stamp

    def serialized(self, record: Record, stamp: int) -> bytes:
        """The message of a record; without pixels when it cannot be decoded."""
        frame_id = record.frame_id or FRAME_ID
        try:
            return bytes(serialize_message(image_message(record.image(), stamp, frame_id)))
        except ImageError as error:
            self.get_logger().warning(f'a frame is published without pixels: {error}')
        message = Image()
        message.header.frame_id = frame_id
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, SECOND)
        return bytes(serialize_message(message))

    def wait_until(self, due: float, at: int) -> float:  # noqa: ARG002
        """Wait for a record's turn.

        Args:
            due: when it is due, seconds of `time.monotonic`.
            at: its recording time, nanoseconds.

        Returns:
            When it was due in the end; later than `due` after a pause.
        """
        while (left := due - time.monotonic()) > 0:
            rclpy.spin_once(self, timeout_sec=left)
        return due

    def _paced(self) -> Iterator[Record]:
        due, before, first = time.monotonic(), None, None
        for record in self._source.records():
            at = record.log_time if isinstance(record, BagRecord) else record.stamp
            first = at if first is None else first
            if self._seconds and at - first >= self._seconds * SECOND:
                return
            due += 0.0 if before is None else max(0, at - before) / SECOND / self._rate
            before = at
            # Even when it is late, or else services would not be answered any more.
            rclpy.spin_once(self, timeout_sec=0.0)
            due = self.wait_until(due, at)
            yield record


def run_publisher(make: Callable[[], ImagePublisher]) -> int:
    """Run a publisher as a process; prints what it published as one line of JSON.

    Args:
        make: makes the publisher.

    Returns:
        0, also after SIGINT or SIGTERM.

    Raises:
        SourceError: the source cannot be read.
    """
    # rclpy's own handlers would shut the context down while we wait. Both are installed here,
    # because a shell may have started this process with SIGINT ignored.
    join_graph([], signal_handler_options=SignalHandlerOptions.NO)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    published = {'published': 0, 'first': 0, 'last': 0}
    try:
        publisher = make()
        try:
            publisher.run()
        finally:
            published = {name: getattr(publisher, name) for name in published}
    except KeyboardInterrupt:
        pass
    finally:
        # What remains ends by itself; launch interrupts all processes once one has ended.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        rclpy.try_shutdown()
    print(json.dumps(published), flush=True)
    return ExitCode.OK
