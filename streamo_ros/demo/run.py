# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One run of the demo: node, camera, service calls, timeline, recording and report."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from streamo_ros.core.errors import StreamoError
from streamo_ros.demo.live import LiveView
from streamo_ros.demo.page import PAGE
from streamo_ros.demo.page import show_page
from streamo_ros.demo.processes import Process
from streamo_ros.demo.processes import ProcessError
from streamo_ros.demo.processes import start
from streamo_ros.demo.verdict import DemoVerdict
from streamo_ros.demo.verdict import judge
from streamo_ros.report.html import write_report
from streamo_ros.report.recorder import Recorder
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import Row
from streamo_ros.report.run_rows import DeltaRow
from streamo_ros.report.run_rows import EndRow
from streamo_ros.report.timeline import Timeline
from streamo_ros.share import camera_model
from streamo_ros.share import OBJECTS
from streamo_ros.share import TINY
from streamo_ros.sources.open import open_source

if TYPE_CHECKING:
    from streamo_ros.node.listener import NodeListener

WORLD_INSTRUCTIONS = (
    'say when anything changes its colour',
    'tell me when a red star appears',
    'tell me when the yellow ball leaves',
    'read the number whenever it changes',
    'describe what happens',
)
"""What the world of this seed has answers to within a minute."""
REAL_INSTRUCTIONS = (
    'tell me when a person appears',
    'tell me when a person leaves',
    'what do you see?',
)
"""What the model for real cameras is asked about a source of which nothing is known."""
OTHER_INSTRUCTIONS = ('how many things do you see? update me', 'describe what happens')
FIRST_INSTRUCTION, NEXT_INSTRUCTION = 1.0, 4.0
"""Seconds of stream before the first instruction, and between two."""
CAMERA = '/camera/image_raw'
MEMORY = 'memory'


class Demo:
    """One run.

    Args:
        options: the command line.
        output: folder of recording, report and logs.
        console: where the timeline is shown.

    Attributes:
        model: what --model said, or what watches such a source.
        remark: why it is not the model for real cameras; '' if it is.
        stopped: whether Ctrl-C ended it.
        failure: what ended it after frames had been decided; None = nothing did.
        node: the node's process, once it was started.
    """

    def __init__(self, options: argparse.Namespace, output: Path, console: Console) -> None:
        self.options = options
        self.output = output
        self.timeline = Timeline()
        self.rows: list[Row] = []
        self.view = LiveView(options.source or 'a drawn tabletop', console)
        self.stopped = False
        self.failure: StreamoError | None = None
        self.node: Process | None = None
        self.camera: Process | None = None
        self._stamps: Sequence[int] = ()
        self.model, self.remark = options.model, ''
        if not (options.model or options.params_file):
            self.model, self.remark = camera_model() if options.source else (TINY, '')
        self._due = [
            (FIRST_INSTRUCTION + NEXT_INSTRUCTION * number, text)
            for number, text in enumerate(options.instruction or self._usual_instructions())
        ]

    def run(self) -> DemoVerdict:
        """Run everything; whatever happens, what was started is stopped.

        What goes wrong once frames were decided is kept as `failure`, and the report is written.

        Raises:
            ProcessError: a process failed before that.
            SourceError: the source cannot be read.
            WriteError: the report cannot be written.
        """
        if self.options.source:
            # An unreadable source is refused before anything is started.
            open_source(self.options.source, self.options.topic).close()
        try:
            self._run()
        except KeyboardInterrupt:
            if not self.rows:
                raise
            self.stopped = True
        except StreamoError as error:
            if not self._decisions():
                raise
            self.failure = error
        received = max((row.received for row in self._decisions()), default=0)
        failure = str(self.failure or '')
        self.timeline.take(EndRow(received=received, stopped=self.stopped, failure=failure))
        write_report(self.output / 'report.html', [self.timeline], 'streamo demo')
        return judge(self.rows, self._stamps, self.timeline.head.rate)

    def _usual_instructions(self) -> Sequence[str]:
        if not self.options.source:
            return WORLD_INSTRUCTIONS
        return REAL_INSTRUCTIONS if self.model == OBJECTS else OTHER_INSTRUCTIONS

    def complaint(self) -> str:
        """What is wrong with the frames, from a log; '' = nothing was said.

        What the camera could not decode, the node sees as an image without pixels.
        """
        logs = [process.complaint() for process in (self.camera, self.node) if process]
        return next(filter(None, logs), '')

    def unasked(self) -> str:
        """Which instructions were never asked, in one sentence; '' if all were."""
        if not self._due or self.stopped or self.failure:
            return ''
        texts = ', '.join(repr(text) for _, text in self._due)
        cure = '; raise --seconds' if self.options.seconds else ''
        return (
            f'never asked: {texts}: the first instruction is set after {FIRST_INSTRUCTION:g} s, '
            f'the others every {NEXT_INSTRUCTION:g} s, and the stream ended after '
            f'{max(0.0, self._seconds()):.1f} s{cure}'
        )

    def _run(self) -> None:
        # Imported here: it needs the environment that `isolate` gives.
        from streamo_ros.node.listener import graph
        from streamo_ros.node.listener import NodeListener

        with ExitStack() as stack:
            recorder = Recorder(self.output / 'demo.mcap')
            stack.callback(recorder.close)
            stack.enter_context(self.view)
            stack.enter_context(graph())
            listener = NodeListener(CAMERA, recorder, self._take)
            self._stamps = listener.stamps
            stack.callback(listener.destroy_node)
            self.node = node = start(stack, 'node', self._node_arguments(), self.output)
            page = self._start_page(stack)
            self._await_model(listener, node)
            if page is not None:
                self.view.note(show_page(page))
            self.camera = camera = start(stack, 'camera', self._camera_arguments(), self.output)
            self._watch(listener, node, camera)
            camera.check()
            if node.stop() != 0:
                node.check()

    def _start_page(self, stack: ExitStack) -> Process | None:
        if not self.options.live:
            return None
        return start(stack, 'page', [*PAGE, '--port', '0'], self.output)

    def _take(self, row: Row, picture: bytes) -> None:
        self.rows.append(row)
        self.view.take(row)
        if not isinstance(row, DeltaRow):
            self.timeline.take(row, picture)
        if isinstance(row, DecisionRow) and picture and self.timeline.wants_picture:
            self.timeline.show(picture)

    def _decisions(self) -> list[DecisionRow]:
        return [row for row in self.rows if isinstance(row, DecisionRow)]

    def _await_model(self, listener: NodeListener, node: Process) -> None:
        self.view.note('the node is loading its model')
        end = time.monotonic() + self.options.patience
        while listener.model is None:
            listener.spin(0.2)
            node.check()
            if node.ended or time.monotonic() > end:
                raise ProcessError(f'the node did not become active: {node.reason()}')
        self.view.note(f'model {listener.model.model} is ready, starting the camera')

    def _watch(self, listener: NodeListener, node: Process, camera: Process) -> None:
        """Until the camera has ended and all its frames are decided: spin, set instructions."""
        quiet = 0.0
        while quiet < self.options.linger:
            seen = len(self.rows)
            listener.spin(0.1)
            node.check()
            while self._due and self._seconds() >= self._due[0][0]:
                text = self._due[0][1]
                key = listener.set_instruction(text)
                del self._due[0]
                self.view.note(f'set by service call, instruction {key}: {text}')
            # What is under way when the camera ends, or fails, is still taken.
            if camera.ended:
                quiet = 0.0 if len(self.rows) > seen else quiet + 0.1

    def _seconds(self) -> float:
        """Seconds of stream that the node has watched; -1 before the first frame."""
        stamps = [row.stamp for row in self._decisions()]
        return (stamps[-1] - stamps[0]) / 1e9 if stamps else -1.0

    def _node_arguments(self) -> list[str]:
        arguments = [
            '-m',
            'streamo_ros.cli',
            'node',
            '--ros-args',
            '-r',
            f'image:={CAMERA}',
            '-r',
            f'image/compressed:={CAMERA}/compressed',
            '-p',
            f'memory.path:={self.output / MEMORY}',
        ]
        if self.model:
            arguments += ['-p', f'model.path:={self.model}']
        if self.options.params_file:
            arguments += ['--params-file', self.options.params_file]
        return arguments

    def _camera_arguments(self) -> list[str]:
        source, topic = self.options.source, self.options.topic
        if source and not source.startswith('/dev/video'):
            program = ['streamo_ros.node.player', source, '--live', '--source-topic', topic]
        else:
            program = ['streamo_ros.node.camera', '--device', source]
            program += ['--seed', str(self.options.seed)]
        seconds = str(self.options.seconds)
        # The page subscribes as well: by their number alone, it could be taken for one of these.
        awaited = ['--listeners', '2', '--wait-for', 'streamo', '--wait-for', 'streamo_listener']
        return ['-m', *program, '--topic', CAMERA, *awaited, '--seconds', seconds]
