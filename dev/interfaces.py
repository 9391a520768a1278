# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Builds this package into the virtual environment with colcon, usable from any shell."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess

from headers import compiler_variables
from headers import include_folder
from step import digest
from step import evaluate
from step import PYTHON
from step import report
from step import ROOT
from step import run
from step import SetupError
from step import site_packages
from step import Stamp
from step import VENV

ROS_VARIABLES = ('AMENT_PREFIX_PATH', 'LD_LIBRARY_PATH', 'PYTHONPATH')


def search_path(name: str, site: pathlib.Path, distro: str | None) -> list[str]:
    """Return the folders that must be on a search path of ROS 2."""
    ours: dict[str, list[pathlib.Path]] = {
        'AMENT_PREFIX_PATH': [VENV],
        'LD_LIBRARY_PATH': [VENV / 'lib', *sorted(site.glob('ros_*.libs'))],
    }
    theirs = os.environ.get(name, '').split(os.pathsep) if distro else []
    return [str(folder) for folder in ours.get(name, [])] + [part for part in theirs if part]


def write_hook(distro: str | None) -> None:
    """Install the startup hook, the `streamo` command, and the path to the source tree."""
    site = site_packages()
    record = {
        name: [str(folder) for folder in search_path(name, site, distro)] for name in ROS_VARIABLES
    }
    (site / 'streamo_prefix.json').write_text(json.dumps(record, indent=1))
    shutil.copy(ROOT / 'dev' / 'streamo_prefix.py', site)
    # First on the path: the source tree is what runs, so that a new module needs no build.
    # The name sorts before the wheels' own hook, which would restart the interpreter once more.
    (site / '_streamo_ros.pth').write_text(
        f'import sys; sys.path.insert(0, {str(ROOT)!r})\nimport streamo_prefix\n'
    )
    command = VENV / 'bin' / 'streamo'
    command.write_text(
        '#!/bin/sh\n'
        # Valid in both languages: a path may be too long for a `#!` line, or have blanks in it.
        f"'''exec' \"{PYTHON}\" \"$0\" \"$@\"\n'''\n"
        'import signal\nimport sys\n\n'
        # Ctrl-C before the first import is done: no traceback.
        'if signal.getsignal(signal.SIGINT) is signal.default_int_handler:\n'
        '    signal.signal(signal.SIGINT, signal.SIG_DFL)\n\n'
        'from streamo_ros.cli import leave\nfrom streamo_ros.cli import main\n\n'
        "if __name__ == '__main__':\n    leave(main())\n"
    )
    command.chmod(0o755)


def build_inputs() -> list[str | pathlib.Path]:
    """Return what the build depends on: contents of build files, names of linked data files."""
    names = ('CMakeLists.txt', 'package.xml', 'dev/interfaces.py', 'dev/streamo_prefix.py')
    files = [ROOT / name for name in names]
    for folder in ('msg', 'srv', 'action', 'resource', 'scripts'):
        files += sorted(path for path in (ROOT / folder).glob('*') if path.is_file())
    linked = [
        path
        for folder in ('launch', 'config', 'models')
        for path in sorted((ROOT / folder).rglob('*'))
    ]
    return [*files, *(str(path) for path in linked if path.suffix != '.pyc')]


def remove_dangling_links() -> None:
    """Remove the links of an earlier build to files that have moved since, and empty folders."""
    installed = [*VENV.glob('lib/python*/site-packages'), VENV / 'share', VENV / 'lib']
    for top in (folder / 'streamo_ros' for folder in installed):
        for path in [*top.rglob('*')]:
            if path.is_symlink() and not path.exists():
                path.unlink()
        folders = [path for path in (top, *top.rglob('*')) if path.is_dir()]
        for folder in sorted(folders, reverse=True):
            if {path.name for path in folder.iterdir()} <= {'__pycache__'}:
                shutil.rmtree(folder)


def build(distro: str | None) -> None:
    """Build this package into the virtual environment with colcon."""
    remove_dangling_links()
    packages = (VENV / '.streamo-packages').read_text()
    stamp = Stamp('build', digest(packages, str(ROOT), *build_inputs()))
    if stamp.fresh():
        return
    report('building the ROS interfaces (about a minute)')
    write_hook(distro)
    env = dict(os.environ, VIRTUAL_ENV=str(VENV), **compiler_variables())
    env['PATH'] = os.pathsep.join([str(VENV / 'bin'), env.get('PATH', '')])
    env['CMAKE_PREFIX_PATH'] = os.pathsep.join(
        part for part in (str(VENV), env.get('CMAKE_PREFIX_PATH', '')) if part
    )
    run(
        PYTHON,
        '-m',
        'colcon',
        '--log-base',
        VENV / 'log',
        'build',
        '--paths',
        ROOT,
        '--build-base',
        VENV / 'build',
        '--merge-install',
        '--install-base',
        VENV,
        '--symlink-install',
        '--event-handlers',
        'console_cohesion-',
        'console_stderr+',
        '--cmake-args',
        '-DBUILD_TESTING=OFF',
        '-DCMAKE_BUILD_TYPE=Release',
        f'-DPython3_EXECUTABLE={PYTHON}',
        f'-DPython3_INCLUDE_DIR={include_folder()}',
        f'-DPYTHON_INSTALL_DIR={site_packages().relative_to(VENV)}',
        env=env,
    )
    try:
        evaluate('import rclpy; from streamo_ros.msg import FrameState; FrameState()')
    except subprocess.CalledProcessError as error:
        raise SetupError(
            f'The interfaces were built but cannot be imported: {error.stderr.strip()}; '
            'start over with `make clean setup`.'
        ) from error
    stamp.set()
