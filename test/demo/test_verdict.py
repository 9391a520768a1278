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


def stamps(*seconds: float) -> list[int]:
    return [START + round(at * SECOND) for at in seconds]


def test_a_whole_run_has_no_faults() -> None:
    rows = [decision(0, 0, 'UNKNOWN'), *map(decision, range(1, 10)), ANSWER]
    verdict = judge(rows, stamps(*range(10), 9.9), rate=1.0)
    assert verdict.faults == []
    assert verdict.undecided == ''
    assert (verdict.frames, verdict.expected, verdict.responses) == (10, 10, 1)
    assert verdict.states == {'SILENCE': 9, 'NO_INSTRUCTION': 1}


def test_a_frame_without_a_state_is_missed() -> None:
    rows = [*map(decision, (0, 1, 3, 4)), ANSWER]
    faults = judge(rows, stamps(*range(5)), 1.0).faults
    assert '1 of 5 sampled frames have no FrameState' in faults


def test_frames_at_the_end_count_too() -> None:
    rows = [*map(decision, range(3)), ANSWER]
    assert judge(rows, stamps(0, 1, 2, 3, 4, 5), 1.0).faults == [
        '3 of 6 sampled frames have no FrameState'
    ]


def test_seconds_without_a_frame_are_not_expected() -> None:
    """A source slower than the sampling rate, with a gap."""
    at = (0, 3, 6, 60, 63)
    rows = [
        DecisionRow(stamp, 1, 'SILENCE', frame_index=index)
        for index, stamp in enumerate(stamps(*at))
    ]
    verdict = judge(rows, stamps(*at), 1.0)
    assert (verdict.frames, verdict.expected, verdict.faults) == (5, 5, [])
    assert judge(rows[:-1], stamps(*at), 1.0).expected == 5


def test_several_frames_of_a_tick_are_one() -> None:
    rows = [*map(decision, range(3))]
    assert judge(rows, stamps(*(number / 30 for number in range(90))), 1.0).faults == []
    # At another rate the ticks are others.
    assert judge(rows, stamps(*(number / 30 for number in range(90))), 2.0).expected == 6


def test_frames_before_the_first_one_watched_are_not_expected() -> None:
    assert judge([*map(decision, range(2))], stamps(-2, -1, 0, 1), 1.0).expected == 2


def test_images_that_only_the_node_received_are_no_fault() -> None:
    assert judge([*map(decision, range(4))], stamps(0, 3), 1.0).faults == []


def test_a_new_stream_counts_its_own_frames() -> None:
    again = [
        DecisionRow(START - SECOND + index * SECOND, 1, 'SILENCE', stream_id=2, frame_index=index)
        for index in (0, 1, 3)
    ]
    verdict = judge([*map(decision, range(3)), *again], stamps(0, 1, 2, -1, 0, 1, 2), 1.0)
    assert (verdict.frames, verdict.expected) == (6, 7)
    assert verdict.faults[0] == '1 of 7 sampled frames have no FrameState'


def test_every_instruction_has_exactly_one_state_a_frame() -> None:
    rows = [*map(decision, range(5)), decision(1, 2), decision(3, 2), decision(3, 2), ANSWER]
    assert judge(rows, stamps(*range(5)), 1.0).faults == [
        'instruction 2 does not have exactly one FrameState on 3 frames'
    ]


def test_no_answer_is_for_the_demo_to_judge() -> None:
    verdict = judge([*map(decision, range(2))], stamps(0, 1), 1.0)
    assert (verdict.faults, verdict.responses) == ([], 0)


def test_nothing_decided_has_its_reason() -> None:
    assert judge([], [], 1.0).undecided == 'nothing was decided: no FrameState was published'
    idle = decision(0, 0, 'UNKNOWN')
    assert judge([idle], stamps(0), 1.0).undecided == (
        'nothing was decided: the stream ended before any instruction became active'
    )
    bad = DecisionRow(START + SECOND, 1, 'UNKNOWN', reason='BAD_FRAME', frame_index=1)
    assert judge([idle, bad], stamps(0, 1), 1.0).undecided == (
        'nothing was decided: bad frame on every frame'
    )
    assert judge([idle, bad, decision(2)], stamps(0, 1, 2), 1.0).undecided == ''
