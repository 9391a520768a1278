# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Installs Python packages into the virtual environment, as requirements/ pins them.

What the machine brings itself is kept: ROS 2 and the NumPy it is compiled for, and torch.
"""

from __future__ import annotations

import pathlib
import re
import subprocess

from headers import include_folder
from step import digest
from step import evaluate
from step import execute
from step import PYTHON
from step import report
from step import ROOT
from step import run
from step import SetupError
from step import Stamp
from step import VENV

REQUIREMENTS = ROOT / 'requirements'
TESTS = REQUIREMENTS / 'test.txt'
INSTALL = (
    PYTHON,
    '-m',
    'pip',
    'install',
    '--progress-bar=off',
    '--disable-pip-version-check',
    '--no-warn-conflicts',
)
# Folders of the machine on which the wheels were built, in the CMake files that they export.
FOREIGN_NUMPY = re.compile(r'/opt/python/[\w-]+/lib/python3\.\d+/site-packages/numpy/\w+/include')
FOREIGN_PYTHON = re.compile(r'/opt/python/[\w-]+/include/python3\.\d+')


def pip(*arguments: str | pathlib.Path) -> None:
    """Install packages into the virtual environment."""
    run(*INSTALL, *arguments)


def torch_suffices(pinned: str, distro: str | None) -> bool:
    """Tell whether the installed torch will do: beside a ROS 2 installation, any from 2.5 on."""
    try:
        version = evaluate('import importlib.metadata as m; print(m.version("torch"))')
    except subprocess.CalledProcessError:
        return False
    version = version.split('+')[0]
    if distro:
        return tuple(int(part) for part in version.split('.')[:2]) >= (2, 5)
    return pinned == f'torch=={version}'


def install_torch(distro: str | None) -> None:
    """Install torch unless the machine's own will do; without CUDA where there is no GPU."""
    pinned = (REQUIREMENTS / 'torch.txt').read_text().split()[-1]
    if torch_suffices(pinned, distro):
        return
    report('installing torch')
    if not pathlib.Path('/proc/driver/nvidia').exists():
        if execute(*INSTALL, f'{pinned}+cpu') is None:
            return
        report(
            'downloading torch with CUDA, about 3 GB; to avoid that, put the URL of the CPU '
            'index of PyTorch into PIP_EXTRA_INDEX_URL'
        )
    pip(pinned)


def keep_base(distro: str) -> tuple[str | pathlib.Path, ...]:
    """Return what tells pip to keep the NumPy for which a ROS 2 installation is compiled.

    Raises:
        SetupError: Something that rosdep installs is missing.

    """
    try:
        numpy = evaluate(
            'import cv2, rclpy, sensor_msgs.msg, yaml, numpy; print(numpy.__version__)'
        )
    except subprocess.CalledProcessError as error:
        raise SetupError(
            f'ROS 2 {distro} is incomplete ({error.stderr.strip().splitlines()[-1]}); '
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
    if distro:
        base = keep_base(distro)
        report('installing the build tools')
        pip('setuptools<80', 'colcon-common-extensions')
    else:
        base = ('-r', REQUIREMENTS / 'base.txt')
    install_torch(distro)
    report('installing Python packages')
    pip(*base, '-r', REQUIREMENTS / 'runtime.txt')
    if not distro:
        report('installing ROS 2 as wheels')
        pip('--require-hashes', '--no-deps', '-r', REQUIREMENTS / 'ros-jazzy.txt')
        correct_exports()
    stamp.set()


def install_test_packages(distro: str | None) -> None:
    """Install what the tests need in addition."""
    stamp = Stamp('test-packages', digest(distro or 'wheels', TESTS, REQUIREMENTS / 'base.txt'))
    if stamp.fresh():
        return
    report('installing packages for the tests')
    base = keep_base(distro) if distro else ('-r', REQUIREMENTS / 'base.txt')
    pip(*base, '-r', REQUIREMENTS / 'runtime.txt', '-r', TESTS)
    stamp.set()


def correct_exports() -> None:
    """Name this machine's headers where exported CMake files name those of the build machine."""
    include = str(include_folder())
    numpy = evaluate('import numpy; print(numpy.get_include())')
    for path in (VENV / 'share').glob('*/cmake/*.cmake'):
        text = path.read_text()
        corrected = FOREIGN_PYTHON.sub(include, FOREIGN_NUMPY.sub(numpy, text))
        if corrected != text:
            path.write_text(corrected)
