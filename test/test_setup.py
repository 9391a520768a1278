# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What `make setup` shows, and what it leaves in the environment."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

DEV = Path(__file__).parents[1] / 'dev'


@pytest.fixture
def step(monkeypatch, tmp_path):
    """The setup's modules, for an environment of the test's own."""
    monkeypatch.syspath_prepend(DEV)
    for name in ('step', 'headers', 'interfaces'):
        monkeypatch.delitem(sys.modules, name, raising=False)
    module = importlib.import_module('step')
    monkeypatch.setattr(module, 'LOG', tmp_path / 'setup.log')
    return module


def test_a_step_that_succeeds_shows_nothing_and_is_logged(step, capfd):
    step.run('sh', '-c', 'echo "WARNING: your configuration" >&2')
    assert capfd.readouterr() == ('', '')
    assert 'WARNING: your configuration' in step.LOG.read_text()


def test_a_step_that_fails_shows_its_output_and_no_other(step, capfd):
    step.run('echo', 'of an earlier step')
    with pytest.raises(step.SetupError, match='failed'):
        step.run('sh', '-c', 'echo "no space left"; exit 3')
    assert capfd.readouterr().err == 'no space left\n\n'


def test_links_to_files_that_moved_are_removed(step, monkeypatch, tmp_path):
    interfaces = importlib.import_module('interfaces')
    monkeypatch.setattr(interfaces, 'VENV', tmp_path)
    package = tmp_path / 'lib' / 'python3.11' / 'site-packages' / 'streamo_ros'
    (package / 'policy' / '__pycache__').mkdir(parents=True)
    (package / 'policy' / '__pycache__' / 'window.pyc').touch()
    (package / 'policy' / 'window.py').symlink_to(tmp_path / 'moved.py')
    (package / 'msg').mkdir()
    (package / 'msg' / '__init__.py').touch()
    (tmp_path / 'cli.py').touch()
    (package / 'cli.py').symlink_to(tmp_path / 'cli.py')
    interfaces.remove_dangling_links()
    assert sorted(path.name for path in package.iterdir()) == ['cli.py', 'msg']


def test_colcon_finds_no_packages_in_an_environment_inside_a_workspace(
    step, monkeypatch, tmp_path, capfd
):
    monkeypatch.delitem(sys.modules, 'environment', raising=False)
    environment = importlib.import_module('environment')
    monkeypatch.setattr(environment, 'VENV', tmp_path / 'ws' / 'venv')
    monkeypatch.setattr(environment, 'LOG', tmp_path / 'setup.log')
    for name in ('check_machine', 'make_venv', 'install_packages'):
        monkeypatch.setattr(environment, name, lambda _: None)
    monkeypatch.setattr(sys, 'argv', ['environment.py', '--packages'])
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    assert environment.main() == 0
    assert (tmp_path / 'ws' / 'venv' / 'COLCON_IGNORE').is_file()
    assert 'export STREAMO_VENV=' in ''.join(capfd.readouterr())
