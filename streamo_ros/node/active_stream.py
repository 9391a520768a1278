# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""State that exists only while the node is active: camera, sampler, queue, worker and sinks."""

from __future__ import annotations

import time

from rclpy.node import Node

from streamo_ros.config.settings import assistant_settings
from streamo_ros.config.settings import context_policy
from streamo_ros.config.settings import frame_sampler
from streamo_ros.config.settings import Values
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.history import no_history
from streamo_ros.core.probe import Probe
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import StepMaker
from streamo_ros.memory.settings import open_summarizer
from streamo_ros.memory.sink import MemorySink
from streamo_ros.node.answer_health import AnswerHealth
from streamo_ros.node.camera_input import CameraInput
from streamo_ros.node.finding_log import FindingLog
from streamo_ros.node.frame_queue import FrameQueue
from streamo_ros.node.frame_queue import Reset
from streamo_ros.node.image_topics import image_topic
from streamo_ros.node.input_health import Finding
from streamo_ros.node.input_health import InputHealth
from streamo_ros.node.isolated_sinks import IsolatedSinks
from streamo_ros.node.resources import NodeResources
from streamo_ros.node.statistics import Statistics
from streamo_ros.node.worker import Worker


class ActiveStream:
    """One activation, from the first frame to the last.

    Args:
        node: where the camera's topic is.
        resources: model and instructions; they outlive it.
        values: the parameters, also as they change.
        goals: the sink of the action's goals.

    Attributes:
        findings: what is wrong with the input, the worst first; as of the last check.
        summarizer: has the past summarized by the model; None where the template does that.
    """

    def __init__(self, node: Node, resources: NodeResources, values: Values, goals: Sink) -> None:
        def settings() -> AssistantSettings:
            return assistant_settings(values, resources.info)

        logger = node.get_logger()
        log_error = logger.error
        self.sampler = frame_sampler(values, resources.info)
        self.queue = FrameQueue(values.whole('sampling.queue'))
        self.statistics = Statistics(resources.backbone.memory)
        self.answers = AnswerHealth()
        transport = values.text('image_transport')
        self.health = InputHealth(
            image_topic(node, transport), self.sampler.counts, time.perf_counter()
        )
        self.findings: list[Finding] = []
        self._useful = 0
        self._log = FindingLog(logger.warning, logger.info)
        sinks: list[Sink] = [
            self.statistics,
            self.answers,
            self.health,
            resources.publisher,
            resources.instructions,
            resources.detections,
            goals,
        ]
        self.summarizer = open_summarizer(
            values, resources.memory, resources.backbone, self._summarize
        )
        if resources.memory is not None:
            sinks.append(MemorySink(resources.memory, lambda: resources.info.model_id))
        if self.summarizer is not None:
            sinks.append(self.summarizer)
        self.sinks = IsolatedSinks(sinks, log_error)
        self.steps = StepMaker(resources.book, self.sampler.counts, lambda: self.queue.lost)
        self.assistant = Assistant(
            resources.backbone,
            resources.book,
            settings(),
            context_policy(values.text('context.policy'), resources.info),
            resources.restored_turns,
            resources.past_frames,
            resources.history or no_history,
        )
        self.worker = Worker(
            self.assistant,
            resources.book,
            self.queue,
            settings,
            lambda: values.whole('generation.budget'),
            self.steps,
            self.sinks,
            log_error,
        )
        self.camera = CameraInput(
            node, transport, values.text('sampling.stamp'), self.sampler, self.queue.put
        )

    def check(self) -> None:
        """Find out what is wrong with the input, and log what is new; call once a second."""
        now, useful = time.perf_counter(), self.health.useful
        self.findings = self.health.findings(now, self.camera.look())
        self._log.write(self.findings, self.health.summary(), useful > self._useful, now)
        self._useful = useful

    def _summarize(self, probe: Probe) -> None:
        self.worker.summarize(probe)

    def forget(self) -> None:
        """Forget the stream, keep the instructions."""
        self.sampler.reset()
        self.queue.put(Reset())

    def stop(self) -> None:
        """Take no more frames, and let the worker end."""
        self.camera.close()
        self.worker.stop()

    def close(self) -> None:
        """Close the sinks; call once the worker has ended."""
        totals = self.steps.totals
        totals.stopped, totals.failure = True, self.worker.broken
        self.sinks.close(totals)
