# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What pip installs into the virtual environment.

Knows the lists in requirements/ and what a machine may have of its own; knows nothing of colcon.
"""

from __future__ import annotations

import pathlib
import re
import subprocess

from headers import include_folder
from step import ask
from step import digest
from step import PYTHON
from step import ROOT
from step import run
from step import say
from step import SetupError
from step import Stamp
from step import VENV

REQUIREMENTS = ROOT / 'requirements'
TESTS = REQUIREMENTS / 'test.txt'
# Folders of the machine on which the wheels were built, in the CMake files that they export.
FOREIGN_NUMPY = re.compile(r'/opt/python/[\w-]+/lib/python3\.\d+/site-packages/numpy/\w+/include')
FOREIGN_PYTHON = re.compile(r'/opt/python/[\w-]+/include/python3\.\d+')


def pip(*arguments: str | pathlib.Path) -> None:
    """Install packages into the virtual environment."""
    run(
        PYTHON,
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--no-warn-conflicts',
        *arguments,
    )


def torch_suffices(pinned: str, distro: str | None) -> bool:
    """Tell whether the torch that is there will do: beside a ROS 2 installation, any from 2.5."""
    try:
        found = ask('import importlib.metadata as m; print(m.version("torch"))').split('+')[0]
    except subprocess.CalledProcessError:
        return False
    if distro:
        return tuple(int(part) for part in found.split('.')[:2]) >= (2, 5)
    return pinned == f'torch=={found}'


def install_torch(distro: str | None) -> None:
    """Install torch: the machine's own if it will do, else without CUDA where there is no GPU."""
    pinned = (REQUIREMENTS / 'torch.txt').read_text().split()[-1]
    if torch_suffices(pinned, distro):
        return
    if not pathlib.Path('/proc/driver/nvidia').exists():
        small = [str(PYTHON), '-m', 'pip', 'install', '--quiet', f'{pinned}+cpu']
        if subprocess.run(small, capture_output=True, check=False).returncode == 0:
            return
        say(
            'taking torch with CUDA, about 3 GB; to spare that, name the CPU index of PyTorch '
            'in PIP_EXTRA_INDEX_URL'
        )
    pip(pinned)


def keep_base(distro: str) -> tuple[str | pathlib.Path, ...]:
    """Return what tells pip to keep the NumPy for which a ROS 2 installation is compiled.

    Raises:
        SetupError: Something that rosdep installs is missing.

    """
    try:
        numpy = ask('import cv2, rclpy, sensor_msgs.msg, yaml, numpy; print(numpy.__version__)')
    except subprocess.CalledProcessError as error:
        raise SetupError(
            f'ROS 2 {distro} is not complete ({error.stderr.strip().splitlines()[-1]}); '
            'source its setup.bash and run `rosdep install --from-paths . --ignore-src`.'
        ) from error
    constraint = VENV / 'numpy.txt'
    constraint.write_text(f'numpy=={numpy}\n')
    return '-c', constraint


def install_packages(distro: str | None) -> None:
    """Install what the package needs, and make the wheels of ROS 2 fit this machine."""
    lists = sorted(path for path in REQUIREMENTS.glob('*.txt') if path != TESTS)
    stamp = Stamp('packages', digest(distro or 'wheels', *lists))
    if stamp.fresh():
        return
    say('installing packages (minutes, once)')
    if distro:
        base = keep_base(distro)
        pip('setuptools<80', 'colcon-common-extensions')
    else:
        base = ('-r', REQUIREMENTS / 'base.txt')
    install_torch(distro)
    pip(*base, '-r', REQUIREMENTS / 'runtime.txt')
    if not distro:
        pip('--require-hashes', '--no-deps', '-r', REQUIREMENTS / 'ros-jazzy.txt')
        correct_exports()
    stamp.set()


def install_test_packages(distro: str | None) -> None:
    """Install what the tests need beyond that."""
    stamp = Stamp('test-packages', digest(distro or 'wheels', TESTS, REQUIREMENTS / 'base.txt'))
    if stamp.fresh():
        return
    say('installing packages for the tests (minutes, once)')
    base = keep_base(distro) if distro else ('-r', REQUIREMENTS / 'base.txt')
    pip(*base, '-r', REQUIREMENTS / 'runtime.txt', '-r', TESTS)
    stamp.set()


def correct_exports() -> None:
    """Name this machine's headers where exported CMake files name those of the build machine."""
    include = str(include_folder())
    numpy = ask('import numpy; print(numpy.get_include())')
    for path in (VENV / 'share').glob('*/cmake/*.cmake'):
        text = path.read_text()
        mended = FOREIGN_PYTHON.sub(include, FOREIGN_NUMPY.sub(numpy, text))
        if mended != text:
            path.write_text(mended)
