# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags as tests of your own package: `pytest_plugins = ['streamo_ros.replay.pytest_plugin']`."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from streamo_ros.config.model import find_model
from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.replay.job import Outcome
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.job import run_job
from streamo_ros.replay.summary import summarize
from streamo_ros.share import camera_model

_OPTION = '--streamo-update-golden'


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes golden files."""
    parser.getgroup('streamo').addoption(
        _OPTION, action='store_true', help='write golden files instead of comparing with them'
    )


@pytest.fixture
def streamo_replay(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Outcome]:
    """Replay a source; fail with every difference from the golden file.

    The function takes: `source`, `golden` (None compares nothing), `instructions` ('TEXT' or
    'TEXT@SECONDS'; empty = the golden file's), `model`, and the other fields of `ReplayJob` by
    name. Paths are relative to the test's file. It returns the `Outcome`. Events, bag, report and
    pictures of differences are written to the test's `tmp_path`.
    """
    here = request.path.parent

    def run(
        source: str | Path,
        golden: str | Path | None = None,
        instructions: Iterable[str] = (),
        model: str | Path | None = None,
        **more: Any,
    ) -> Outcome:
        job = ReplayJob(
            source=str(here / source),
            model=here / model if model else find_model(camera_model()[0]),
            instructions=tuple(TimedInstruction.parse(text) for text in instructions),
            golden=here / golden if golden else None,
            update=bool(golden) and request.config.getoption(_OPTION),
            output=more.pop('output', tmp_path),
            **more,
        )
        outcome = run_job(job)
        if outcome.differences:
            summary = summarize(outcome)
            lines = '\n'.join([*summary.remarks, *summary.differences])
            pytest.fail(
                f'{source} differs from {golden}, report in {job.output}:\n{lines}\n'
                f'If this is right, rewrite the file with pytest {_OPTION}',
                pytrace=False,
            )
        return outcome

    return run
