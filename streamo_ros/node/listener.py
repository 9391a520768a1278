# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A client of the node: subscribes to all its topics, keeps the matching frames, sends requests.

Converts messages to the rows that timeline, report and live view share, and copies their bytes to
a recording.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import rclpy
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy
from rclpy.qos import qos_profile_sensor_data
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message
from rclpy.serialization import serialize_message
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

from streamo_ros.core.errors import StreamoError
from streamo_ros.msg import FrameState
from streamo_ros.msg import InstructionArray
from streamo_ros.msg import ModelInfo
from streamo_ros.msg import Response
from streamo_ros.msg import ResponseDelta
from streamo_ros.node.graph import join_graph
from streamo_ros.report.recorder import Recorder
from streamo_ros.report.report_sink import thumbnail
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.rows import Row
from streamo_ros.report.run_rows import DeltaRow
from streamo_ros.report.run_rows import InstructionRow
from streamo_ros.report.run_rows import StreamRow
from streamo_ros.sources.cdr import peek_stamp
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.image import to_rgb
from streamo_ros.sources.jpeg_encoder import jpeg
from streamo_ros.sources.topics import COMPRESSED
from streamo_ros.srv import SetInstruction

KEPT_IMAGES = 60
"""Raw images that are kept until the node has said which of them it sampled."""
JPEG_QUALITY = 85
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
TOPICS: tuple[tuple[str, Any, Any], ...] = (
    ('frame_state', FrameState, QoSProfile(depth=200)),
    ('response', Response, QoSProfile(depth=200)),
    ('response_delta', ResponseDelta, QoSProfile(depth=200)),
    ('instructions', InstructionArray, LATCHED),
    ('model_info', ModelInfo, LATCHED),
)

Take = Callable[[Row, bytes], None]
"""Takes a row and, with a decision or response, its frame as a small JPEG file or b''."""


class ListenerError(StreamoError, RuntimeError):
    """The node did not reply; the message says what was waited for."""


@contextmanager
def graph() -> Iterator[None]:
    """Join the graph; Ctrl-C stays with the program, which has work to finish."""
    join_graph([], signal_handler_options=SignalHandlerOptions.NO)
    try:
        yield
    finally:
        rclpy.try_shutdown()


class NodeListener(Node):
    """Listens to one node.

    Args:
        camera: the raw image topic.
        recorder: takes the bytes of all messages.
        take: takes every row, see `Take`.
        target: the node's name.

    Attributes:
        model: the ModelInfo, once it was published.
        stamps: capture times of the raw images that arrived, nanoseconds, in that order.
    """

    def __init__(
        self, camera: str, recorder: Recorder, take: Take, target: str = '/streamo'
    ) -> None:
        super().__init__('streamo_listener', parameter_overrides=[])
        self.model: ModelInfo | None = None
        self.stamps: list[int] = []
        self._recorder = recorder
        self._take = take
        self._target = target
        self._camera = camera
        self._images: OrderedDict[int, bytes] = OrderedDict()
        self._wanted: set[int] = set()
        self._shown: OrderedDict[int, bytes] = OrderedDict()
        self._setter = self.create_client(SetInstruction, f'{target}/set_instruction')
        self.create_subscription(
            Image, camera, self._keep_image, qos_profile_sensor_data, raw=True
        )
        for name, kind, qos in TOPICS:
            self.create_subscription(
                kind, f'{target}/{name}', self._listener(name, kind), qos, raw=True
            )

    def spin(self, seconds: float) -> None:
        """Process messages for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            rclpy.spin_once(self, timeout_sec=left)

    def set_instruction(self, text: str, patience: float = 10.0) -> int:
        """Ask the node to watch for something; returns the instruction's id.

        Raises:
            ListenerError: the node refused, with its reason, or did not reply.
        """
        if not self._setter.wait_for_service(timeout_sec=patience):
            raise ListenerError(f'the service {self._target}/set_instruction did not appear')
        future = self._setter.call_async(SetInstruction.Request(text=text))
        rclpy.spin_until_future_complete(self, future, timeout_sec=patience)
        reply = future.result()
        if reply is None:
            raise ListenerError(f'{self._target}/set_instruction did not reply')
        if not reply.success:
            raise ListenerError(str(reply.message))
        return int(reply.instruction_id)

    def _listener(self, name: str, kind: Any) -> Callable[[bytes], None]:
        type_name = f'streamo_ros/msg/{kind.__name__}'
        latched = name in ('instructions', 'model_info')
        take = getattr(self, f'_take_{name}')

        def listen(data: bytes) -> None:
            take(deserialize_message(data, kind))
            self._recorder.write(
                f'{self._target}/{name}', type_name, time.time_ns(), data, latched
            )

        return listen

    def _keep_image(self, data: bytes) -> None:
        stamp = peek_stamp(data)
        if stamp is None:
            return
        self.stamps.append(stamp)
        self._images[stamp] = data
        if stamp in self._wanted:
            # The decision arrived before this copy of the image.
            self._wanted.discard(stamp)
            self._picture(stamp)
        while len(self._images) > KEPT_IMAGES:
            self._images.popitem(last=False)

    def _take_model_info(self, message: ModelInfo) -> None:
        first, self.model = self.model is None, message
        if first:
            self._take(StreamRow.from_message(message, self._camera, self._camera), b'')

    def _take_instructions(self, message: InstructionArray) -> None:
        for instruction in message.instructions:
            self._take(InstructionRow.from_message(instruction), b'')

    def _take_frame_state(self, message: FrameState) -> None:
        row = DecisionRow.from_message(message)
        if row.stamp not in self._shown:
            self._shown[row.stamp] = self._picture(row.stamp)
            while len(self._shown) > KEPT_IMAGES:
                self._shown.popitem(last=False)
        self._take(row, self._shown[row.stamp])

    def _take_response(self, message: Response) -> None:
        row = ResponseRow.from_message(message)
        self._take(row, self._shown.get(row.stamp, b''))

    def _take_response_delta(self, message: ResponseDelta) -> None:
        self._take(DeltaRow.from_message(message), b'')

    def _picture(self, stamp: int) -> bytes:
        """Record a sampled frame as JPEG; returns a small copy, b'' if there is none (yet)."""
        data = self._images.get(stamp)
        if data is None:
            self._wanted.add(stamp)
            return b''
        message = deserialize_message(data, Image)
        try:
            picture = to_rgb(
                message.encoding,
                message.width,
                message.height,
                message.step,
                message.data,
                bool(message.is_bigendian),
            )
        except ImageError:
            # The node could not decode it either, and has said so.
            return b''
        coded = CompressedImage(
            header=message.header,
            format='rgb8; jpeg compressed bgr8',
            data=jpeg(picture, JPEG_QUALITY).tobytes(),
        )
        self._recorder.write(
            f'{self._camera}/compressed', COMPRESSED, time.time_ns(), serialize_message(coded)
        )
        return thumbnail(picture)
