# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The steps of the Dockerfiles, outside a container.

Images are not built here. Every step must be sound shell that names files, targets and packages
which exist; the steps that refuse a wrong base image are run. `apt-get`, `rosdep` and the
installation of torch are not: `make setup` and `make test` are what runs in every test anyway.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / 'docker').glob('*.Dockerfile'))
MAKEFILE = (ROOT / 'Makefile').read_text()


def steps(path: Path, keyword: str = 'RUN') -> list[str]:
    """The instructions of a kind, continued lines joined as Docker joins them."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith('#')]
    text = '\n'.join(lines).replace('\\\n', '')
    return re.findall(rf'^{keyword} (.+)$', text, re.MULTILINE)


def run(step: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ['sh', '-c', step],
        check=False,
        capture_output=True,
        text=True,
        env={'PATH': '/usr/bin:/bin', **variables},
        timeout=60,
    )


@pytest.mark.parametrize('path', FILES, ids=lambda path: path.name)
def test_every_step_is_sound_shell(path: Path) -> None:
    for step in steps(path):
        assert subprocess.run(['sh', '-n', '-c', step], check=False).returncode == 0, step
        for inner in re.findall(r"bash -c '([^']+)'", step):
            assert subprocess.run(['bash', '-n', '-c', inner], check=False).returncode == 0, inner


@pytest.mark.parametrize('path', FILES, ids=lambda path: path.name)
def test_steps_name_files_and_targets_that_exist(path: Path) -> None:
    text = '\n'.join(steps(path))
    targets = re.findall(r'&& make (\w+)', text)
    assert targets == ['setup', 'test']
    assert [name for name in targets if not re.search(f'^{name}:', MAKEFILE, re.M)] == []
    for name in re.findall(r'requirements/[\w.-]+', text):
        assert (ROOT / name).is_file(), name
    # What the build context leaves out must not be needed.
    ignored = (ROOT / '.dockerignore').read_text().split()
    assert not {'requirements', 'dev', 'Makefile', 'package.xml', 'test'} & set(ignored)


@pytest.mark.parametrize('path', FILES, ids=lambda path: path.name)
def test_steps_install_what_the_setup_asks_for(path: Path) -> None:
    asked = set(
        re.findall(r"'(build-essential|python3-venv)'", (ROOT / 'dev/environment.py').read_text())
    )
    assert asked == {'build-essential', 'python3-venv'}
    (apt,) = [step for step in steps(path) if 'apt-get install' in step]
    assert asked <= set(apt.split())
    # rosdep needs the lists that the first step removed.
    (rosdep,) = [step for step in steps(path) if 'rosdep install' in step]
    assert rosdep.index('apt-get update') < rosdep.index('rosdep install')


def test_a_jetson_image_without_ros_tensorrt_or_torch_is_refused_at_once() -> None:
    path = ROOT / 'docker' / 'jetson.Dockerfile'
    (base,) = [step for step in steps(path) if 'test -d /opt/ros' in step]
    (torch,) = [step for step in steps(path) if 'test -n "${TORCH}"' in step]
    if not Path('/opt/ros').exists():
        done = run(base)
        assert done.returncode == 1
        assert 'the base image has no /opt/ros' in done.stdout
    # The second half of that step, as a base image with ROS and without TensorRT meets it.
    half = base.partition('&& ')[2]
    done = run(half)
    assert done.returncode == 1
    assert 'the base image has no TensorRT for Python' in done.stderr
    done = run(torch)
    assert done.returncode == 1
    assert 'name the torch wheel of your JetPack' in done.stdout
