# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compares a replay with a golden file while it runs, and keeps pictures of the differences."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.files import write_bytes
from streamo_ros.replay.golden import Difference
from streamo_ros.replay.golden import Golden
from streamo_ros.replay.golden import GoldenDecision
from streamo_ros.replay.golden import step_decisions
from streamo_ros.report.report_sink import thumbnail

_PICTURES = 50


class GoldenSink(Sink):
    """Gathers decisions.

    Args:
        golden: what is expected; None expects nothing and finds no differences.
        tolerance: how far probabilities may differ.
        folder: pictures go to its folder `differences`; None = a temporary folder.

    Attributes:
        decisions: those of the replay, in order.
    """

    def __init__(self, golden: Golden | None, tolerance: float, folder: Path | None) -> None:
        self.decisions: list[GoldenDecision] = []
        self._golden = golden
        self._expected = (
            {decision.key: decision for decision in golden.decisions} if golden else {}
        )
        self._tolerance = tolerance
        self._folder = folder / 'differences' if folder else None
        self._pictures: dict[tuple[int, int, int], Path] = {}

    def take(self, step: Step) -> None:
        """Gather a step."""
        for decision in step_decisions(step):
            self.decisions.append(decision)
            expected = self._expected.get(decision.key)
            differs = expected is None or not expected.agrees(decision, self._tolerance)
            if self._golden and differs and len(self._pictures) < _PICTURES:
                self._keep_picture(decision, step)

    def differences(self, stopped: bool) -> list[Difference]:
        """Differences with their pictures.

        Args:
            stopped: the replay did not come to its end: what it did not reach is no difference.
        """
        if self._golden is None:
            return []
        return [
            replace(difference, picture=self._picture(difference))
            for difference in self._golden.differences(self.decisions, self._tolerance)
            if difference.actual or not stopped
        ]

    def _picture(self, difference: Difference) -> Path | None:
        return self._pictures.get(difference.actual.key) if difference.actual else None

    def _keep_picture(self, decision: GoldenDecision, step: Step) -> None:
        if step.frame is None or step.frame.image is None:
            return
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix='streamo_differences_'))
        name = (
            f'{decision.stream_id}_{decision.seconds:08.2f}s'
            f'_instruction_{decision.instruction_id}.jpg'
        )
        self._pictures[decision.key] = self._folder / name
        write_bytes(self._pictures[decision.key], thumbnail(step.frame.image))
