# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera on the graph: publishes a drawn world, a video, a bag or a webcam as Image messages.

Knows pace and stamps: what is drawn or comes from a webcam is stamped when it is made, what was
recorded keeps its distances in time and begins now. Loads no torch.
"""

from __future__ import annotations

import argparse
import array
import json
import sys
import time
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import rclpy
from numpy.typing import NDArray
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from streamo_ros.core.frame import SECOND
from streamo_ros.program import run_program
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.open import open_source
from streamo_ros.worlds import World

TOPIC = '/camera/image_raw'
Picture = NDArray[np.uint8]


def image_message(picture: Picture, stamp: int, frame_id: str) -> Image:
    """A picture as a message.

    Args:
        picture: RGB, uint8, shape (height, width, 3).
        stamp: capture time, nanoseconds.
        frame_id: the camera's coordinate frame.
    """
    height, width, _ = picture.shape
    # Through an array: rclpy checks every single byte of anything else.
    data = array.array('B')
    data.frombytes(np.ascontiguousarray(picture).tobytes())
    message = Image(height=height, width=width, encoding='rgb8', step=3 * width, data=data)
    message.header.frame_id = frame_id
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, SECOND)
    return message


def drawn(seed: int, size: tuple[int, int], rate: float) -> Iterator[tuple[int, Picture]]:
    """An endless world: (nanoseconds since its beginning, picture)."""
    world = World(seed, *size)
    number = 0
    while True:
        yield round(number * SECOND / rate), world.render(number / rate)
        number += 1


def recorded(path: str, topic: str) -> Iterator[tuple[int, Picture]]:
    """A source to its end: (nanoseconds since its first frame, picture); bad frames are left out.

    Raises:
        SourceError: it cannot be read.
    """
    source = open_source(path, topic)
    first = None
    try:
        for record in source.records():
            if record.stamp <= 0:
                continue
            first = record.stamp if first is None else first
            try:
                yield record.stamp - first, record.image()
            except ImageError as error:
                print(f'camera: a frame is left out: {error}', file=sys.stderr)
    finally:
        source.close()


class Camera(Node):
    """Publishes pictures at their times.

    Args:
        topic: where to.
        listeners: how many subscriptions to wait for before the first picture.
    """

    def __init__(self, topic: str, listeners: int) -> None:
        super().__init__('camera', parameter_overrides=[])
        self._publisher = self.create_publisher(Image, topic, qos_profile_sensor_data)
        self._listeners = listeners
        self.published = 0
        self.first = 0
        self.last = 0

    def run(self, pictures: Iterator[tuple[int, Picture]], seconds: float) -> None:
        """Publish until the pictures end or `seconds` have gone by; 0 = to their end."""
        self._wait_for_listeners()
        began, start = time.monotonic(), time.time_ns()
        for offset, picture in pictures:
            if seconds and offset >= seconds * SECOND:
                return
            time.sleep(max(0.0, began + offset / SECOND - time.monotonic()))
            self._publish(picture, start + offset)

    def _wait_for_listeners(self, patience: float = 60.0) -> None:
        end = time.monotonic() + patience
        while self._publisher.get_subscription_count() < self._listeners:
            if time.monotonic() > end:
                self.get_logger().warning('nobody listens: publishing all the same')
                return
            rclpy.spin_once(self, timeout_sec=0.1)

    def _publish(self, picture: Picture, stamp: int) -> None:
        self._publisher.publish(image_message(picture, stamp, 'camera_optical_frame'))
        self.first = self.first or stamp
        self.last = stamp
        self.published += 1


def main(argv: Sequence[str] | None = None) -> int:
    """Publish a source; prints what was published as one line of JSON.

    Raises:
        SourceError: the source cannot be read.
    """
    options = _parser().parse_args(argv)
    width, height = map(int, options.size.split('x'))
    rclpy.init(args=[])
    camera = Camera(options.topic, options.listeners)
    pictures = (
        recorded(options.source, options.source_topic)
        if options.source
        else drawn(options.seed, (width, height), options.rate)
    )
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        camera.run(pictures, options.seconds)
    print(
        json.dumps({'published': camera.published, 'first': camera.first, 'last': camera.last}),
        flush=True,
    )
    camera.destroy_node()
    rclpy.try_shutdown()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='streamo camera', description=__doc__)
    add = parser.add_argument
    add('--source', default='', help='video, bag, folder or /dev/videoN; default: a drawn world')
    add('--source-topic', default='', help='image topic of a bag')
    add('--topic', default=TOPIC, help='where to publish; default %(default)s')
    add('--seed', type=int, default=0, help='of the drawn world')
    add('--size', default='640x480', help='of the drawn world; default %(default)s')
    add('--rate', type=float, default=30.0, help='of the drawn world, hertz; default %(default)s')
    add('--seconds', type=float, default=0.0, help='end after that many; 0 = with the source')
    add('--listeners', type=int, default=0, help='subscriptions to wait for')
    return parser


if __name__ == '__main__':
    sys.exit(run_program('camera', main))
