# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A server's processes: what they use, their end by kill -9, and their next start. Linux only."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path

_PARENT, _USER, _SYSTEM = 1, 11, 12
"""Fields of /proc/PID/stat behind the name."""


class ServerProcess:
    """A running server.

    Args:
        pid: of its first process.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def seconds(self) -> float:
        """Processor seconds that it and all processes below it have used, in hundredths."""
        fields = dict(_all_fields())
        tree, found = {self.pid}, True
        while found:
            below = {pid for pid, each in fields.items() if int(each[_PARENT]) in tree}
            found = not below <= tree
            tree |= below
        ticks = sum(
            int(fields[pid][_USER]) + int(fields[pid][_SYSTEM]) for pid in tree if pid in fields
        )
        return ticks / os.sysconf('SC_CLK_TCK')

    def kill(self) -> None:
        """End its first process with kill -9."""
        os.kill(self.pid, signal.SIGKILL)

    @contextmanager
    def started_again(self, command: str) -> Iterator[None]:
        """Within the block it runs again, with all processes that it starts."""
        server = subprocess.Popen(
            shlex.split(command), stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _all_fields() -> Iterator[tuple[int, list[str]]]:
    for entry in Path('/proc').iterdir():
        if entry.name.isdigit():
            # Processes end meanwhile.
            with suppress(OSError):
                text = (entry / 'stat').read_text()
                yield int(entry.name), text.rpartition(')')[2].split()
