# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Creates or updates .venv, the virtual environment that everything runs in: `make setup`.

With --tests, what the tests need is installed too. With --packages PATH, a virtual environment is
made there that has what the node needs and nothing else: colcon builds the package itself in a
workspace, and knows the environment by the variable STREAMO_VENV (docs/robot.md).

Where ROS_DISTRO is set, that installation of ROS 2 is used; elsewhere ROS 2 comes as wheels. A
step whose inputs have not changed since the last call is skipped. Uses the standard library only,
because nothing is installed when it runs.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import platform
import shutil
import sys

from detector import install_detector
from headers import ensure_headers
from interfaces import build
from packages import install_packages
from packages import install_test_packages
from step import evaluate
from step import LOG
from step import PYTHON
from step import report
from step import run
from step import SetupError
from step import VENV

SUPPORTED = ((3, 10), (3, 11), (3, 12))


def check_machine(distro: str | None) -> None:
    """Refuse a machine on which the setup would fail later.

    Raises:
        SetupError: The interpreter or the processor is not supported, or a tool is missing.

    """
    version = sys.version_info[:2]
    if version not in SUPPORTED:
        raise SetupError(
            f'Python {version[0]}.{version[1]} is not supported; '
            'use 3.10, 3.11 or 3.12: `make setup PYTHON=python3.11`.'
        )
    if not distro and (platform.machine() != 'x86_64' or sys.platform != 'linux'):
        raise SetupError(
            'the wheels of ROS 2 are for x86-64 Linux only; install ROS 2 on this machine and '
            'source its setup.bash first.'
        )
    needed = {
        'gcc': (shutil.which('gcc'), 'build-essential'),
        'g++': (shutil.which('g++'), 'build-essential'),
        'The module ensurepip': (importlib.util.find_spec('ensurepip'), 'python3-venv'),
    }
    for name, (present, package) in needed.items():
        if not present:
            raise SetupError(f'{name} is missing; run `apt install {package}`.')


def make_venv(distro: str | None) -> None:
    """Create the virtual environment unless there is one with a supported Python."""
    if PYTHON.exists():
        version = evaluate('import sys; print(*sys.version_info[:2], sep=".")')
        if version not in [f'{major}.{minor}' for major, minor in SUPPORTED]:
            raise SetupError(f'{VENV} has Python {version}; remove that folder first.')
        if evaluate('import importlib.util as u; print(u.find_spec("pip") is not None)') == 'True':
            return
    report(f'creating {VENV.name} with Python {platform.python_version()}')
    # With the packages of the system, because rclpy of a ROS 2 installation is among them.
    run(sys.executable, '-m', 'venv', *(['--system-site-packages'] if distro else []), VENV)


def main() -> int:
    """Create or update the environment; return the exit code."""
    distro = os.environ.get('ROS_DISTRO')
    try:
        check_machine(distro)
        robot = '--packages' in sys.argv
        if robot and not distro:
            raise SetupError("ROS_DISTRO is not set: source your ROS 2's setup.bash first.")
        VENV.mkdir(parents=True, exist_ok=True)
        # colcon looks for packages everywhere in a workspace.
        (VENV / 'COLCON_IGNORE').touch()
        with (VENV / '.streamo-lock').open('w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            LOG.unlink(missing_ok=True)
            make_venv(distro)
            if robot:
                install_packages(distro)
                report(f'done: export STREAMO_VENV={VENV}')
                return 0
            ensure_headers()
            install_packages(distro)
            if '--tests' in sys.argv:
                install_test_packages(distro)
            build(distro)
            install_detector()
    except SetupError as error:
        print(f'setup: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
