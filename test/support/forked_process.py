# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A program as a process of its own, forked from one that has imported what it needs already.

Imports are most of what a node costs that lives for a second of test.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
from pathlib import Path

PRELOADED = [
    'streamo_ros.backbone.scripted',
    'streamo_ros.node.live_main',
    'streamo_ros.node.main',
    'streamo_ros.node.player',
]
CONTEXT = multiprocessing.get_context('forkserver')
CONTEXT.set_forkserver_preload(PRELOADED)

PROGRAM = """
import os, sys
os.setsid()
os.chdir({folder!r})
os.environ.clear()
os.environ.update({environment!r})
log = os.open({log!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
os.dup2(log, 1)
os.dup2(log, 2)
sys.argv = ['-c', *{arguments!r}]
exec({program!r})
"""
# What was preloaded has been imported before it is run.
MODULE = """
import runpy, warnings
warnings.filterwarnings('ignore', category=RuntimeWarning, module='runpy')
runpy.run_module({name!r}, run_name='__main__', alter_sys=True)
"""


class ForkedProcess:
    """Runs a program with the environment and the folder of the caller; as `subprocess.Popen`.

    Args:
        program: Python source; ends by an exception or in `SystemExit`.
        arguments: for `sys.argv`, after the program's name.
        log: file that what it prints is appended to.
    """

    def __init__(self, program: str, arguments: list[str], log: Path) -> None:
        source = PROGRAM.format(
            folder=str(Path.cwd()),
            environment=dict(os.environ),
            log=str(log),
            arguments=arguments,
            program=program,
        )
        self._process = CONTEXT.Process(
            target=exec, args=(source, {'__name__': '__main__'}), daemon=True
        )
        self._process.start()

    @classmethod
    def of_module(cls, name: str, arguments: list[str], log: Path) -> ForkedProcess:
        """Runs a module as `python -m` does."""
        return cls(MODULE.format(name=name), arguments, log)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; the exit code.

        Raises:
            subprocess.TimeoutExpired: it runs on.
        """
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired('a forked program', timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
