# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Judges the demo: every sampled frame was decided, and at least one answer was given."""

from __future__ import annotations

from collections import Counter
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from streamo_ros.core.frame import SECOND
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.rows import Row


@dataclass
class Verdict:
    """What the node did, and what was missing.

    Attributes:
        frames: sampled frames that have at least one FrameState.
        expected: sampled frames that the published stamps call for.
        states: how many FrameStates of each state.
        responses: answers.
        faults: what was missing, one sentence each; empty when nothing was.
    """

    frames: int = 0
    expected: int = 0
    states: dict[str, int] = field(default_factory=dict)
    responses: int = 0
    faults: list[str] = field(default_factory=list)


def judge(rows: Sequence[Row], last: int, rate: float) -> Verdict:
    """Judge a demo.

    Args:
        rows: everything that the node published.
        last: stamp of the last published frame, nanoseconds; 0 = nothing was published.
        rate: frames sampled per second of capture time.
    """
    decisions = [row for row in rows if isinstance(row, DecisionRow)]
    verdict = Verdict(
        states=dict(Counter(row.state for row in decisions)),
        responses=sum(isinstance(row, ResponseRow) for row in rows),
    )
    indexes = {row.frame_index for row in decisions}
    verdict.frames = len(indexes)
    if decisions and last:
        first = min(row.stamp for row in decisions)
        verdict.expected = int((last - first) * rate / SECOND) + 1
    verdict.faults = [*_missing_frames(verdict, indexes), *_missing_states(decisions)]
    if not verdict.responses:
        verdict.faults.append('no instruction was answered')
    return verdict


def _missing_frames(verdict: Verdict, indexes: set[int]) -> list[str]:
    if not indexes:
        return ['no FrameState was published']
    gaps = max(indexes) + 1 - len(indexes)
    missing = max(gaps, verdict.expected - verdict.frames)
    if missing > 0:
        return [f'{missing} of {verdict.expected} sampled frames have no FrameState']
    return []


def _missing_states(decisions: Sequence[DecisionRow]) -> list[str]:
    """Every instruction has one state per frame, from its first frame to its last."""
    seen: dict[int, Counter[int]] = defaultdict(Counter)
    for row in decisions:
        seen[row.instruction_id][row.frame_index] += 1
    newest = max((row.frame_index for row in decisions), default=0)
    faults = []
    for key, counts in sorted(seen.items()):
        stop = newest if key else max(counts)
        gaps = sum(counts[index] != 1 for index in range(min(counts), stop + 1))
        if gaps:
            faults.append(
                f'instruction {key} does not have exactly one FrameState on {gaps} frames'
            )
    return faults
