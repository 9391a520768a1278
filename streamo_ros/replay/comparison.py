# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Gathers what a replay decides and keeps a picture of every frame that is not as expected.

Knows golden entries and folders; what a difference is, is known by `golden`.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from streamo_ros.replay.golden import Difference
from streamo_ros.replay.golden import Golden
from streamo_ros.replay.golden import GoldenDecision
from streamo_ros.replay.golden import step_entries
from streamo_ros.replay.run import ReplayStep
from streamo_ros.replay.run import Totals
from streamo_ros.report.report_sink import thumbnail

_PICTURES = 50


class GoldenSink:
    """A `Sink` that gathers entries.

    Args:
        golden: what is expected; None expects nothing and finds no differences.
        tolerance: how far probabilities may be apart.
        folder: pictures go to its folder `differences`; None takes a temporary folder.
    """

    def __init__(self, golden: Golden | None, tolerance: float, folder: Path | None) -> None:
        self.entries: list[GoldenDecision] = []
        self._golden = golden
        self._expected = {entry.key: entry for entry in golden.entries} if golden else {}
        self._tolerance = tolerance
        self._folder = folder / 'differences' if folder else None
        self._pictures: dict[tuple[int, int, int], Path] = {}

    def take(self, step: ReplayStep) -> None:
        """Gather a step."""
        for entry in step_entries(step):
            self.entries.append(entry)
            expected = self._expected.get(entry.key)
            differs = expected is None or not expected.agrees(entry, self._tolerance)
            if self._golden and differs and len(self._pictures) < _PICTURES:
                self._keep_picture(entry, step)

    def close(self, totals: Totals) -> None:
        """Nothing is open."""

    def differences(self, stopped: bool) -> list[Difference]:
        """Differences with their pictures.

        Args:
            stopped: the replay did not come to its end: what was not reached is no difference.
        """
        if self._golden is None:
            return []
        found = self._golden.differences(self.entries, self._tolerance)
        return [
            replace(one, picture=self._pictures.get(one.came.key) if one.came else None)
            for one in found
            if one.came or not stopped
        ]

    def _keep_picture(self, entry: GoldenDecision, step: ReplayStep) -> None:
        if step.frame.image is None:
            return
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix='streamo_differences_'))
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f'{entry.stream_id}_{entry.seconds:08.2f}s_instruction_{entry.instruction_id}.jpg'
        self._pictures[entry.key] = self._folder / name
        self._pictures[entry.key].write_bytes(thumbnail(step.frame.image))
