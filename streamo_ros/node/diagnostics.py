# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes node health once per second on /diagnostics: input, model, instructions, process.

Levels of the input: those of `InputHealth`. Of the others: WARN = decisions later than one
sampling period (p95 of the latency), an instruction that is never or always answered (see
`AnswerHealth`), a sink that failed in the last 10 s, a pass longer than half of model.timeout,
another node of the same name, a journal or memory that cannot be written, or a summary of the past
that came late or not at all; ERROR = the model failed in the last 10 s, a pass longer than
model.timeout, or the last transition failed; otherwise OK.

Published directly rather than through `diagnostic_updater`: that package is not part of a ROS base
installation, and one message per second does not justify a dependency.
"""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticArray
from diagnostic_msgs.msg import DiagnosticStatus
from diagnostic_msgs.msg import KeyValue
from rclpy.node import Node

from streamo_ros.core.frame import Reason
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.memory.history import TierHistory
from streamo_ros.memory.record import SummaryStatus
from streamo_ros.memory.summarizer import Summarizer
from streamo_ros.memory.writer import StoreWriter
from streamo_ros.node.active_stream import ActiveStream
from streamo_ros.node.input_health import Level
from streamo_ros.node.input_health import RECENT
from streamo_ros.node.statistics import StageTimes

OK, WARN, ERROR, STALE = (
    DiagnosticStatus.OK,
    DiagnosticStatus.WARN,
    DiagnosticStatus.ERROR,
    DiagnosticStatus.STALE,
)
LEVELS = {Level.OK: OK, Level.WARN: WARN, Level.ERROR: ERROR, Level.STALE: STALE}


@dataclass
class Health:
    """What the node knows of itself besides its active stream.

    Attributes:
        state: label of the lifecycle state.
        doing: the background task and its seconds; '' when there is none.
        error: why the last transition failed; '' when it did not.
        info: the model's identity; None while there is none.
        model_timeout: seconds, 0 = never.
        rate: sampling rate, hertz.
        instructions: how many are active.
        capacity: how many may be active.
        journal: what is wrong with the journal; '' when all is well or there is none.
        memory: writes the memory; None without one.
        history: tells the past in words; None where nobody asked for it.
        namesakes: what is wrong with other nodes of the same name; '' when there are none.
    """

    state: str
    doing: str = ''
    error: str = ''
    info: BackboneInfo | None = None
    model_timeout: float = 0.0
    rate: float = 1.0
    instructions: int = 0
    capacity: int = 0
    journal: str = ''
    memory: StoreWriter | None = None
    history: TierHistory | None = None
    namesakes: str = ''


@dataclass
class _Status:
    """One status under construction; the worst level and its message win."""

    name: str
    level: bytes = OK
    message: str = 'ok'
    values: dict[str, object] = field(default_factory=dict)

    def raise_to(self, level: bytes, message: str) -> None:
        if level > self.level:
            self.level, self.message = level, message

    def to_message(self, hardware: str) -> DiagnosticStatus:
        return DiagnosticStatus(
            level=self.level,
            name=self.name,
            message=self.message,
            hardware_id=hardware,
            values=[KeyValue(key=key, value=_text(value)) for key, value in self.values.items()],
        )


class Diagnostics:
    """Publishes the statuses of one node; call `publish` once per second.

    Args:
        node: where the publisher is created.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._name = node.get_fully_qualified_name().lstrip('/')
        self._before = (0, time.perf_counter())

    def publish(self, health: Health, stream: ActiveStream | None) -> None:
        """Publish the current statuses; without `stream`, those of an inactive node."""
        statuses = [self._model(health, stream), self._process(health)]
        if health.memory is not None:
            summarizer = stream.summarizer if stream is not None else None
            statuses.append(self._memory(health.memory, health.history, summarizer))
        if stream is not None:
            statuses.insert(0, self._input(stream))
            statuses.insert(2, self._instructions(health, stream))
        hardware = health.info.model_id if health.info else ''
        message = DiagnosticArray(status=[status.to_message(hardware) for status in statuses])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)

    def _input(self, stream: ActiveStream) -> _Status:
        camera, counts, dropped = stream.camera, stream.sampler.counts, stream.steps.dropped
        now = time.perf_counter()
        before, then = self._before
        self._before = counts.received, now
        status = _Status(f'{self._name}: input', message=stream.health.summary())
        for finding in stream.findings:
            status.raise_to(LEVELS[finding.level], finding.sentence)
        status.values = {
            'topic': camera.topic,
            'rate (Hz)': max(0, counts.received - before) / (now - then),
            'age (s)': now - camera.received_at if camera.received_at else '',
            'received': counts.received,
            'sampled': counts.sampled,
            'of use': stream.health.useful,
            'dropped: bad': dropped[Reason.BAD_FRAME],
            'dropped: model failed': dropped[Reason.MODEL_FAILED],
            'dropped: overflow': dropped[Reason.OVERFLOW] + stream.queue.lost,
            'stamps: zero': counts.zero,
            'stamps: duplicate': counts.duplicate,
            'stamps: late': counts.reordered,
            'stamps: doubtful': counts.doubtful,
            'stamps: jumps': counts.jumps,
            'not plain CDR': camera.opaque,
            'stream': stream.sampler.stream_id,
            'queue': f'{len(stream.queue)} of {stream.queue.capacity}',
        }
        return status

    def _model(self, health: Health, stream: ActiveStream | None) -> _Status:
        status = _Status(f'{self._name}: model', message=health.doing or health.state)
        if health.error:
            status.raise_to(ERROR, health.error)
        status.values = {'state': health.state}
        if health.info is not None:
            status.values |= {
                'model': health.info.model,
                'architecture': health.info.architecture,
                'device': health.info.device,
                'dtype': health.info.dtype,
                'vision': ' '.join(
                    filter(None, (health.info.vision_backend, health.info.vision_backend_version))
                ),
            }
            if health.info.vision_note:
                status.values['vision note'] = health.info.vision_note
            if health.info.note:
                status.values['note'] = health.info.note
        if stream is not None:
            self._passes(status, health, stream)
        return status

    def _passes(self, status: _Status, health: Health, stream: ActiveStream) -> None:
        statistics, assistant, busy = stream.statistics, stream.assistant, stream.worker.busy_for
        if statistics.failed_at and time.perf_counter() - statistics.failed_at < RECENT:
            status.raise_to(ERROR, f'the model failed: {assistant.passes.last_failure}')
        limit = health.model_timeout
        if limit and busy > limit / 2:
            level = ERROR if busy > limit else WARN
            status.raise_to(level, f'a pass has taken {busy:.0f} s, model.timeout is {limit:g} s')
        late = statistics.latency.percentile(95)
        if late > 1 / health.rate and statistics.recently_late(1 / health.rate):
            status.raise_to(WARN, f'decisions are late: p95 of the latency is {late:.2f} s')
        status.values |= {
            'failures': assistant.passes.failures,
            'failures in a row': assistant.passes.failures_in_a_row,
            'last failure': assistant.passes.last_failure,
        }
        for name, times in (
            ('encode', statistics.encode),
            ('extend', statistics.extend),
            ('latency', statistics.latency),
            ('first token', statistics.first_token),
        ):
            status.values |= _percentiles(name, times)

    def _instructions(self, health: Health, stream: ActiveStream) -> _Status:
        active = health.instructions
        many = '1 instruction is active' if active == 1 else f'{active} instructions are active'
        status = _Status(f'{self._name}: instructions', message=many)
        sinks = stream.sinks
        if health.journal:
            status.raise_to(WARN, health.journal)
        if sinks.failures and time.perf_counter() - sinks.failed_at < RECENT:
            status.raise_to(WARN, f'a sink failed: {sinks.last_failure}')
        for sentence in stream.answers.sentences():
            status.raise_to(WARN, sentence)
        capacity = health.info.context_capacity if health.info else 0
        status.values = {
            'active': f'{health.instructions} of {health.capacity}',
            'answers': stream.statistics.answers,
            'context (tokens)': f'{stream.statistics.context_tokens} of {capacity}',
            **{f'held back: {held}': count for held, count in stream.answers.held.items()},
            **{
                f'p(response) of {key} against its first minute': odds
                for key, odds in stream.answers.odds().items()
            },
            **{f'decided: {state}': count for state, count in stream.statistics.decided.items()},
            **{f'failures of {name}': count for name, count in sinks.failures.items()},
            **{f'memory: {part} (bytes)': size for part, size in stream.statistics.memory.items()},
        }
        return status

    def _memory(
        self, memory: StoreWriter, history: TierHistory | None, summarizer: Summarizer | None
    ) -> _Status:
        status = _Status(f'{self._name}: memory', message='remembering')
        if memory.problem:
            status.raise_to(WARN, memory.problem)
        counts = memory.counts
        status.values = {
            'folder': memory.folder,
            'bytes': memory.bytes,
            'written': counts.written,
            'without picture': counts.without_picture,
            'lost': counts.lost,
        }
        if history is not None:
            status.values['frames with words out of date'] = history.late
            if history.problem:
                status.raise_to(WARN, history.problem)
        if summarizer is not None:
            status.values |= {
                f'summaries: {one.name.lower()}': summarizer.counts[one] for one in SummaryStatus
            }
            if summarizer.problem:
                status.raise_to(WARN, summarizer.problem)
        return status

    def _process(self, health: Health) -> _Status:
        status = _Status(f'{self._name}: process', message='running')
        if health.namesakes:
            status.raise_to(WARN, health.namesakes)
        status.values = {
            'memory (bytes)': resident_bytes(),
            'largest memory (bytes)': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            'threads': threading.active_count(),
        }
        return status


def resident_bytes() -> int:
    """Memory of this process, bytes."""
    pages = int(Path('/proc/self/statm').read_text().split()[1])
    return pages * resource.getpagesize()


def _percentiles(name: str, times: StageTimes) -> Mapping[str, object]:
    return (
        {f'{name} p{percent} (s)': times.percentile(percent) for percent in (50, 95, 100)}
        if times.last
        else {}
    )


def _text(value: object) -> str:
    return f'{value:.4g}' if isinstance(value, float) else str(value)
