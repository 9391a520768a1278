# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The bar tells how fast it goes, and Ctrl-C is first a wish and then an order."""

from __future__ import annotations

import io
import os
import signal

import pytest
from rich.console import Console

from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.job import run_job
from streamo_ros.replay.progress import Interruption
from streamo_ros.replay.progress import Progress


def test_bar_reaches_its_end_and_tells_speed_and_responses(bags, tmp_path):
    (tmp_path / 'rules.yaml').write_text(
        '[{instruction: "", say: [{from: 3, to: 4, state: response, text: three}]}]'
    )
    drawn = io.StringIO()
    console = Console(file=drawn, force_terminal=True, width=120)
    run_job(
        ReplayJob(str(bags / 'raw_mcap'), tmp_path / 'rules.yaml', (TimedInstruction('watch'),)),
        more_sinks=lambda source: [Progress('raw_mcap', source.duration, console)],
    )
    assert '× real time, 1 responses' in drawn.getvalue()
    assert '100%' in drawn.getvalue()


def test_second_ctrl_c_is_felt_and_the_old_handler_comes_back():
    before = signal.getsignal(signal.SIGINT)
    with Interruption() as stop:
        assert not stop()
        os.kill(os.getpid(), signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_is_felt_at_once_before_anybody_looks():
    with pytest.raises(KeyboardInterrupt), Interruption() as stop:
        os.kill(os.getpid(), signal.SIGINT)
    assert not stop()
