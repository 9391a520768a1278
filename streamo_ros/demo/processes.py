# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The demo's processes: on a graph of their own, on this machine only, none left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import ExitStack
from pathlib import Path

from streamo_ros.core.errors import StreamoError


class ProcessError(StreamoError, RuntimeError):
    """A process of the demo ended unexpectedly; the message has its own last complaint."""


class Process:
    """One child in a process group of its own.

    Args:
        name: its name in messages, and the name of its log.
        arguments: for this Python, e.g. ['-m', 'streamo_ros.node.camera'].
        folder: where its log goes.
    """

    def __init__(self, name: str, arguments: Sequence[str], folder: Path) -> None:
        self.name = name
        self.log = folder / f'{name}.log'
        with self.log.open('wb') as log:
            self._child = subprocess.Popen(
                [sys.executable, *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._child.poll() is not None

    def check(self) -> None:
        """Check that it has not failed.

        Raises:
            ProcessError: it ended with an error.
        """
        if self._child.poll():
            raise ProcessError(
                f'the {self.name} ended with code {self._child.returncode}: {self.reason()}'
            )

    def reason(self) -> str:
        """Its last complaint, or else the last line it printed."""
        lines = self.log.read_text(errors='replace').strip().splitlines()
        return self.complaint() or (lines[-1] if lines else f'see {self.log}')

    def complaint(self) -> str:
        """The last warning or error in its log, without time and name; '' = none."""
        complaints = re.findall(
            r'\[(?:WARN|ERROR|FATAL)\] \[[^\]]*\] \[[^\]]*\]: (.*)',
            self.log.read_text(errors='replace'),
        )
        return str(complaints[-1]).strip() if complaints else ''

    def stop(self, patience: float = 5.0) -> int:
        """Interrupt it like Ctrl-C, more forcefully every `patience` seconds; its exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            if self.ended:
                break
            os.killpg(self._child.pid, number)
            try:
                self._child.wait(patience)
            except subprocess.TimeoutExpired:
                continue
        return self._child.wait()


def start(stack: ExitStack, name: str, arguments: Sequence[str], folder: Path) -> Process:
    """Start a process that the stack stops, also when Ctrl-C comes in between.

    Args:
        stack: stops it.
        name: see `Process`.
        arguments: see `Process`.
        folder: see `Process`.
    """
    with _later():
        process = Process(name, arguments, folder)
        stack.callback(process.stop)
    return process


@contextmanager
def _later() -> Iterator[None]:
    """SIGINT and SIGTERM take effect behind the block. Children inherit nothing of this."""
    noted: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {
        number: signal.signal(number, lambda got, _frame: noted.append(got)) for number in numbers
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if noted:
        raise KeyboardInterrupt


def answer_signals() -> None:
    """Let SIGINT and SIGTERM end the demo in good order: both raise KeyboardInterrupt.

    SIGINT too, because a shell starts background jobs with it ignored, which children inherit.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


def isolate(environment: Mapping[str, str], profile: Path) -> dict[str, str]:
    """Variables that isolate a graph: a domain of its own, this machine only.

    Args:
        environment: of this process.
        profile: Fast DDS profile for large images.

    Returns:
        What to set; STREAMO_DEMO_DOMAIN chooses the domain.
    """
    domain = environment.get('STREAMO_DEMO_DOMAIN') or str(1 + os.getpid() % 100)
    variables = {'ROS_DOMAIN_ID': domain, 'RCUTILS_COLORIZED_OUTPUT': '0'}
    if environment.get('ROS_DISTRO') == 'humble':
        variables['ROS_LOCALHOST_ONLY'] = '1'
    else:
        variables['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    for name in ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'):
        variables[name] = str(profile)
    return variables
