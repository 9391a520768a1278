# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The player on the graph: pace, clock, pause and step."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not installed')

IGNORING = ('sh', '-c', 'trap "" INT; exec "$@"', 'sh')
"""Starts a program that has SIGINT ignored."""


def test_the_player_keeps_the_pace_and_gives_the_clock(
    tmp_path: Path,
    start: Callable,
    peer: Any,
    wait_for: Callable,
    request: pytest.FixtureRequest,
    bag_maker: Any,
) -> None:
    from rosgraph_msgs.msg import Clock
    from std_srvs.srv import Trigger
    from streamo_ros.msg import FrameState

    start('-p', 'use_sim_time:=true')
    states = peer.hear('~/frame_state', FrameState)
    clock = peer.hear('/clock', Clock)
    wait_for(lambda: peer.state() == 'active')
    bag_maker.make_awkward(tmp_path)
    player = subprocess.Popen(
        [
            sys.executable,
            '-m',
            'streamo_ros.node.player',
            str(tmp_path / 'jitter'),
            '--topic',
            '/image',
            '--rate',
            '5',
            '--start-paused',
        ],
        stdout=subprocess.PIPE,
    )
    request.addfinalizer(player.kill)
    assert not states
    # A server that does not know its client yet drops the reply; to pause twice does no harm.
    for name in ('play_next', 'resume', 'pause'):
        client = peer.client(f'/streamo_player/{name}', Trigger)
    asked = [client.call_async(Trigger.Request())]
    wait_for(
        lambda: (
            time.sleep(0.5)
            or any(one.done() for one in asked)
            or asked.append(client.call_async(Trigger.Request()))
        ),
        what='the player',
    )
    assert peer.call('/streamo_player/play_next', Trigger).success
    wait_for(lambda: len(states) == 1, what='the first frame')
    assert peer.call('/streamo_player/resume', Trigger).success
    refused = peer.call('/streamo_player/play_next', Trigger)
    assert not refused.success
    assert 'not paused' in refused.message
    assert player.wait(20) == 0
    assert json.loads(player.stdout.read())['published'] == 30
    wait_for(lambda: len(states) >= 6, what='all sampled frames')
    seconds = [one.clock.sec + one.clock.nanosec / 1e9 for one in clock]
    assert seconds == sorted(seconds)
    assert seconds[-1] - seconds[0] == pytest.approx(5.8, abs=0.3)


def test_interrupt_ends_player_and_camera_even_if_a_shell_had_it_ignored(
    tmp_path: Path, bag_maker: Any, peer: Any, wait_for: Callable
) -> None:
    from rclpy.qos import qos_profile_sensor_data
    from sensor_msgs.msg import Image

    bag_maker.make_awkward(tmp_path)
    for program in (
        ['streamo_ros.node.player', str(tmp_path / 'jitter'), '--loop', '--listeners', '0'],
        ['streamo_ros.node.camera', '--rate', '20'],
    ):
        topic, heard = f'/{program[0].rpartition(".")[-1]}', []
        peer.node.create_subscription(Image, topic, heard.append, qos_profile_sensor_data)
        process = subprocess.Popen(
            [*IGNORING, sys.executable, '-m', *program, '--topic', topic], stdout=subprocess.PIPE
        )
        wait_for(lambda: heard, 120, 'an image')  # noqa: B023
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        published = json.loads(out)
        assert published['published'] > 0
        assert published['first'] <= published['last']


def test_a_camera_plays_no_recording_and_says_who_does() -> None:
    from streamo_ros.node.camera import main
    from streamo_ros.sources.base import SourceError

    with pytest.raises(SourceError, match=r'play it with python3 -m streamo_ros.node.player'):
        main(['--device', 'kitchen.mcap'])


def test_a_camera_waits_for_the_nodes_that_it_is_told_of(peer: Any, wait_for: Callable) -> None:
    from rclpy.node import Node
    from rclpy.qos import qos_profile_sensor_data
    from sensor_msgs.msg import Image

    def listen(node: Any) -> list[Any]:
        heard: list[Any] = []
        node.create_subscription(Image, '/awaited', heard.append, qos_profile_sensor_data)
        return heard

    early = listen(peer.node)
    awaited = ('--listeners', '1', '--wait-for', 'late')
    command = ('-m', 'streamo_ros.node.camera', '--topic', '/awaited', '--seconds', '1')
    camera = subprocess.Popen(
        [sys.executable, *command, *awaited],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert camera.stdout is not None
        while 'waiting for 1 subscriptions' not in (line := camera.stdout.readline()):
            assert line, 'the camera has ended'
        wait_for(lambda: peer.node.count_publishers('/awaited'), what='the camera')
        assert not early
        other = Node('late', context=peer.context)
        peer.executor.add_node(other)
        late = listen(other)
        wait_for(lambda: late, what='the first image')
        assert json.loads(camera.communicate(timeout=30)[0].splitlines()[-1])['published'] > 0
        other.destroy_node()
    finally:
        camera.kill()
