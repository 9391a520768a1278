# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a replay of a boiling kettle leaves, and the records that the page gets of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from streamo_ros.replay import ReplayJob
from streamo_ros.replay import run_job
from streamo_ros.replay import TimedInstruction

SCRIPT = """
- instruction: kettle
  period: 10
  say:
  - {from: 3, to: 5, state: standby}
  - {from: 5, to: 6, state: response, text: It boils.}
- instruction: ''
  say: []
"""


class Watched(NamedTuple):
    """Folders that a replay left."""

    report: Path
    store: Path


@pytest.fixture(scope='session')
def kettle(bags: Path, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Report and memory of a replay that was asked for a kettle."""
    folder = tmp_path_factory.mktemp('kettle')
    script = folder / 'kettle.yaml'
    script.write_text(SCRIPT)
    watched = Watched(folder / 'out', folder / 'memory')
    job = ReplayJob(
        str(bags / 'file_mcap'),
        script,
        instructions=(TimedInstruction('kettle', 2.0),),
        output=watched.report,
        memory=watched.store,
    )
    run_job(job)
    return watched


@pytest.fixture(scope='session')
def records() -> Callable[..., list[list]]:
    """Chooses the records of a kind that a session shows."""

    def choose(session, kind: str) -> list[list]:
        return [record for record in session.history.after(0, 10**6)[1] if record[0] == kind]

    return choose
