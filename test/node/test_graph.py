# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What keeps a process from joining the graph is one sentence, in every program of ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streamo_ros.node.graph import check_domain
from streamo_ros.node.graph import GraphError
from streamo_ros.node.graph import refused

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize('domain', ['', '0', '7', '232'])
def test_a_domain_that_has_ports_is_taken(domain: str) -> None:
    check_domain(domain)


@pytest.mark.parametrize('domain', ['233', '999', '-1', 'abc', ' ', '1.5', '٣'])
def test_a_domain_without_ports_is_refused(domain: str) -> None:
    with pytest.raises(GraphError, match='give a number from 0 to 232'):
        check_domain(domain)


@pytest.mark.parametrize(
    'said',
    [
        "Couldn't parse params file, at /project/src/rcl/arguments.c:356",
        "Couldn't\nparse params file, at /project/src/participant.cpp:364, at /project/node.c:252",
        "Couldn't parse params file. Error: unknown, at ./src/parser.c:12, at ./src/rcl.c:3",
    ],
)
def test_places_in_foreign_sources_are_left_out(said: str) -> None:
    assert str(refused(RuntimeError(said))) == "Couldn't parse params file"


@pytest.mark.parametrize(
    'program',
    [
        ['streamo_ros.cli', 'node'],
        ['streamo_ros.node.camera'],
        ['streamo_ros.node.player', 'x.mp4'],
    ],
)
def test_a_wrong_domain_is_bad_input_of_every_program(program: list[str]) -> None:
    # Fast DDS would end the process with code 1, and print coordinates of its own.
    done = subprocess.run(
        [sys.executable, '-m', *program],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, 'ROS_DOMAIN_ID': '999'},
        cwd=ROOT,
    )

    assert done.returncode == 2, done.stderr
    assert done.stderr.endswith(": ROS_DOMAIN_ID is '999': give a number from 0 to 232\n")


@pytest.mark.parametrize(
    ('argument', 'sentence'),
    [
        (['-p', 'use_sim_time:=maybe'], "'use_sim_time' to 'maybe' of type 'STRING', expecting"),
        (['-r', '__ns:=robot//1'], "Couldn't parse remap rule: '-r __ns:=robot//1'"),
        (['--enclave', 'nope'], 'must be absolute'),
        (['--log-level', 'loud'], "Couldn't parse log level"),
    ],
)
def test_what_rclpy_refuses_is_one_sentence(argument: list[str], sentence: str) -> None:
    done = subprocess.run(
        [sys.executable, '-m', 'streamo_ros.cli', 'node', '--ros-args', *argument],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, 'ROS_DOMAIN_ID': '0', 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'OFF'},
        cwd=ROOT,
    )

    assert done.returncode == 2, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith('streamo node: ')]
    assert sentence in line
    assert 'Traceback' not in done.stderr
    assert '/src/' not in line
