# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One bag, two ways: in code, and through the running node in lock-step. The same comes out."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from streamo_ros.assistant import Assistant
from streamo_ros.backbone.scripted import load_script
from streamo_ros.events import Answered
from streamo_ros.events import Decided
from streamo_ros.frame import FrameSampler
from streamo_ros.instruction import InstructionBook
from streamo_ros.replay.run import Order
from streamo_ros.replay.run import replay
from streamo_ros.replay.run import Step
from streamo_ros.replay.source import open_source

pytest.importorskip('rclpy', reason='ROS 2 is not installed')
SCRIPT = Path(__file__).parents[2] / 'scripts' / 'make_test_bags.py'
ORDERS = [Order('the kettle'), Order('always say', 2.0)]


@pytest.fixture(scope='module')
def bags(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = importlib.util.spec_from_file_location('make_test_bags', SCRIPT)
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    folder = tmp_path_factory.mktemp('bags')
    maker.make_awkward(folder)
    maker.write_bag(folder / 'jpeg', maker.jpeg_messages(maker.frames(35)))
    return folder


def in_code(bag: Path, script: Path) -> list[tuple[int, str, str, str]]:
    """(stamp, instruction, state, answer) of every decision."""
    book = InstructionBook()
    decided: list[Decided] = []
    said: dict[int, str] = {}

    class Keep:
        def take(self, step: Step) -> None:
            decided.extend(one for one in step.events if isinstance(one, Decided))
            said.update({
                one.response_id: one.text for one in step.events if isinstance(one, Answered)
            })

        def close(self, totals: Any) -> None:
            pass

    replay(open_source(bag), Assistant(load_script(script), book), FrameSampler(), book, ORDERS,
           [Keep()])
    texts = {0: ''} | {one.id: one.text for one in book.standing()}
    return [
        (one.frame.stamp, texts[one.instruction_id], one.state.name, said.get(one.response_id, ''))
        for one in decided
    ]


@pytest.fixture
def play() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts players; ends them after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def play(bag: Path, *arguments: str) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(
            [sys.executable, '-m', 'streamo_ros.node.player', str(bag), '--topic', '/image',
             *arguments]
        ))
        return started[-1]

    yield play
    for one in started:
        one.kill()
        one.wait()


def in_lockstep(bag: Path, start: Callable, play: Callable, **parameters: object) -> list:
    """The same of the running node."""
    import rclpy

    from streamo_ros.node.lockstep import LockStep

    start('-r', 'image/compressed:=/image',
          '-p', 'qos_overrides./image.subscription.reliability:=reliable',
          '-p', 'qos_overrides./image.subscription.depth:=100',
          '-p', 'use_sim_time:=true', **parameters)
    play(bag, '--start-paused')
    with closing(open_source(bag)) as source:
        stamps = [record.stamp for record in source.records()]
    context_open = not rclpy.ok()
    if context_open:
        rclpy.init(args=[])
    client = LockStep()
    try:
        decisions = list(client.run(stamps, ORDERS))
    finally:
        client.destroy_node()
        if context_open:
            rclpy.try_shutdown()
    return [(one.stamp, one.instruction, one.state, one.text) for one in decisions]


@pytest.mark.parametrize(('bag', 'transport'), [('loop', 'raw'), ('jpeg', 'compressed')])
def test_lock_step_and_code_agree(
    bags: Path, bag: str, transport: str, script: Path, start: Callable, play: Callable
) -> None:
    expected = in_code(bags / bag, script)
    assert {state for _, _, state, _ in expected} == {'SILENCE', 'STANDBY', 'RESPONSE'}
    found = in_lockstep(bags / bag, start, play, image_transport=transport)
    assert found == expected


def test_the_player_keeps_the_pace_and_gives_the_clock(
    bags: Path, start: Callable, play: Callable, peer: Any, wait_for: Callable
) -> None:
    from rosgraph_msgs.msg import Clock
    from std_srvs.srv import Trigger
    from streamo_ros.msg import FrameState

    start('-p', 'use_sim_time:=true')
    states = peer.hear('~/frame_state', FrameState)
    clock = peer.hear('/clock', Clock)
    wait_for(lambda: peer.state() == 'active')
    player = play(bags / 'jitter', '--rate', '5', '--start-paused')
    assert not states
    assert peer.call('/streamo_player/play_next', Trigger).success
    wait_for(lambda: len(states) == 1, what='the first frame')
    assert peer.call('/streamo_player/resume', Trigger).success
    refused = peer.call('/streamo_player/play_next', Trigger)
    assert not refused.success
    assert 'not paused' in refused.message
    assert player.wait(20) == 0
    wait_for(lambda: len(states) >= 6, what='all sampled frames')
    seconds = [one.clock.sec + one.clock.nanosec / 1e9 for one in clock]
    assert seconds == sorted(seconds)
    assert seconds[-1] - seconds[0] == pytest.approx(5.8, abs=0.3)
