# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera on the graph: publishes a drawn world, or what a webcam films, as Image messages.

Recordings are played by `streamo_ros.node.player`. Loads no torch.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from streamo_ros.core.frame import SECOND
from streamo_ros.node.image_publisher import FRAME_ID
from streamo_ros.node.image_publisher import ImagePublisher
from streamo_ros.node.image_publisher import run_publisher
from streamo_ros.node.image_publisher import TOPIC
from streamo_ros.program import CommandParser
from streamo_ros.program import run_program
from streamo_ros.sources.base import Source
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.open import open_source
from streamo_ros.worlds import World


@dataclass(frozen=True, slots=True)
class DrawnRecord:
    """One drawn picture; see `Record`."""

    stamp: int
    picture: NDArray[np.uint8]
    topic: str = ''
    frame_id: str = FRAME_ID

    def image(self) -> NDArray[np.uint8]:
        """The picture; see `Record`."""
        return self.picture


class DrawnSource:
    """A drawn world that begins now and never ends; see `Source`.

    Args:
        seed: of the world.
        size: (width, height), pixels.
        rate: pictures per second.
    """

    name = 'a drawn world'
    topic = ''
    duration = None
    damage = ''
    note = ''

    def __init__(self, seed: int, size: tuple[int, int], rate: float) -> None:
        self._world = World(seed, *size)
        self._rate = rate

    def records(self) -> Iterator[DrawnRecord]:
        """Its pictures; see `Source`."""
        start, number = time.time_ns(), 0
        while True:
            at = number / self._rate
            yield DrawnRecord(start + round(at * SECOND), self._world.render(at))
            number += 1

    def close(self) -> None:
        """Nothing is open."""


def main(argv: Sequence[str] | None = None) -> int:
    """Publish a world or a webcam; prints what was published as one line of JSON.

    Raises:
        SourceError: the webcam cannot be opened.
    """
    options = _parser().parse_args(argv)
    return run_publisher(
        lambda: ImagePublisher(
            'camera',
            _source(options),
            options.topic,
            Image,
            qos_profile_sensor_data,
            options.listeners,
            options.seconds,
            awaited=options.wait_for,
        ),
    )


def _source(options: argparse.Namespace) -> Source:
    if not options.device:
        width, height = map(int, options.size.split('x'))
        return DrawnSource(options.seed, (width, height), options.rate)
    if not options.device.startswith('/dev/'):
        raise SourceError(
            f'{options.device} is not a camera: play it with python3 -m streamo_ros.node.player'
        )
    return open_source(options.device)


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(prog='python3 -m streamo_ros.node.camera', description=__doc__)
    add = parser.add_argument
    add('--device', default='', help='a webcam, /dev/videoN; default: a drawn world')
    add('--topic', default=TOPIC, help='where to publish; default %(default)s')
    add('--seed', type=int, default=0, help='of the drawn world')
    add('--size', default='640x480', help='of the drawn world; default %(default)s')
    add('--rate', type=float, default=30.0, help='of the drawn world, hertz; default %(default)s')
    add('--seconds', type=float, default=0.0, help='end after that many; 0 = never')
    add('--listeners', type=int, default=0, help='subscriptions to wait for')
    add('--wait-for', action='append', default=[], metavar='NODE', help='wait for its, too')
    return parser


if __name__ == '__main__':
    sys.exit(run_program('camera', main))
