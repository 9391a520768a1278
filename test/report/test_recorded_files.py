# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files that version 0.1.0 wrote before rows had classes still open, and say what they said."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from rosbags.highlevel import AnyReader

from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.node.journal import Journal
from streamo_ros.replay.golden import read_golden
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.job import run_job
from streamo_ros.report.event_log import read_event_log
from streamo_ros.report.event_log import to_json
from streamo_ros.report.html import write_report
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.timeline import read_timeline

RECORDED = Path(__file__).parents[1] / 'data' / 'recorded'
WATCH = ['SILENCE', 'STANDBY', 'RESPONSE', 'SILENCE', 'UNKNOWN', 'SILENCE']
LATE = ['SILENCE', 'UNKNOWN', 'RESPONSE']
ANSWER = 'Three, "grüß"'


def test_an_event_log_opens_and_makes_a_report(tmp_path: Path) -> None:
    rows = list(read_event_log(RECORDED / 'events.jsonl'))
    assert Counter(row.kind for row in rows) == {
        'replay': 1,
        'instruction': 2,
        'decision': 9,
        'response': 2,
        'end': 1,
    }
    broken = next(row for row in rows if isinstance(row, DecisionRow) and row.reason)
    assert (broken.probabilities, broken.reason) == (None, 'BAD_FRAME')
    assert broken.flaw.startswith('step is 7 bytes')
    assert to_json(broken)['probabilities'] == [None, None, None]
    assert [row.text for row in rows if isinstance(row, ResponseRow)] == [ANSWER, ANSWER]
    timeline = read_timeline(RECORDED / 'events.jsonl')
    assert [point.decision.state for point in timeline.tracks[1].points] == WATCH
    assert [(answer.began, answer.at) for answer in timeline.tracks[1].answers] == [(1, 2)]
    assert timeline.seconds == 6
    write_report(tmp_path / 'report.html', [timeline])
    page = (tmp_path / 'report.html').read_text()
    assert '1 frames could not be decoded: step is 7 bytes' in page


def test_a_golden_file_opens_and_the_same_bag_still_agrees(tmp_path: Path, bag_writer) -> None:
    golden = read_golden(RECORDED / 'golden.jsonl')
    assert golden.header.instructions == (TimedInstruction('watch'), TimedInstruction('late', 3))
    assert [
        decision.state for decision in golden.decisions if decision.instruction_id == 2
    ] == LATE
    bag_writer.write_bag(
        tmp_path / 'bag',
        [
            (
                '/camera/image_raw',
                bag_writer.IMAGE,
                stamp,
                bag_writer.raw(stamp, rgb, **({'step': 7} if number == 4 else {})),
            )
            for number, (stamp, rgb) in enumerate(bag_writer.frames(6, 1))
        ],
    )
    outcome = run_job(
        ReplayJob(str(tmp_path / 'bag'), RECORDED / 'rules.yaml', golden=RECORDED / 'golden.jsonl')
    )
    assert outcome.differences == []
    assert outcome.other_model == ''


def test_a_recording_opens_with_every_message(tmp_path: Path) -> None:
    with AnyReader([RECORDED / 'replay.mcap']) as bag:
        messages = [
            (connection.topic, bag.deserialize(data, connection.msgtype))
            for connection, _, data in bag.messages()
        ]
    states = [
        DecisionRow.from_message(one) for topic, one in messages if topic.endswith('frame_state')
    ]
    assert [state.state for state in states if state.instruction_id == 1] == WATCH
    assert [state.probabilities is None for state in states] == [
        state.state == 'UNKNOWN' for state in states
    ]
    (answer, _) = (
        ResponseRow.from_message(one) for topic, one in messages if topic.endswith('response')
    )
    assert (answer.text, answer.finish) == (ANSWER, 'STOP')
    # And it can be watched again: it holds the sampled frames.
    outcome = run_job(
        ReplayJob(
            str(RECORDED / 'replay.mcap'),
            RECORDED / 'rules.yaml',
            (TimedInstruction('watch'),),
            output=tmp_path,
        )
    )
    assert outcome.totals.counts.sampled == 5


def test_a_journal_opens_with_its_instructions_and_answers(tmp_path: Path) -> None:
    shutil.copy(RECORDED / 'journal.sqlite', tmp_path)
    journal = Journal(tmp_path / 'journal.sqlite')
    assert [one.text for one in journal.active()] == ['watch', 'late']
    assert journal.next_id() == 3
    assert [answer.text for answer in journal.answers(1)] == [ANSWER]
    assert not journal.remark
    journal.close()


def test_events_and_messages_make_the_same_row(tmp_path: Path) -> None:
    """What a message does not tell stays at its default."""
    run_job(
        ReplayJob(
            str(RECORDED / 'replay.mcap'),
            RECORDED / 'rules.yaml',
            (TimedInstruction('watch'),),
            output=tmp_path,
        )
    )
    logged = [
        row for row in read_event_log(tmp_path / 'events.jsonl') if isinstance(row, DecisionRow)
    ]
    with AnyReader([tmp_path / 'replay.mcap']) as bag:
        received = [
            DecisionRow.from_message(bag.deserialize(data, connection.msgtype))
            for connection, _, data in bag.messages()
            if connection.topic == '/streamo/frame_state'
        ]
    assert len(received) == len(logged) == 5
    told = {'seconds', 'tag', 'flaw'}
    for mine, theirs in zip(logged, received, strict=True):
        for name, value in to_json(mine).items():
            if name not in told:
                assert value == pytest.approx(to_json(theirs)[name], abs=2e-6), name
