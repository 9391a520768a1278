# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plays a recording's image topic on the graph, where rosbag2 is not installed.

Publishes the recorded bytes as they are, and `/clock`. Pauses, resumes and steps by services with
the names of rosbag2's player (`~/pause`, `~/resume`, `~/toggle_paused`, `~/play_next`), which are
`std_srvs/Trigger` here. With `--live` it plays the part of a camera instead: decoded images,
stamped from now on.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
from typing import Any

import rclpy
from rclpy.duration import Duration
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from streamo_ros.core.frame import SECOND
from streamo_ros.node.image_publisher import ImagePublisher
from streamo_ros.node.image_publisher import run_publisher
from streamo_ros.node.image_publisher import TOPIC
from streamo_ros.program import CommandParser
from streamo_ros.program import run_program
from streamo_ros.sources.bag import BagRecord
from streamo_ros.sources.bag import publishes_compressed
from streamo_ros.sources.base import Record
from streamo_ros.sources.base import Source
from streamo_ros.sources.open import open_source

CLOCK_PERIOD = 0.02
"""Seconds between two messages on `/clock` while nothing else is due."""
LINGER = 5.0
"""Most seconds to wait at the end for all frames to arrive."""
QOS = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)


class Player(ImagePublisher):
    """Plays one source.

    Args:
        source: what is played.
        topic: where its frames go; '' = its own topic, or /camera/image_raw.
        rate: multiple of real time, > 0.
        loop: start again at the end; stamps jump back.
        paused: wait for `~/play_next` or `~/resume`.
        live: publish decoded images, stamped from now on, and no `/clock`.
        listeners: subscriptions to wait for before the first frame.
        seconds: end after that much of the recording; 0 = at its end.
        awaited: names of nodes whose subscriptions to wait for, too.
    """

    def __init__(
        self,
        source: Source,
        topic: str = '',
        *,
        rate: float = 1.0,
        loop: bool = False,
        paused: bool = False,
        live: bool = False,
        listeners: int = 1,
        seconds: float = 0.0,
        awaited: Collection[str] = (),
    ) -> None:
        kind = CompressedImage if publishes_compressed(source) and not live else Image
        topic = topic or source.topic or TOPIC
        super().__init__(
            'streamo_player', source, topic, kind, QOS, listeners, seconds, rate, awaited
        )
        self._loop = loop
        self._paused = paused
        self._live = live
        self._shift: int | None = None
        self._steps = 0
        self._over = False
        self._clock_publisher = None if live else self.create_publisher(Clock, '/clock', 10)
        for name, act in (
            ('pause', self._pause),
            ('resume', self._resume),
            ('toggle_paused', self._toggle),
            ('play_next', self._step),
        ):
            self.create_service(Trigger, f'~/{name}', self._replying(act))

    def run(self) -> None:
        """Play to the end, or forever with `loop`.

        Raises:
            SourceError: the source is damaged.
        """
        self.wait_for_listeners()
        self.publish_source()
        while self._loop:
            self.publish_source()
        self._over = True
        self._linger()

    def stamp(self, record: Record) -> int:
        """The recorded capture time; with `live`, moved so that the first one is now."""
        stamp = record.stamp
        if not self._live or stamp <= 0:
            return stamp
        if self._shift is None:
            self._shift = time.time_ns() - stamp
        return stamp + self._shift

    def serialized(self, record: Record, stamp: int) -> bytes:
        """The recorded bytes; a new message where there are none, or with `live`."""
        if isinstance(record, BagRecord) and not self._live:
            return bytes(record.data())
        return super().serialized(record, stamp)

    def wait_until(self, due: float, at: int) -> float:
        """Wait for a record's turn, or for a step; `/clock` goes on meanwhile."""
        while not self._ready(due):
            left = CLOCK_PERIOD if self._paused else due - time.monotonic()
            rclpy.spin_once(self, timeout_sec=min(CLOCK_PERIOD, max(0.0, left)))
            if self._paused:
                due = time.monotonic()
            else:
                ahead = (due - time.monotonic()) * self._rate * SECOND
                self._tick(at - max(0, round(ahead)))
        self._tick(at)
        return due

    def _ready(self, due: float) -> bool:
        if not self._paused:
            return time.monotonic() >= due
        if self._steps:
            self._steps -= 1
            return True
        return False

    def _linger(self) -> None:
        """Wait, and still answer services, until all frames have arrived."""
        end = time.monotonic() + LINGER
        while time.monotonic() < end:
            rclpy.spin_once(self, timeout_sec=0.0)
            if self._publisher.wait_for_all_acked(Duration(seconds=0.05)):
                return

    def _tick(self, now: int) -> None:
        if self._clock_publisher is not None:
            message = Clock()
            message.clock.sec, message.clock.nanosec = divmod(max(0, now), SECOND)
            self._clock_publisher.publish(message)

    @staticmethod
    def _replying(act: Callable[[], str]) -> Callable[[Any, Any], Any]:
        def callback(_: Any, response: Any) -> Any:
            response.message = act()
            response.success = not response.message
            return response

        return callback

    def _pause(self) -> str:
        self._paused = True
        return ''

    def _resume(self) -> str:
        self._paused = False
        return ''

    def _toggle(self) -> str:
        self._paused = not self._paused
        return ''

    def _step(self) -> str:
        if self._over:
            return 'the recording has ended: start the player again'
        if not self._paused:
            return 'the player is not paused: call ~/pause first'
        self._steps += 1
        return ''


def main(argv: Sequence[str] | None = None) -> int:
    """Play a source; prints what was published as one line of JSON.

    Raises:
        SourceError: it cannot be read.
    """
    options = _parser().parse_args(argv)
    return run_publisher(
        lambda: Player(
            open_source(options.source, options.source_topic, options.salvage),
            options.topic,
            rate=options.rate,
            loop=options.loop,
            paused=options.start_paused,
            live=options.live,
            listeners=options.listeners,
            seconds=options.seconds,
            awaited=options.wait_for,
        ),
    )


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float('inf'):
        raise argparse.ArgumentTypeError(f'{text} is not a number above 0')
    return number


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(prog='python3 -m streamo_ros.node.player', description=__doc__)
    add = parser.add_argument
    add('source', help='bag, video or folder of images')
    add('--source-topic', default='', help='image topic of the bag')
    add('--topic', default='', help='where to publish; default: as recorded')
    add('--rate', type=_positive, default=1.0, help='multiple of real time')
    add('--seconds', type=float, default=0.0, help='end after that many; 0 = with the recording')
    add('--loop', action='store_true', help='start again at the end')
    add('--start-paused', action='store_true', help='wait for ~/play_next or ~/resume')
    add('--live', action='store_true', help='be a camera: decoded images, stamped from now on')
    add('--salvage', action='store_true', help='play a damaged recording as far as possible')
    add('--listeners', type=int, default=1, help='subscriptions to wait for')
    add('--wait-for', action='append', default=[], metavar='NODE', help='wait for its, too')
    return parser


if __name__ == '__main__':
    sys.exit(run_program('player', main))
