# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The main job as a user runs it: separate processes on a real graph, one exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rosbags.highlevel import AnyReader

from streamo_ros.report.definitions import typestore

pytestmark = pytest.mark.ros
pytest.importorskip('rclpy', reason='ROS 2 is not installed')

ROOT = Path(__file__).parents[2]
SCRIPT = """
- instruction: ''
  period: 5
  say:
  - {from: 1, to: 2, state: standby}
  - {from: 2, to: 3, state: response, text: 'It boils.'}
"""


def run_demo(
    folder: Path, *arguments: str, script: str = SCRIPT
) -> subprocess.CompletedProcess[str]:
    rules = folder / 'script.yaml'
    rules.write_text(script)
    return subprocess.run(
        [
            sys.executable,
            '-m',
            'streamo_ros.cli',
            'demo',
            '--model',
            str(rules),
            '--output',
            str(folder / 'out'),
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_demo_decides_every_frame_and_leaves_recording_and_report(tmp_path: Path) -> None:
    done = run_demo(tmp_path, '--seconds', '6', '--instruction', 'the kettle')
    assert done.returncode == 0, done.stdout + done.stderr
    assert '6 of 6 sampled frames decided' in done.stdout
    assert '[1] the kettle: It boils.' in done.stdout
    assert '<svg' in (tmp_path / 'out' / 'report.html').read_text()
    with AnyReader([tmp_path / 'out' / 'demo.mcap'], default_typestore=typestore()) as bag:
        counts = {connection.topic: connection.msgcount for connection in bag.connections}
    assert counts['/camera/image_raw/compressed'] == 6
    assert counts['/streamo/frame_state'] >= 6
    assert counts['/streamo/response'] >= 1
    assert counts['/streamo/model_info'] >= 1


def test_a_recording_is_played_as_by_a_camera(tmp_path: Path, bag_writer: Any) -> None:
    shots = bag_writer.frames(35, 5)
    bag_writer.write_bag(tmp_path / 'bag', bag_writer.jpeg_messages(shots))
    before = time.time()
    done = run_demo(
        tmp_path, '--source', str(tmp_path / 'bag'), '--seconds', '0', '--instruction', 'it'
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '7 of 7 sampled frames decided' in done.stdout
    with AnyReader([tmp_path / 'out' / 'demo.mcap'], default_typestore=typestore()) as bag:
        stamps = [
            bag.deserialize(data, connection.msgtype).header.stamp.sec
            for connection, _, data in bag.messages()
            if connection.topic == '/streamo/frame_state'
        ]
    # Stamped from now on, like a camera's, at the distances of the recording.
    assert min(stamps) >= int(before)
    assert len(set(stamps)) == 7


@pytest.mark.parametrize('option', [('--source',), ()])
def test_a_source_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, option: tuple[str, ...]
) -> None:
    done = run_demo(tmp_path, *option, str(tmp_path / 'none.mp4'))
    assert done.returncode == 2
    assert 'none.mp4 does not exist' in done.stderr
    assert 'Traceback' not in done.stdout + done.stderr


def test_two_sources_are_one_too_many(tmp_path: Path) -> None:
    done = run_demo(tmp_path, '--source', 'one.mp4', 'two.mp4')
    assert done.returncode == 2
    assert 'two sources, one.mp4 and two.mp4: give one' in done.stderr


def write_images(folder: Path, times: Sequence[float]) -> Path:
    folder.mkdir()
    for number, at in enumerate(times):
        image = np.full((48, 64, 3), 40 + 3 * number, np.uint8)
        cv2.imwrite(str(folder / f'{at:05.1f}.png'), image)
    return folder


def test_a_slow_source_without_an_answer_is_no_failure(tmp_path: Path) -> None:
    """Frames every 2.5 seconds: four ticks of ten have one, and no event happens in them."""
    source = write_images(tmp_path / 'images', (0, 2.5, 5, 7.5))
    silent = ('--instruction', 'first', '--instruction', 'second', '--instruction', 'third')
    done = run_demo(
        tmp_path,
        '--source',
        str(source),
        '--seconds',
        '0',
        *silent,
        script='- {instruction: "", say: []}\n',
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '4 of 4 sampled frames decided' in done.stdout
    assert '2 no instruction' in done.stdout
    assert 'note: no instruction was answered\n' in done.stdout
    assert "note: never asked: 'third': the first instruction is set after 1 s" in done.stdout
    assert 'FAILED' not in done.stdout


def test_an_error_of_the_source_on_the_way_keeps_what_was_done(
    tmp_path: Path, bag_maker: Any
) -> None:
    damaged = bag_maker.write_damaged_on_the_way(tmp_path / 'damaged.mcap')
    done = run_demo(tmp_path, '--source', str(damaged), '--seconds', '0', '--instruction', 'it')
    assert done.returncode == 2, done.stdout + done.stderr
    assert 'sampled frames decided' in done.stdout
    assert 'FAILED: the camera ended with code 2: ' in done.stdout
    assert 'Traceback' not in done.stdout + done.stderr
    page = (tmp_path / 'out' / 'report.html').read_text()
    assert 'the camera ended with code 2' in page
    assert (tmp_path / 'out' / 'demo.mcap').exists()


def test_a_demo_of_which_nothing_was_decided_is_an_error(tmp_path: Path) -> None:
    source = write_images(tmp_path / 'images', (0, 1.5, 3))
    for file in source.iterdir():
        file.write_bytes(file.read_bytes()[:40])
    done = run_demo(tmp_path, '--source', str(source), '--seconds', '0', '--instruction', 'it')
    assert done.returncode == 2, done.stdout + done.stderr
    assert 'FAILED: nothing was decided' in done.stdout + done.stderr
    # The camera's reason, not what the node makes of an image without pixels.
    assert 'image is truncated' in done.stdout, done.stdout
    assert 'never asked' not in done.stdout


def test_ctrl_c_ends_it_in_good_order(tmp_path: Path) -> None:
    # Started as a shell starts a background job: with SIGINT ignored, which children inherit.
    background = ['sh', '-c', 'trap "" INT; exec "$@"', 'sh']
    script = tmp_path / 'script.yaml'
    script.write_text(SCRIPT)
    out = tmp_path / 'out'
    demo = subprocess.Popen(
        [
            *background,
            sys.executable,
            '-m',
            'streamo_ros.cli',
            'demo',
            '--model',
            str(script),
            '--output',
            str(out),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    for line in demo.stdout:
        if 'set by service call' in line:
            break
    os.killpg(demo.pid, signal.SIGINT)
    said = demo.stdout.read()
    assert demo.wait(20) == 130, said
    assert 'Traceback' not in said
    assert 'stopped before the end' in (out / 'report.html').read_text()
    assert (out / 'demo.mcap').exists()
