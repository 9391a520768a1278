# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The end of the process as the rest of the graph sees it, and signals before there is a graph."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = 14
PRESENCE = 0.5
"""Seconds after a signal within which the node must have left the graph."""

BUSY = """
import time
from streamo_ros.backbone.scripted import ScriptedBackbone
extend = ScriptedBackbone.extend
def slow(self, requests):
    time.sleep(5)
    return extend(self, requests)
ScriptedBackbone.extend = slow
"""


def services(peer) -> list[str]:
    listed = peer.node.get_service_names_and_types()
    return [name for name, _ in listed if name.startswith(f'/{peer.name}/')]


def leaving(peer, node, number: int) -> float:
    """Seconds from the signal until neither the node nor a service of it is listed."""
    node.process.send_signal(number)
    began = time.monotonic()
    while services(peer) or peer.name in peer.node.get_node_names():
        assert time.monotonic() - began < 30, services(peer)
        time.sleep(0.005)
    return time.monotonic() - began


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_node_that_ends_leaves_the_graph_at_once(start, peer, wait_for, number) -> None:
    node = start()
    wait_for(lambda: 'watching /image' in node.text)
    wait_for(lambda: len(services(peer)) >= SERVICES)
    assert leaving(peer, node, number) < PRESENCE
    assert node.ended(5) == 0
    assert 'Traceback' not in node.text


def test_it_leaves_at_once_while_the_model_loads(start, peer, wait_for, tmp_path) -> None:
    pipe = tmp_path / 'slow.yaml'
    os.mkfifo(pipe)
    node = start(model__path=pipe)
    wait_for(lambda: len(services(peer)) >= SERVICES)
    assert leaving(peer, node, signal.SIGINT) < PRESENCE
    assert node.ended(5) == 0
    assert 'Traceback' not in node.text


def test_it_leaves_at_once_during_a_pass(start, peer, wait_for) -> None:
    node = start(prelude=BUSY, instructions="['the kettle']")
    statuses = peer.diagnostics()
    camera = peer.camera().matched()
    camera.until(
        lambda: any(
            (value.key, value.value) == ('sampled', '1')
            for status in statuses
            for value in status.values
        ),
        1000,
    )
    assert leaving(peer, node, signal.SIGINT) < PRESENCE
    assert node.ended(5) == 0
    assert 'ERROR' not in node.text


def test_a_second_node_is_the_only_one_listed_after_a_restart(start, peer, wait_for) -> None:
    for _ in range(2):
        node = start()
        wait_for(lambda: 'watching /image' in node.text)  # noqa: B023
        wait_for(lambda: len(services(peer)) >= SERVICES)
        wait_for(lambda: peer.node.get_node_names().count('streamo') == 1)
        assert len([name for name in services(peer) if name.endswith('/get_state')]) == 1
        leaving(peer, node, signal.SIGTERM)
        assert node.ended(5) == 0


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_the_imports_is_a_clean_end(number) -> None:
    """Also where a library swallows the KeyboardInterrupt, as `import cv2` does."""
    for delay in (0.3, 0.7, 1.2):
        process = subprocess.Popen(
            [sys.executable, str(ROOT / 'scripts' / 'streamo_node')],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        # Python itself takes a moment to start, and a signal before our first line is its own.
        wait_until_running(process.pid)
        time.sleep(delay)
        process.send_signal(number)
        began = time.monotonic()
        said, _ = process.communicate(timeout=20)
        assert (process.returncode, 'Traceback' in said) == (0, False)
        assert time.monotonic() - began < 2


def wait_until_running(pid: int) -> None:
    """Wait until our handler of SIGTERM is installed."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        caught = next(
            line
            for line in Path(f'/proc/{pid}/status').read_text().splitlines()
            if line.startswith('SigCgt')
        )
        if int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.005)
    raise AssertionError('it did not start')
