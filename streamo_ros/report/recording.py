# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Records steps as a bag: every topic that the node would have published, and its input.

Recording time is capture time, so that the bag plays back at the original pace.
"""

from __future__ import annotations

from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.events import Event
from streamo_ros.core.events import Spoke
from streamo_ros.core.frame import Frame
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.interface import Backbone
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.core.sink import Totals
from streamo_ros.messages import FRAME_STATE
from streamo_ros.messages import INSTRUCTIONS
from streamo_ros.messages import Messages
from streamo_ros.messages import MODEL_INFO
from streamo_ros.messages import RESPONSE
from streamo_ros.messages import RESPONSE_DELTA
from streamo_ros.messages import StepMessages
from streamo_ros.report.definitions import typestore
from streamo_ros.report.recorder import Recorder
from streamo_ros.sources.jpeg_encoder import jpeg
from streamo_ros.sources.topics import COMPRESSED

_QUALITY = 80
_TOPICS: dict[type[Event], tuple[str, str]] = {
    Decided: ('frame_state', FRAME_STATE),
    Spoke: ('response_delta', RESPONSE_DELTA),
    Answered: ('response', RESPONSE),
}


class BagSink(Sink):
    """Writes a bag.

    Args:
        recorder: takes the messages; closed with this.
        backbone: whose identity is recorded.
        rate: sampled frames per second of capture time.
        topic: the image topic of the source; '' outside bags.
        images: record the sampled frames too, as JPEG.
        node: name of the node whose topics these are.
        parameters: all in effect, as YAML.
    """

    def __init__(
        self,
        recorder: Recorder,
        backbone: Backbone,
        rate: float,
        topic: str = '',
        images: bool = True,
        node: str = '/streamo',
        parameters: str = '',
    ) -> None:
        self._recorder = recorder
        self._backbone = backbone
        self._rate = rate
        self._node = node
        self._images = images
        self._parameters = parameters
        topic = topic or '/camera/image_raw'
        self._image_topic = topic if topic.endswith('/compressed') else f'{topic}/compressed'
        self._messages = Messages(typestore().types)
        self._events = StepMessages(self._messages, lambda: backbone.info.model_id)
        self._instructions: tuple[Instruction, ...] | None = None
        self._stamp = 0

    def take(self, step: Step) -> None:
        """Record a step."""
        if step.frame is not None:
            self._stamp = step.frame.stamp
        stamp = self._stamp
        if self._instructions is None:
            info = self._messages.model_info(
                self._backbone.info, stamp, self._rate, self._parameters
            )
            self._write('model_info', MODEL_INFO, stamp, info, latched=True)
        if step.frame is not None:
            self._write_image(step.frame)
        if step.instructions != self._instructions:
            self._instructions = step.instructions
            instructions = self._messages.instructions(step.instructions, stamp)
            self._write('instructions', INSTRUCTIONS, stamp, instructions, latched=True)
        for event, message in zip(step.events, self._events.of(step), strict=True):
            if message is not None:
                self._write(*_TOPICS[type(event)], stamp, message)

    def close(self, totals: Totals) -> None:  # noqa: ARG002
        """Complete the bag."""
        self._recorder.close()

    def _write(
        self, name: str, kind: str, stamp: int, message: object, latched: bool = False
    ) -> None:
        self._recorder.write(f'{self._node}/{name}', kind, stamp, message, latched)

    def _write_image(self, frame: Frame) -> None:
        if not self._images or frame.image is None:
            return
        message = typestore().types[COMPRESSED](
            header=self._messages.header(frame.stamp, frame.frame_id),
            format='rgb8; jpeg compressed bgr8',
            data=jpeg(frame.image, _QUALITY),
        )
        self._recorder.write(self._image_topic, COMPRESSED, frame.stamp, message)
