# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""No process of the demo is left behind."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from streamo_ros.demo import processes


def test_ctrl_c_while_a_process_starts_leaves_it_to_the_stack(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stopped = []

    class Interrupted:
        def __init__(self, *_: object) -> None:
            os.kill(os.getpid(), signal.SIGINT)

        def stop(self) -> None:
            stopped.append(self)

    monkeypatch.setattr(processes, 'Process', Interrupted)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), ExitStack() as stack:
        processes.start(stack, 'page', [], tmp_path)
    assert len(stopped) == 1
    assert signal.getsignal(signal.SIGINT) is before
