# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Judges the demo: every sampled frame was decided, once for each instruction."""

from __future__ import annotations

from collections import Counter
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from fractions import Fraction

from streamo_ros.core.frame import SECOND
from streamo_ros.core.protocol import State
from streamo_ros.report.marks import count_marks
from streamo_ros.report.marks import mark
from streamo_ros.report.marks import mark_name
from streamo_ros.report.marks import NO_INSTRUCTION
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.rows import Row


@dataclass
class DemoVerdict:
    """What the node did, and what was missing.

    Attributes:
        frames: sampled frames that have at least one FrameState.
        expected: sampled frames that the published stamps call for.
        states: how many FrameStates of each mark.
        responses: answers.
        undecided: why nothing at all was decided, in one sentence; '' if something was.
        faults: what was missing, one sentence each; empty when nothing was.
    """

    frames: int = 0
    expected: int = 0
    states: dict[str, int] = field(default_factory=dict)
    responses: int = 0
    undecided: str = ''
    faults: list[str] = field(default_factory=list)


def judge(rows: Sequence[Row], stamps: Sequence[int], rate: float) -> DemoVerdict:
    """Judge a demo.

    Args:
        rows: everything that the node published.
        stamps: capture times of the published frames, nanoseconds, in the order of their arrival;
            a few may be missing.
        rate: frames sampled per second of capture time.
    """
    decisions = [row for row in rows if isinstance(row, DecisionRow)]
    verdict = DemoVerdict(
        states=count_marks(decisions),
        responses=sum(isinstance(row, ResponseRow) for row in rows),
        undecided=_undecided(decisions),
    )
    frames = {(row.stream_id, row.frame_index) for row in decisions}
    verdict.frames = len(frames)
    verdict.expected = _expected(decisions, stamps, rate)
    verdict.faults = [*_missing_frames(verdict), *_missing_states(decisions)]
    return verdict


def _undecided(decisions: Sequence[DecisionRow]) -> str:
    if any(row.state != State.UNKNOWN.name for row in decisions):
        return ''
    if not decisions:
        return 'nothing was decided: no FrameState was published'
    reasons = Counter(row.reason for row in decisions if mark(row) != NO_INSTRUCTION)
    if not reasons:
        return 'nothing was decided: the stream ended before any instruction became active'
    ((reason, _),) = reasons.most_common(1)
    return f'nothing was decided: {mark_name(reason or State.UNKNOWN.name)} on every frame'


def _expected(decisions: Sequence[DecisionRow], stamps: Sequence[int], rate: float) -> int:
    """How many frames are sampled: one in each tick of capture time in which there is any.

    Seconds do not count: a slow source, a time lapse and a gap leave ticks empty.
    """
    last: dict[int, int] = {}
    for row in decisions:
        last[row.stream_id] = max(row.frame_index, last.get(row.stream_id, 0))
    numbered = sum(index + 1 for index in last.values())
    if len(last) != 1:
        # Ticks of a stream that jumped count from a frame that is not known here.
        return numbered
    first = min(row.stamp for row in decisions)
    pace = Fraction(rate).limit_denominator(100_000)
    seen = {*stamps, *(row.stamp for row in decisions)}
    ticks = {(stamp - first) * pace // SECOND for stamp in seen if stamp >= first}
    return max(numbered, len(ticks))


def _missing_frames(verdict: DemoVerdict) -> list[str]:
    missing = verdict.expected - verdict.frames
    if missing > 0:
        return [f'{missing} of {verdict.expected} sampled frames have no FrameState']
    return []


def _missing_states(decisions: Sequence[DecisionRow]) -> list[str]:
    """Every instruction has one state per frame, from its first frame to its last."""
    seen: dict[tuple[int, int], Counter[int]] = defaultdict(Counter)
    newest: Counter[int] = Counter()
    for row in decisions:
        seen[row.instruction_id, row.stream_id][row.frame_index] += 1
        newest[row.stream_id] = max(newest[row.stream_id], row.frame_index)
    faults = []
    for (key, stream), counts in sorted(seen.items()):
        stop = newest[stream] if key else max(counts)
        gaps = sum(counts[index] != 1 for index in range(min(counts), stop + 1))
        if gaps:
            faults.append(
                f'instruction {key} does not have exactly one FrameState on {gaps} frames'
            )
    return faults
