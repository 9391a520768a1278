# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plays a recording's image topic on the graph, where rosbag2 is not there to do it.

Publishes the recorded bytes as they are, and `/clock`. Pauses, steps and goes on by services with
the names of rosbag2's player (`~/pause`, `~/resume`, `~/toggle_paused`, `~/play_next`), which are
`std_srvs/Trigger` here.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import rclpy
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from rclpy.serialization import serialize_message
from rclpy.signals import SignalHandlerOptions
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from streamo_ros.core.frame import SECOND
from streamo_ros.node.camera import image_message
from streamo_ros.program import run_program
from streamo_ros.sources.bag import BagRecord
from streamo_ros.sources.bag import BagSource
from streamo_ros.sources.base import Record
from streamo_ros.sources.base import Source
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.open import open_source
from streamo_ros.sources.topics import COMPRESSED

CLOCK_PERIOD = 0.02
"""Seconds between two messages on `/clock` while nothing else is due."""
DEPTH = 100
LAST = 5.0
"""Seconds to wait at the end until all that was published has arrived."""


def compressed(source: Source) -> bool:
    """Whether its frames are CompressedImage messages."""
    return isinstance(source, BagSource) and source.type_name == COMPRESSED


class Player(Node):
    """Plays one source.

    Args:
        source: what is played.
        topic: where its frames go; '' = its own topic, or /camera/image_raw.
        rate: multiple of real time, > 0.
        loop: begin again at the end; stamps jump back.
        paused: wait for `~/play_next` or `~/resume`.
        listeners: subscriptions to wait for before the first frame.
    """

    def __init__(
        self,
        source: Source,
        topic: str = '',
        rate: float = 1.0,
        loop: bool = False,
        paused: bool = False,
        listeners: int = 1,
    ) -> None:
        super().__init__('streamo_player', parameter_overrides=[])
        self.published = 0
        self._source = source
        self._rate = rate
        self._loop = loop
        self._paused = paused
        self._steps = 0
        self._over = False
        self.topic = topic or source.topic or '/camera/image_raw'
        qos = QoSProfile(depth=DEPTH, reliability=ReliabilityPolicy.RELIABLE)
        self._publisher = self.create_publisher(
            CompressedImage if compressed(source) else Image, self.topic, qos
        )
        self._clock_publisher = self.create_publisher(Clock, '/clock', 10)
        self._listeners = listeners
        self._now = 0
        for name, act in (
            ('pause', self._pause),
            ('resume', self._resume),
            ('toggle_paused', self._toggle),
            ('play_next', self._step),
        ):
            self.create_service(Trigger, f'~/{name}', self._answering(act))

    def run(self) -> None:
        """Play to the end, or for ever with `loop`.

        Raises:
            SourceError: the source is damaged.
        """
        if self._publisher.get_subscription_count() < self._listeners:
            self.get_logger().info(f'waiting until somebody listens to {self.topic}')
        while self._publisher.get_subscription_count() < self._listeners:
            rclpy.spin_once(self, timeout_sec=0.1)
        while True:
            for record in self._timed(self._source.records()):
                self._publish(record)
            if not self._loop:
                self._over = True
                self._linger()
                return

    def _linger(self) -> None:
        """Wait, and answer that it is over, until all has arrived."""
        end = time.monotonic() + LAST
        while time.monotonic() < end:
            rclpy.spin_once(self, timeout_sec=0.0)
            if self._publisher.wait_for_all_acked(Duration(seconds=0.05)):
                return

    def _timed(self, records: Iterator[Record]) -> Iterator[Record]:
        """The records, each when its time has come or a step was asked for."""
        due, before = time.monotonic(), None
        for record in records:
            at = record.log_time if isinstance(record, BagRecord) else record.stamp
            due += 0.0 if before is None else max(0, at - before) / SECOND / self._rate
            before = at
            self._now = at
            # Also when it is late already, or else no service would be answered any more.
            rclpy.spin_once(self, timeout_sec=0.0)
            while not self._ready(due):
                left = CLOCK_PERIOD if self._paused else due - time.monotonic()
                rclpy.spin_once(self, timeout_sec=min(CLOCK_PERIOD, max(0.0, left)))
                if not self._paused:
                    waits = (due - time.monotonic()) * self._rate * SECOND
                    self._tick(at - max(0, round(waits)))
                else:
                    due = time.monotonic()
            yield record

    def _ready(self, due: float) -> bool:
        if not self._paused:
            return time.monotonic() >= due
        if self._steps:
            self._steps -= 1
            return True
        return False

    def _publish(self, record: Record) -> None:
        self._tick(self._now)
        if isinstance(record, BagRecord):
            self._publisher.publish(bytes(record.data()))
        else:
            self._publisher.publish(serialize_message(self._message(record)))
        self.published += 1

    def _message(self, record: Record) -> Image:
        """Of a frame that is no message yet; one without pixels when it cannot be decoded."""
        try:
            return image_message(record.image(), record.stamp, record.frame_id)
        except ImageError as error:
            self.get_logger().warning(f'a frame is published without pixels: {error}')
        message = Image()
        message.header.frame_id = record.frame_id
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(record.stamp, SECOND)
        return message

    def _tick(self, now: int) -> None:
        message = Clock()
        message.clock.sec, message.clock.nanosec = divmod(max(0, now), SECOND)
        self._clock_publisher.publish(message)

    @staticmethod
    def _answering(act: Callable[[], str]) -> Callable[[Any, Any], Any]:
        def answer(_: Any, response: Any) -> Any:
            response.message = act()
            response.success = not response.message
            return response

        return answer

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
            return 'everything was played: start the player again'
        if not self._paused:
            return 'the player is not paused: call ~/pause first'
        self._steps += 1
        return ''


def main(argv: Sequence[str] | None = None) -> int:
    """Play a source.

    Raises:
        SourceError: it cannot be read.
    """
    options = _parser().parse_args(argv)
    # Handlers of rclpy's own would take the context away in the midst of a wait.
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        source = open_source(options.source, options.source_topic, options.salvage)
        player = Player(
            source,
            options.topic,
            options.rate,
            options.loop,
            options.start_paused,
            options.listeners,
        )
        player.run()
        print(f'{player.published} frames were published', flush=True)
    rclpy.try_shutdown()
    return 0


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float('inf'):
        raise argparse.ArgumentTypeError(f'{text} is not a number above 0')
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python3 -m streamo_ros.node.player', description=__doc__
    )
    add = parser.add_argument
    add('source', help='bag, video or folder of images')
    add('--source-topic', default='', help='image topic of the bag')
    add('--topic', default='', help='where to publish; default: as recorded')
    add('--rate', type=_positive, default=1.0, help='multiple of real time')
    add('--loop', action='store_true', help='begin again at the end')
    add('--start-paused', action='store_true', help='wait for ~/play_next or ~/resume')
    add('--salvage', action='store_true', help='play a damaged recording as far as it goes')
    add('--listeners', type=int, default=1, help='subscriptions to wait for')
    return parser


if __name__ == '__main__':
    sys.exit(run_program('player', main))
