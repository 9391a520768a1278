# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo demo`: the node on a real graph, from the first process to the exit code.

Starts the node, then a camera or a player; sets instructions by service calls while frames flow;
shows and records what the node publishes, writes the report and judges.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from streamo_ros.core.errors import ExitCode
from streamo_ros.demo.live import LiveView
from streamo_ros.demo.processes import answer_signals
from streamo_ros.demo.processes import isolate
from streamo_ros.demo.processes import Process
from streamo_ros.demo.processes import ProcessError
from streamo_ros.demo.verdict import judge
from streamo_ros.demo.verdict import Verdict
from streamo_ros.report.html import write_report
from streamo_ros.report.recorder import Recorder
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import DeltaRow
from streamo_ros.report.rows import EndRow
from streamo_ros.report.rows import Row
from streamo_ros.report.timeline import Timeline
from streamo_ros.share import camera_model
from streamo_ros.share import OBJECTS
from streamo_ros.share import share_path
from streamo_ros.share import TINY
from streamo_ros.sources.open import open_source

if TYPE_CHECKING:
    from streamo_ros.node.listener import NodeListener

WORLD_SEED = 2
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo.

    Returns:
        OK when every sampled frame was decided and at least one answer was given, FAILED when
        not, INTERRUPTED after Ctrl-C.

    Raises:
        StreamoError: it could not run.
    """
    options = _parser().parse_args(argv)
    answer_signals()
    output = Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    os.environ.update(isolate(os.environ, share_path('config', 'fastdds.xml')))
    console = Console()
    demo = Demo(options, output, console)
    return _report(demo.run(), demo, console)


class Demo:
    """One run.

    Args:
        options: the command line.
        output: folder of recording, report and logs.
        console: where the timeline is shown.

    Attributes:
        stopped: whether Ctrl-C ended it.
    """

    def __init__(self, options: argparse.Namespace, output: Path, console: Console) -> None:
        self.options = options
        self.output = output
        self.timeline = Timeline()
        self.rows: list[Row] = []
        self.view = LiveView(options.source or 'a drawn tabletop', console)
        self.stopped = False
        self.model, self.remark = options.model, ''
        if not (options.model or options.params_file):
            self.model, self.remark = camera_model() if options.source else (TINY, '')
        self._instructions = list(options.instruction) or self._usual_instructions()

    def run(self) -> Verdict:
        """Run everything; whatever happens, what was started is stopped.

        Raises:
            ProcessError: a process failed.
            SourceError: the source cannot be read.
        """
        # Imported here: it needs the environment that `isolate` gives.
        from streamo_ros.node.listener import graph
        from streamo_ros.node.listener import NodeListener

        if self.options.source:
            # An unreadable source is refused before anything is started.
            open_source(self.options.source, self.options.topic).close()
        with ExitStack() as stack:
            recorder = Recorder(self.output / 'demo.mcap')
            stack.callback(recorder.close)
            stack.enter_context(self.view)
            stack.enter_context(graph())
            listener = NodeListener(CAMERA, recorder, self._take)
            stack.callback(listener.destroy_node)
            node = Process('node', self._node_arguments(), self.output)
            stack.callback(node.stop)
            self._await_model(listener, node)
            camera = Process('camera', self._camera_arguments(), self.output)
            stack.callback(camera.stop)
            try:
                self._watch(listener, node, camera)
            except KeyboardInterrupt:
                self.stopped = True
            camera.stop()
            published = self._published(camera)
            if node.stop() != 0:
                node.check()
        received = max((row.received for row in self._decisions()), default=0)
        self.timeline.take(EndRow(received=received, stopped=self.stopped))
        write_report(self.output / 'report.html', [self.timeline], 'streamo demo')
        return judge(self.rows, int(published.get('last', 0)), self.timeline.head.rate)

    def _usual_instructions(self) -> list[str]:
        if not self.options.source:
            return list(WORLD_INSTRUCTIONS)
        return list(REAL_INSTRUCTIONS if self.model == OBJECTS else OTHER_INSTRUCTIONS)

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
                raise ProcessError(f'the node did not become active: {node.last_line()}')
        self.view.note(f'model {listener.model.model} is ready, starting the camera')

    def _watch(self, listener: NodeListener, node: Process, camera: Process) -> None:
        """Until the camera has ended and all its frames are decided: spin, set instructions."""
        due = [
            (FIRST_INSTRUCTION + NEXT_INSTRUCTION * number, text)
            for number, text in enumerate(self._instructions)
        ]
        quiet = 0.0
        while quiet < self.options.linger:
            seen = len(self.rows)
            listener.spin(0.1)
            node.check()
            while due and self._seconds() >= due[0][0]:
                text = due.pop(0)[1]
                key = listener.set_instruction(text)
                self.view.note(f'set by service call, instruction {key}: {text}')
            if camera.ended:
                camera.check()
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
        return ['-m', *program, '--topic', CAMERA, '--listeners', '2', '--seconds', seconds]

    def _published(self, camera: Process) -> dict[str, int]:
        try:
            published = json.loads(camera.last_line())
        except ValueError:
            return {}
        return published if isinstance(published, dict) else {}


def _report(verdict: Verdict, demo: Demo, console: Console) -> int:
    states = ', '.join(f'{count} {name.lower()}' for name, count in verdict.states.items())
    decided = f'{verdict.frames} of {verdict.expected} sampled frames decided ({states})'
    lines = [
        f'{decided}, {verdict.responses} answers',
        f'recording: {demo.output / "demo.mcap"}',
        f'report:    {demo.output / "report.html"}',
    ]
    lines += [f'note: {demo.remark}'] if demo.remark else []
    lines += [_next_step()] if not demo.options.source else []
    faults = [] if demo.stopped else verdict.faults
    lines += [f'FAILED: {fault}' for fault in faults]
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if demo.stopped:
        return ExitCode.INTERRUPTED
    return ExitCode.FAILED if faults else ExitCode.OK


def _next_step() -> str:
    """What to try after the drawn world."""
    name, _ = camera_model()
    install = '' if name == OBJECTS else 'streamo model install objects && '
    command = 'make demo SOURCE=/dev/video0 INSTRUCTION="tell me when a person appears"'
    return f'next, your own camera or video: {install}{command}'


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='streamo demo', description='A camera, the node and its answers, on a real ROS graph.'
    )
    add = parser.add_argument
    add('--source', default='', help='video, bag, folder or /dev/videoN; default: a drawn world')
    add('--topic', default='', help='image topic of a bag; default: the only one')
    add(
        '--instruction',
        action='append',
        default=[],
        metavar='TEXT',
        help='what to watch for; repeatable',
    )
    add(
        '--seconds', type=float, default=50.0, help='how long; default %(default)s, 0 = the source'
    )
    add('--seed', type=int, default=WORLD_SEED, help='of the drawn world')
    add(
        '--model',
        default='',
        help='folder of a checkpoint, objects or tiny; default: objects for a source, else tiny',
    )
    add('--params-file', default='', help='parameters of the node')
    add('--output', default='out/demo', help='folder; default %(default)s')
    add('--patience', type=float, default=180.0, help='seconds to wait for the node')
    add('--linger', type=float, default=2.0, help='seconds without a message that end it')
    return parser
