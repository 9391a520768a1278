# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The demo says what was missing, and only then."""

from __future__ import annotations

from streamo_ros.demo.verdict import judge
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import ResponseRow

SECOND = 1_000_000_000
START = 500 * SECOND


def decision(index: int, key: int = 1, state: str = 'SILENCE') -> DecisionRow:
    return DecisionRow(START + index * SECOND, key, state, frame_index=index)


ANSWER = ResponseRow(START, 1, 1, 'Yes.')


def test_a_whole_run_has_no_faults() -> None:
    rows = [decision(0, 0, 'UNKNOWN'), *map(decision, range(1, 10)), ANSWER]
    verdict = judge(rows, START + 9 * SECOND + 900_000_000, rate=1.0)
    assert verdict.faults == []
    assert (verdict.frames, verdict.expected, verdict.responses) == (10, 10, 1)


def test_a_frame_without_a_state_is_missed() -> None:
    rows = [*map(decision, (0, 1, 3, 4)), ANSWER]
    faults = judge(rows, START + 4 * SECOND, 1.0).faults
    assert '1 of 5 sampled frames have no FrameState' in faults


def test_frames_at_the_end_count_too() -> None:
    rows = [*map(decision, range(3)), ANSWER]
    assert judge(rows, START + 5 * SECOND, 1.0).faults == [
        '3 of 6 sampled frames have no FrameState'
    ]


def test_every_instruction_has_exactly_one_state_a_frame() -> None:
    rows = [*map(decision, range(5)), decision(1, 2), decision(3, 2), decision(3, 2), ANSWER]
    assert judge(rows, START + 4 * SECOND, 1.0).faults == [
        'instruction 2 does not have exactly one FrameState on 3 frames'
    ]


def test_no_answer_and_no_state_are_faults() -> None:
    assert judge([*map(decision, range(2))], START + SECOND, 1.0).faults == [
        'no instruction was answered'
    ]
    assert judge([], 0, 1.0).faults[0] == 'no FrameState was published'
