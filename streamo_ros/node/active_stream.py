# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One activation: camera, sampler, mailbox and worker, from the first frame to the last.

Knows how the parts of an active node are connected; everything it counts begins with it and ends
with it. The model and the book outlive it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from rclpy.node import Node

from streamo_ros.config.settings import Values
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant import AssistantSettings
from streamo_ros.core.events import Event
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.frame import FrameSampler
from streamo_ros.core.frame import SECOND
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import Backbone
from streamo_ros.core.restored_turns import RestoredAnswers
from streamo_ros.node.camera_input import CameraInput
from streamo_ros.node.frame_queue import FrameQueue
from streamo_ros.node.frame_queue import Reset
from streamo_ros.node.statistics import Statistics
from streamo_ros.node.worker import Worker


class ActiveStream:
    """What an active node has that an inactive one has not.

    Args:
        node: where the camera's topic is.
        backbone: the model.
        book: what is being watched for.
        values: the parameters, also as they change.
        policy: what leaves a lane's window.
        recall: what was said to an instruction before a restart.
        settings: the assistant's settings now.
        report: takes events in the worker's thread, after they are counted.
    """

    def __init__(
        self,
        node: Node,
        backbone: Backbone,
        book: InstructionBook,
        values: Values,
        policy: EvictionPolicy,
        restored: RestoredAnswers,
        settings: Callable[[], AssistantSettings],
        report: Callable[[Sequence[Event]], None],
    ) -> None:
        self.statistics = Statistics()
        self.memory: dict[str, Any] = {}
        self._measured = 0.0
        self._backbone = backbone
        self.sampler = FrameSampler(
            Fraction(values.number('sampling.rate')),
            int(values.number('sampling.reorder_tolerance') * SECOND),
            int(values.number('sampling.max_gap') * SECOND),
        )
        self.queue = FrameQueue(values.whole('sampling.queue'))
        self._report = report
        self.assistant = Assistant(backbone, book, settings(), policy, restored)
        self.worker = Worker(
            self.assistant,
            book,
            self.queue,
            settings,
            lambda: values.whole('generation.budget'),
            self._count,
            node.get_logger().error,
        )
        self.camera = CameraInput(
            node, values.text('image_transport'), self.sampler, self.queue.put
        )

    @property
    def counts(self) -> tuple[int, int]:
        """Frames received, and sampled ones that nobody could decide about."""
        return self.sampler.counts.received, self.statistics.frames_dropped + self.queue.lost

    def forget(self) -> None:
        """Forget the stream, keep the instructions."""
        self.sampler.reset()
        self.queue.put(Reset())

    def stop(self) -> None:
        """Take no more frames, and let the worker end."""
        self.camera.close()
        self.worker.stop()

    def _count(self, events: Sequence[Event]) -> None:
        """In the worker's thread, because only that one may ask the model for its memory."""
        self.statistics.count(events)
        if time.perf_counter() - self._measured > 1.0:
            self.memory, self._measured = self._backbone.memory(), time.perf_counter()
        self._report(events)
