# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the virtual environment in which everything runs: what `make setup` starts.

Knows pip, colcon and the start hook; uses the standard library only, because nothing is installed
when it runs. Where ROS_DISTRO is set, that installation of ROS 2 is used; elsewhere ROS 2 comes as
wheels. What has not changed since the last call is not done again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / '.venv'
PYTHON = VENV / 'bin' / 'python'
REQUIREMENTS = ROOT / 'requirements'
SUPPORTED = ((3, 10), (3, 11), (3, 12))
ROS_VARIABLES = ('AMENT_PREFIX_PATH', 'LD_LIBRARY_PATH', 'PYTHONPATH')
# Folders of the machine on which the wheels were built, in the CMake files that they export.
FOREIGN_NUMPY = re.compile(r'/opt/python/[\w-]+/lib/python3\.\d+/site-packages/numpy/\w+/include')
FOREIGN_PYTHON = re.compile(r'/opt/python/[\w-]+/include/python3\.\d+')


class SetupError(Exception):
    """The environment cannot be made; the message says why and what mends it."""


def say(text: str) -> None:
    """Print one line of progress."""
    print(f'setup: {text}', flush=True)


def run(*command: str | pathlib.Path, env: dict[str, str] | None = None) -> None:
    """Run a command that must succeed.

    Raises:
        SetupError: The command failed; what it printed stands above.

    """
    done = subprocess.run([str(word) for word in command], cwd=ROOT, env=env, check=False)
    if done.returncode:
        words = ' '.join(str(word) for word in command[:4])
        raise SetupError(f'`{words} ...` failed ({done.returncode}); its output stands above.')


def ask(code: str) -> str:
    """Return what a line of Python prints in the virtual environment."""
    command = [str(PYTHON), '-c', code]
    # Elsewhere than in the source tree, whose folders `python -c` would find first.
    done = subprocess.run(command, cwd='/', check=True, capture_output=True, text=True)
    return done.stdout.strip()


def digest(*parts: str | pathlib.Path) -> str:
    """Return a hash over texts and the contents of files."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.read_bytes() if isinstance(part, pathlib.Path) else part.encode())
        total.update(b'\0')
    return total.hexdigest()


def site_packages() -> pathlib.Path:
    """Return the folder of the virtual environment that holds packages."""
    return pathlib.Path(ask('import sysconfig; print(sysconfig.get_path("purelib"))'))


class Stamp:
    """Remembers with which inputs a step was last finished."""

    def __init__(self, name: str, value: str) -> None:
        """Name the step and give the hash of its inputs."""
        self._path = VENV / f'.streamo-{name}'
        self._value = value

    def fresh(self) -> bool:
        """Tell whether the step was finished with these inputs."""
        return self._path.exists() and self._path.read_text() == self._value

    def set(self) -> None:
        """Remember that the step is finished."""
        self._path.write_text(self._value)


def check_machine(distro: str | None) -> None:
    """Refuse a machine on which the setup would fail later.

    Raises:
        SetupError: The interpreter, the processor or a tool does not suit.

    """
    version = sys.version_info[:2]
    if version not in SUPPORTED:
        raise SetupError(
            f'Python {version[0]}.{version[1]} is not supported; '
            'use 3.10, 3.11 or 3.12: `make setup PYTHON=python3.11`.'
        )
    if not distro and (platform.machine() != 'x86_64' or sys.platform != 'linux'):
        raise SetupError(
            'ROS 2 as wheels exists for x86-64 Linux only; install ROS 2 on this machine and '
            'source its setup.bash first.'
        )
    for tool in ('gcc', 'g++'):
        if not shutil.which(tool):
            raise SetupError(f'{tool} is missing; `apt install build-essential` brings it.')


def make_venv(distro: str | None) -> None:
    """Create the virtual environment unless there is one of a supported Python."""
    if PYTHON.exists():
        found = ask('import sys; print(*sys.version_info[:2], sep=".")')
        if found not in [f'{major}.{minor}' for major, minor in SUPPORTED]:
            raise SetupError(f'.venv holds Python {found}; `make clean` removes it.')
        if ask('import importlib.util as u; print(u.find_spec("pip") is not None)') == 'True':
            return
    say(f'creating .venv with Python {platform.python_version()}')
    # With the packages of the system, because rclpy of a ROS 2 installation is among them.
    run(sys.executable, '-m', 'venv', *(['--system-site-packages'] if distro else []), VENV)


def pip(*arguments: str | pathlib.Path) -> None:
    """Install packages into the virtual environment."""
    run(PYTHON, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', *arguments)


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
        say('pip knows no index with torch for CPU only: taking the general one, about 3 GB')
    pip(pinned)


def install_packages(distro: str | None) -> None:
    """Install what requirements/ names, and make the wheels of ROS 2 fit this machine."""
    lists = sorted(REQUIREMENTS.glob('*.txt'))
    stamp = Stamp('packages', digest(distro or 'wheels', *lists))
    if stamp.fresh():
        return
    say('installing packages (minutes, once)')
    install_torch(distro)
    pip('-r', REQUIREMENTS / 'runtime.txt', '-r', REQUIREMENTS / 'test.txt')
    if distro:
        pip('setuptools<80', 'colcon-common-extensions')
    else:
        pip('--require-hashes', '--no-deps', '-r', REQUIREMENTS / 'ros-jazzy.txt')
        correct_exports()
    stamp.set()


def correct_exports() -> None:
    """Name this machine's headers where exported CMake files name those of the build machine.

    Raises:
        SetupError: The headers of Python are not installed.

    """
    include = pathlib.Path(ask('import sysconfig; print(sysconfig.get_path("include"))'))
    if not (include / 'Python.h').exists():
        raise SetupError(f'{include}/Python.h is missing; `apt install python3-dev` brings it.')
    numpy = ask('import numpy; print(numpy.get_include())')
    for path in (VENV / 'share').glob('*/cmake/*.cmake'):
        text = path.read_text()
        mended = FOREIGN_PYTHON.sub(str(include), FOREIGN_NUMPY.sub(numpy, text))
        if mended != text:
            path.write_text(mended)


def write_hook(distro: str | None) -> None:
    """Install the start hook, the `streamo` command, and the way to the source tree."""
    site = site_packages()
    record = {name: [str(folder) for folder in search_path(name, site, distro)]
              for name in ROS_VARIABLES}
    (site / 'streamo_prefix.json').write_text(json.dumps(record, indent=1))
    shutil.copy(ROOT / 'scripts' / 'streamo_prefix.py', site)
    # First on the path: the source tree is what runs, and a new module needs no build.
    # The name sorts before the wheels' own hook, which would start the interpreter once more.
    (site / '_streamo_ros.pth').write_text(
        f'import sys; sys.path.insert(0, {str(ROOT)!r})\nimport streamo_prefix\n'
    )
    command = VENV / 'bin' / 'streamo'
    command.write_text(
        '#!/bin/sh\n'
        # A line of both languages: a path may be too long, or have blanks, for a `#!` line.
        f"'''exec' \"{PYTHON}\" \"$0\" \"$@\"\n'''\n"
        'import sys\n\nfrom streamo_ros.cli import main\n\nsys.exit(main())\n'
    )
    command.chmod(0o755)


def search_path(name: str, site: pathlib.Path, distro: str | None) -> list[str]:
    """Return the folders that a search path of ROS 2 must hold."""
    ours: dict[str, list[pathlib.Path]] = {
        'AMENT_PREFIX_PATH': [VENV],
        'LD_LIBRARY_PATH': [VENV / 'lib', *sorted(site.glob('ros_*.libs'))],
    }
    theirs = os.environ.get(name, '').split(os.pathsep) if distro else []
    return [str(folder) for folder in ours.get(name, [])] + [part for part in theirs if part]


def build_inputs() -> list[str | pathlib.Path]:
    """Return what the build depends on: contents of build files, names of linked data files."""
    files = [ROOT / 'CMakeLists.txt', ROOT / 'package.xml']
    for folder in ('msg', 'srv', 'action', 'resource', 'scripts'):
        files += sorted(path for path in (ROOT / folder).glob('*') if path.is_file())
    linked = [path for folder in ('launch', 'config', 'models')
              for path in sorted((ROOT / folder).rglob('*'))]
    return [*files, *(str(path) for path in linked if path.suffix != '.pyc')]


def build(distro: str | None) -> None:
    """Build this package into the virtual environment with colcon."""
    packages = (VENV / '.streamo-packages').read_text()
    stamp = Stamp('build', digest(packages, str(ROOT), *build_inputs()))
    if stamp.fresh():
        return
    say('building the interfaces (about a minute)')
    write_hook(distro)
    env = dict(os.environ, VIRTUAL_ENV=str(VENV))
    env['PATH'] = os.pathsep.join([str(VENV / 'bin'), env.get('PATH', '')])
    env['CMAKE_PREFIX_PATH'] = os.pathsep.join(
        part for part in (str(VENV), env.get('CMAKE_PREFIX_PATH', '')) if part
    )
    run(PYTHON, '-m', 'colcon', '--log-base', VENV / 'log', 'build', '--paths', ROOT,
        '--build-base', VENV / 'build', '--merge-install', '--install-base', VENV,
        '--symlink-install', '--event-handlers', 'console_cohesion-', 'console_stderr+',
        '--cmake-args', '-DBUILD_TESTING=OFF', '-DCMAKE_BUILD_TYPE=Release',
        f'-DPython3_EXECUTABLE={PYTHON}',
        f'-DPYTHON_INSTALL_DIR={site_packages().relative_to(VENV)}', env=env)
    try:
        ask('import rclpy; from streamo_ros.msg import FrameState; FrameState()')
    except subprocess.CalledProcessError as error:
        raise SetupError(
            f'The interfaces were built and cannot be imported: {error.stderr.strip()}; '
            '`make clean setup` begins anew.'
        ) from error
    stamp.set()


def main() -> int:
    """Make or refresh the environment; return the exit code."""
    distro = os.environ.get('ROS_DISTRO')
    try:
        check_machine(distro)
        VENV.mkdir(exist_ok=True)
        with (VENV / '.streamo-lock').open('w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            make_venv(distro)
            install_packages(distro)
            build(distro)
    except SetupError as error:
        print(f'setup: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
