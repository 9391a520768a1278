# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every step of the setup stands on: folders, commands, and whether it was done before.

Knows how to run and remember; knows nothing of what is installed.
"""

from __future__ import annotations

import hashlib
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / '.venv'
PYTHON = VENV / 'bin' / 'python'


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
