# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The executables that colcon installs: which Python they run under, and what they run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / 'scripts'
SPY = """#!/bin/sh
echo "$0 $(basename "$1") $2 $3"
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """lib/streamo_ros of a workspace, as CMake fills it."""
    folder = tmp_path / 'install' / 'lib' / 'streamo_ros'
    folder.mkdir(parents=True)
    for script in SCRIPTS.iterdir():
        shutil.copy(script, folder)
    return folder


def environment(tmp_path: Path, name: str) -> Path:
    """A virtual environment whose interpreter says what it was asked to run."""
    python = tmp_path / name / 'bin' / 'python3'
    python.parent.mkdir(parents=True)
    python.write_text(SPY)
    python.chmod(0o755)
    return python.parents[1]


def run(script: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != 'STREAMO_VENV'}
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**kept, **variables},
        timeout=60,
    )


@pytest.mark.parametrize(
    ('script', 'verb'), [('streamo', 'node'), ('streamo_node', 'node'), ('streamo_live', 'live')]
)
def test_the_environment_of_the_build_is_used_with_nothing_activated(
    installed: Path, tmp_path: Path, script: str, verb: str
) -> None:
    venv = environment(tmp_path, 'with blanks in its name')
    (installed / 'venv').write_text(f'{venv}\n')
    arguments = [verb, '--ros-args'] if script == 'streamo' else ['--ros-args']
    done = run(installed / script, *arguments)
    assert done.stdout == f'{venv}/bin/python3 streamo {verb} --ros-args\n', done.stderr


def test_the_variable_has_the_last_word(installed: Path, tmp_path: Path) -> None:
    (installed / 'venv').write_text(f'{environment(tmp_path, "built")}\n')
    other = environment(tmp_path, 'other')
    done = run(installed / 'streamo_node', STREAMO_VENV=str(other))
    assert done.stdout.startswith(f'{other}/bin/python3 streamo node')


def test_a_variable_that_names_no_environment_is_said(installed: Path) -> None:
    done = run(installed / 'streamo', 'doctor', STREAMO_VENV='/no/where')
    assert done.returncode == 2
    assert done.stderr == (
        'streamo: STREAMO_VENV is /no/where, and /no/where/bin/python3 does not exist\n'
    )


def test_an_environment_that_is_gone_leaves_it_to_the_shell_and_says_so(installed: Path) -> None:
    (installed / 'venv').write_text('/gone\n')
    done = run(installed / 'streamo', '--version')
    assert (done.returncode, done.stdout[:11]) == (0, 'streamo_ros')
    assert done.stderr == (
        f'streamo: /gone, which the build knew, does not exist: {sys.executable} runs instead; '
        'set STREAMO_VENV, or build again\n'
    )


def test_the_interpreter_that_is_right_already_is_not_started_again(installed: Path) -> None:
    (installed / 'venv').write_text(f'{sys.prefix}\n')
    done = run(installed / 'streamo', 'a verb that does not exist')
    assert done.returncode == 2
    assert 'unknown command' in done.stderr


def test_cmake_installs_them_and_bakes_the_environment_in() -> None:
    text = (ROOT / 'CMakeLists.txt').read_text()
    assert all(f'scripts/{script.name} ' in text for script in SCRIPTS.iterdir())
    assert '$ENV{STREAMO_VENV}' in text
    assert all(os.access(script, os.X_OK) for script in SCRIPTS.iterdir())


@pytest.mark.parametrize('module', ['torch', 'transformers', 'cv2'])
def test_what_is_not_installed_is_one_sentence_of_the_node(
    module: str, tmp_path: Path, ros_domain: Callable[[], str]
) -> None:
    pytest.importorskip('rclpy', reason='ROS 2 is not installed')
    code = (
        f'import sys; sys.modules[{module!r}] = None\n'
        'from streamo_ros.cli import main; sys.exit(main(["node"]))'
    )
    done = subprocess.run(
        [sys.executable, '-c', code],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, 'ROS_DOMAIN_ID': ros_domain(), 'ROS_LOG_DIR': str(tmp_path)},
    )
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert 'Traceback' not in said
    assert f'the Python package {module} is not installed: run `' in said
    assert '-m pip install' in said


def test_a_workspace_that_is_not_sourced_is_said(installed: Path) -> None:
    done = subprocess.run(
        [sys.executable, '-I', '-S', str(installed / 'streamo'), 'doctor'],
        check=False,
        capture_output=True,
        text=True,
        env={'PATH': os.environ['PATH']},
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "streamo: streamo_ros cannot be imported: source the workspace's setup.bash\n"
    )
