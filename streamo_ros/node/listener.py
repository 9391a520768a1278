# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A client of the node: listens to all it publishes, keeps the frames it is about, asks it things.

Knows topics and services; turns messages into the rows that timeline, report and live view share,
and copies their bytes into a recording. What to ask and when is the caller's business.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
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
from streamo_ros.core.frame import Reason
from streamo_ros.core.frame import SECOND
from streamo_ros.core.protocol import State
from streamo_ros.core.speech import Finish
from streamo_ros.msg import FrameState
from streamo_ros.msg import InstructionArray
from streamo_ros.msg import ModelInfo
from streamo_ros.msg import Response
from streamo_ros.msg import ResponseDelta
from streamo_ros.report.event_log import Row
from streamo_ros.report.recorder import Recorder
from streamo_ros.report.recording import jpeg
from streamo_ros.report.report_sink import thumbnail
from streamo_ros.sources.cdr import peek_stamp
from streamo_ros.sources.image import to_rgb
from streamo_ros.sources.topics import COMPRESSED
from streamo_ros.srv import SetInstruction

KEPT_IMAGES = 60
"""Raw images that are kept until the node has said which of them it looked at."""
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


class ListenerError(StreamoError, RuntimeError):
    """The node did not answer; the message says what was waited for."""


@contextmanager
def graph() -> Iterator[None]:
    """Take part in the graph; Ctrl-C stays with the program, which has things to finish."""
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    try:
        yield
    finally:
        rclpy.try_shutdown()


class NodeListener(Node):
    """Listens to one node.

    Args:
        camera: the raw image topic.
        recorder: where bytes go.
        take: gets every row and, with the first row of a frame, its picture as a small JPEG file.
        target: the node's name.

    Attributes:
        model: the ModelInfo, once it came.
    """

    def __init__(
        self, camera: str, recorder: Recorder, take: Take, target: str = '/streamo'
    ) -> None:
        super().__init__('streamo_witness', parameter_overrides=[])
        self.model: ModelInfo | None = None
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
        """Take what comes for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            rclpy.spin_once(self, timeout_sec=left)

    def set_instruction(self, text: str, patience: float = 10.0) -> int:
        """Ask the node to watch for something; returns the instruction's id.

        Raises:
            WitnessError: the node refused, with its reason, or did not answer.
        """
        if not self._setter.wait_for_service(timeout_sec=patience):
            raise ListenerError(f'the service {self._target}/set_instruction did not appear')
        future = self._setter.call_async(SetInstruction.Request(text=text))
        rclpy.spin_until_future_complete(self, future, timeout_sec=patience)
        answer = future.result()
        if answer is None:
            raise ListenerError(f'{self._target}/set_instruction did not answer')
        if not answer.success:
            raise ListenerError(str(answer.message))
        return int(answer.instruction_id)

    def _listener(self, name: str, kind: Any) -> Callable[[bytes], None]:
        type_name = f'streamo_ros/msg/{kind.__name__}'
        latched = name in ('instructions', 'model_info')
        tell = getattr(self, f'_tell_{name}')

        def listen(data: bytes) -> None:
            message = deserialize_message(data, kind)
            tell(message)
            self._recorder.write(
                f'{self._target}/{name}', type_name, time.time_ns(), data, latched
            )

        return listen

    def _keep_image(self, data: bytes) -> None:
        stamp = peek_stamp(data)
        if stamp is None:
            return
        self._images[stamp] = data
        if stamp in self._wanted:
            # The node was faster than this copy of the image.
            self._wanted.discard(stamp)
            self._picture(stamp)
        while len(self._images) > KEPT_IMAGES:
            self._images.popitem(last=False)

    def _tell_model_info(self, message: ModelInfo) -> None:
        first, self.model = self.model is None, message
        if first:
            self._take(
                {
                    'row': 'replay',
                    'source': self._camera,
                    'topic': self._camera,
                    'rate': message.sampling_rate,
                    'model': _model(message),
                },
                b'',
            )

    def _tell_instructions(self, message: InstructionArray) -> None:
        for one in message.instructions:
            row = {'row': 'instruction', 'id': one.id, 'text': one.text, 'since': 0}
            self._take(row, b'')

    def _tell_frame_state(self, message: FrameState) -> None:
        stamp = _stamp(message.header.stamp)
        if stamp not in self._shown:
            self._shown[stamp] = self._picture(stamp)
            while len(self._shown) > KEPT_IMAGES:
                self._shown.popitem(last=False)
        chances = (
            message.silence_probability,
            message.standby_probability,
            message.response_probability,
        )
        self._take(
            {
                'row': 'decision',
                'stamp': stamp,
                'instruction_id': message.instruction_id,
                'state': State(message.state).name,
                'probabilities': [None if np.isnan(one) else round(one, 6) for one in chances],
                'reason': Reason(message.unknown_reason).name if message.unknown_reason else '',
                'response_id': message.response_id,
                'stream_id': message.stream_id,
                'frame_index': message.frame_index,
                'received': message.received_frames,
                'dropped': message.dropped_frames,
                'context_tokens': message.context_tokens,
                'encode_time': message.encode_time,
                'extend_time': message.extend_time,
                'latency': message.latency,
            },
            self._shown[stamp],
        )

    def _tell_response(self, message: Response) -> None:
        stamp = _stamp(message.header.stamp)
        self._take(
            {
                'row': 'response',
                'stamp': stamp,
                'instruction_id': message.instruction_id,
                'response_id': message.response_id,
                'stream_id': message.stream_id,
                'text': message.text,
                'event_start': _stamp(message.event_start),
                'event_end': _stamp(message.event_end),
                'finish': Finish(message.finish_reason).name,
                'token_count': message.token_count,
                'probability': message.probability,
                'first_token_time': message.first_token_time,
                'generation_time': message.generation_time,
            },
            self._shown.get(stamp, b''),
        )

    def _tell_response_delta(self, message: ResponseDelta) -> None:
        self._take(
            {
                'row': 'delta',
                'instruction_id': message.instruction_id,
                'response_id': message.response_id,
                'text': message.text,
                'final': message.is_final,
            },
            b'',
        )

    def _picture(self, stamp: int) -> bytes:
        """Record the frame that was looked at as JPEG; a small copy of it."""
        data = self._images.get(stamp)
        if data is None:
            self._wanted.add(stamp)
            return b''
        message = deserialize_message(data, Image)
        picture = to_rgb(
            message.encoding,
            message.width,
            message.height,
            message.step,
            message.data,
            bool(message.is_bigendian),
        )
        coded = CompressedImage(
            header=message.header,
            format='rgb8; jpeg compressed bgr8',
            data=jpeg(picture, JPEG_QUALITY).tobytes(),
        )
        self._recorder.write(
            f'{self._camera}/compressed', COMPRESSED, time.time_ns(), serialize_message(coded)
        )
        return thumbnail(picture)


def _stamp(time_message: Any) -> int:
    return int(time_message.sec) * SECOND + int(time_message.nanosec)


def _model(message: ModelInfo) -> dict[str, Any]:
    names = (
        'model_id',
        'model',
        'architecture',
        'protocol',
        'dtype',
        'device',
        'vision_backend',
        'vision_backend_version',
        'tokens_per_frame',
        'context_capacity',
    )
    size = [message.image_width, message.image_height]
    return {name: getattr(message, name) for name in names} | {'image_size': size}
