# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the demo did its job: every sampled frame has its states, and something was answered.

Knows rows and what the camera published; not how either came about.
"""

from __future__ import annotations

from collections import Counter
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from streamo_ros.core.frame import SECOND
from streamo_ros.report.event_log import Row


@dataclass
class Verdict:
    """What was seen, and what was missing.

    Attributes:
        frames: sampled frames that have at least one FrameState.
        expected: sampled frames that the published stamps call for.
        states: how many FrameStates of each state.
        responses: answers that came.
        faults: what was missing, a sentence each; empty when the job was done.
    """

    frames: int = 0
    expected: int = 0
    states: dict[str, int] = field(default_factory=dict)
    responses: int = 0
    faults: list[str] = field(default_factory=list)


def judge(rows: Sequence[Row], last: int, rate: float) -> Verdict:
    """Judge a demo.

    Args:
        rows: all that came from the node.
        last: stamp of the last published frame, nanoseconds; 0 = nothing was published.
        rate: frames sampled per second of capture time.
    """
    decisions = [row for row in rows if row['row'] == 'decision']
    verdict = Verdict(
        states=dict(Counter(row['state'] for row in decisions)),
        responses=sum(row['row'] == 'response' for row in rows),
    )
    indexes = {row['frame_index'] for row in decisions}
    verdict.frames = len(indexes)
    if decisions and last:
        first = min(row['stamp'] for row in decisions)
        verdict.expected = int((last - first) * rate / SECOND) + 1
    verdict.faults = [*_missing_frames(verdict, indexes), *_missing_states(decisions)]
    if not verdict.responses:
        verdict.faults.append('no instruction was answered')
    return verdict


def _missing_frames(verdict: Verdict, indexes: set[int]) -> list[str]:
    if not indexes:
        return ['not one FrameState came']
    gaps = max(indexes) + 1 - len(indexes)
    missing = max(gaps, verdict.expected - verdict.frames)
    if missing > 0:
        return [f'{missing} of {verdict.expected} sampled frames have no FrameState']
    return []


def _missing_states(decisions: Sequence[Row]) -> list[str]:
    """Every instruction has one state a frame, from its first frame to the last."""
    seen: dict[int, Counter[int]] = defaultdict(Counter)
    for row in decisions:
        seen[row['instruction_id']][row['frame_index']] += 1
    newest = max((row['frame_index'] for row in decisions), default=0)
    faults = []
    for key, counts in sorted(seen.items()):
        stop = newest if key else max(counts)
        holes = sum(counts[index] != 1 for index in range(min(counts), stop + 1))
        if holes:
            faults.append(f'instruction {key} has not exactly one FrameState on {holes} frames')
    return faults
