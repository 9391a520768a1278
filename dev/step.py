# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What all steps of the setup share: folders, commands and their log, stamps of what is done."""

from __future__ import annotations

import hashlib
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / '.venv'
PYTHON = VENV / 'bin' / 'python'
LOG = VENV / 'setup.log'


class SetupError(Exception):
    """The environment cannot be set up; the message states the reason and how to fix it."""


def report(text: str) -> None:
    """Print one line of progress."""
    print(f'setup: {text}', flush=True)


def execute(*command: str | pathlib.Path, env: dict[str, str] | None = None) -> str | None:
    """Run a command; its output goes to the log.

    Returns:
        None when it succeeded, else its output.

    """
    words = [str(word) for word in command]
    with LOG.open('a+', errors='replace') as log:
        print(f'$ {shlex.join(words)}', file=log, flush=True)
        start = log.tell()
        finished = subprocess.run(
            words, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT, check=False
        )
        log.seek(start)
        return log.read() if finished.returncode else None


def run(*command: str | pathlib.Path, env: dict[str, str] | None = None) -> None:
    """Run a command that must succeed; its output is shown only when it fails.

    Raises:
        SetupError: The command failed.

    """
    output = execute(*command, env=env)
    if output is not None:
        print(output, file=sys.stderr)
        words = ' '.join(str(word) for word in command[:4])
        raise SetupError(f'`{words} ...` failed; see its output above or all output in {LOG}.')


def evaluate(code: str) -> str:
    """Return what a line of Python prints in the virtual environment."""
    command = [str(PYTHON), '-c', code]
    # Not in the source tree, whose folders `python -c` would find first.
    finished = subprocess.run(command, cwd='/', check=True, capture_output=True, text=True)
    return finished.stdout.strip()


def digest(*parts: str | pathlib.Path) -> str:
    """Return a hash over texts and the contents of files."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.read_bytes() if isinstance(part, pathlib.Path) else part.encode())
        total.update(b'\0')
    return total.hexdigest()


def site_packages() -> pathlib.Path:
    """Return the folder of the virtual environment that holds packages."""
    return pathlib.Path(evaluate('import sysconfig; print(sysconfig.get_path("purelib"))'))


class Stamp:
    """Remembers the inputs with which a step was last completed."""

    def __init__(self, name: str, value: str) -> None:
        """Name the step and give the hash of its inputs."""
        self._path = VENV / f'.streamo-{name}'
        self._value = value

    def fresh(self) -> bool:
        """Tell whether the step was completed with these inputs."""
        return self._path.exists() and self._path.read_text() == self._value

    def set(self) -> None:
        """Remember that the step is complete."""
        self._path.write_text(self._value)
