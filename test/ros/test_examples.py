# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The examples against a node: as a user starts them, and the leaf with or without py_trees."""

from __future__ import annotations

import enum
import importlib.util
import itertools
import os
import runpy
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / 'examples'


class Status(enum.Enum):
    """As py_trees has it."""

    INVALID = 'INVALID'
    RUNNING = 'RUNNING'
    SUCCESS = 'SUCCESS'
    FAILURE = 'FAILURE'


class Behaviour:
    """The little of py_trees' class that a leaf relies on."""

    def __init__(self, name: str) -> None:
        self.name, self.status, self.feedback_message = name, Status.INVALID, ''

    def attach_blackboard_client(self) -> Any:
        return types.SimpleNamespace(register_key=lambda key, access: None)

    def tick_once(self) -> None:
        if self.status is not Status.RUNNING:
            self.initialise()
        self.status = self.update()
        if self.status is not Status.RUNNING:
            self.terminate(self.status)

    def stop(self, status: Status) -> None:
        self.terminate(status)
        self.status = status


@pytest.fixture(params=['py_trees', 'double'])
def leaf_class(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type:
    """WatchFor, on py_trees where it is installed, and on a double of it."""
    if request.param == 'py_trees':
        pytest.importorskip('py_trees', reason='py_trees is not installed')
    else:
        module, common = types.ModuleType('py_trees'), types.ModuleType('py_trees.common')
        common.Status, common.Access = Status, types.SimpleNamespace(WRITE='WRITE')
        module.common = common
        module.behaviour = types.SimpleNamespace(Behaviour=Behaviour)
        monkeypatch.setitem(sys.modules, 'py_trees', module)
        monkeypatch.setitem(sys.modules, 'py_trees.common', common)
    return runpy.run_path(str(EXAMPLES / 'behavior_tree.py'))['WatchFor']


@pytest.fixture
def node(start: Callable[..., Any], peer: Any, wait_for: Callable[..., Any]) -> Any:
    process = start()
    wait_for(lambda: peer.state() == 'active')
    return process


def name_of(leaf: Any) -> str:
    return str(leaf.status.name)


def tick_until(
    peer: Any, leaf: Any, wait_for: Callable[..., Any], ended: Callable[[], Any]
) -> None:
    def ticked() -> Any:
        peer.do(leaf.tick_once)
        return ended()

    wait_for(ticked, what='the leaf')


def active(peer: Any) -> list[str]:
    """The texts of the node's instructions, as they are published."""
    from streamo_ros.msg import InstructionArray

    return peer.hear('~/instructions', InstructionArray, latched=True)


@pytest.mark.parametrize(
    'name', ['watch_for.py', 'behavior_tree.py'], ids=['client', 'behavior tree']
)
def test_example_prints_the_answer(
    name: str, node: Any, peer: Any, wait_for: Callable[..., Any]
) -> None:
    if name == 'behavior_tree.py' and importlib.util.find_spec('py_trees') is None:
        pytest.skip('py_trees is not installed')
    instructions = active(peer)
    camera = peer.camera().matched()
    process = subprocess.Popen(
        [sys.executable, str(EXAMPLES / name), 'the kettle'],
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    try:
        wait_for(
            lambda: any(message.instructions for message in instructions),
            what='the instruction of the example',
        )
        camera.film(1000, 1008, wait=0.1)
        output, _ = process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert (process.returncode, output.strip()) == (0, 'It boils.')


def test_leaf_runs_until_there_is_an_answer(
    leaf_class: type, node: Any, peer: Any, wait_for: Callable[..., Any]
) -> None:
    instructions = active(peer)
    camera = peer.camera().matched()
    leaf = peer.do(lambda: leaf_class(peer.node, 'the kettle', 60))
    tick_until(
        peer, leaf, wait_for, lambda: any(instruction.instructions for instruction in instructions)
    )
    assert name_of(leaf) == 'RUNNING'
    camera.film(1000, 1008, wait=0.05)
    tick_until(peer, leaf, wait_for, lambda: name_of(leaf) != 'RUNNING')
    assert (name_of(leaf), leaf.board.answer) == ('SUCCESS', 'It boils.')


def test_leaf_fails_when_nothing_comes_in_time(
    leaf_class: type, node: Any, peer: Any, wait_for: Callable[..., Any]
) -> None:
    leaf = peer.do(lambda: leaf_class(peer.node, 'the kettle', 1))
    tick_until(peer, leaf, wait_for, lambda: name_of(leaf) not in ('RUNNING', 'INVALID'))
    assert name_of(leaf) == 'FAILURE'
    assert leaf.feedback_message


def test_leaf_that_is_interrupted_cancels_its_goal(
    leaf_class: type, node: Any, peer: Any, wait_for: Callable[..., Any]
) -> None:
    instructions = active(peer)
    leaf = peer.do(lambda: leaf_class(peer.node, 'the kettle'))
    tick_until(
        peer, leaf, wait_for, lambda: any(instruction.instructions for instruction in instructions)
    )
    invalid = type(leaf.status).INVALID
    peer.do(lambda: leaf.stop(invalid))
    wait_for(lambda: not instructions[-1].instructions, what='the instruction ends')


def test_a_snapshot_is_asked_for_at_every_answer(
    start: Callable, peer: Any, wait_for: Callable, tmp_path: Path
) -> None:
    """The recorder and its service type are doubles: rosbag2 is not among the wheels."""
    from std_srvs.srv import Trigger

    calls: list[Any] = []

    def on_call(_: Any, reply: Any) -> Any:
        calls.append(1)
        reply.success = True
        return reply

    # In the thread that spins: a service made beside it has crashed the process.
    peer.do(lambda: peer.node.create_service(Trigger, '/rosbag2_recorder/snapshot', on_call))
    program = (
        'import runpy, sys, types\n'
        'from std_srvs.srv import Trigger\n'
        "for name in ('rosbag2_interfaces', 'rosbag2_interfaces.srv'):\n"
        '    sys.modules[name] = types.ModuleType(name)\n'
        "sys.modules['rosbag2_interfaces.srv'].Snapshot = Trigger\n"
        f"runpy.run_path({str(EXAMPLES / 'snapshot.py')!r}, run_name='__main__')\n"
    )
    log = tmp_path / 'snapshot.log'
    with log.open('w') as output:
        example = subprocess.Popen([sys.executable, '-c', program], stdout=output, stderr=output)
    try:
        # What is said again: the first answers may come before the example has found the recorder.
        start(instructions="['kettle']")
        camera = peer.camera().matched()
        second = itertools.count(1000)

        def written() -> bool:
            camera.film(first := next(second), first, wait=0.04)
            return 'snapshot written' in log.read_text()

        wait_for(written, what='a snapshot')
        assert calls
    finally:
        example.kill()
        example.wait()
