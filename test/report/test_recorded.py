# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A node's own topics in a bag become the timeline of its run."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.job import run_job
from streamo_ros.report.recorded import recorded_timeline
from streamo_ros.report.recorded import RecordedError

RECORDED = Path(__file__).parents[1] / 'data' / 'recorded'


def test_a_bag_of_an_earlier_version_opens() -> None:
    """Its Response has fewer fields than ours."""
    timeline = recorded_timeline(RECORDED / 'replay.mcap')
    assert timeline is not None
    assert timeline.head.model['model_id']
    track = timeline.tracks[1]
    assert track.text == 'watch'
    (answer,) = track.answers
    assert answer.text


def test_a_bag_says_what_the_replay_that_wrote_it_said(tmp_path: Path) -> None:
    job = ReplayJob(
        str(RECORDED / 'replay.mcap'),
        RECORDED / 'rules.yaml',
        (TimedInstruction('watch'),),
        output=tmp_path,
    )
    outcome = run_job(job)
    timeline = recorded_timeline(tmp_path / 'replay.mcap')
    assert timeline is not None
    mine, theirs = timeline.tracks[1], outcome.timeline.tracks[1]
    assert [(one.at, one.text) for one in mine.answers] == [
        (one.at, one.text) for one in theirs.answers
    ]
    assert [one.decision.state for one in mine.points] == [
        one.decision.state for one in theirs.points
    ]


def test_a_bag_without_decisions_is_none_and_a_file_of_another_kind_is_refused(
    bags: Path, tmp_path: Path
) -> None:
    assert recorded_timeline(bags / 'raw_mcap') is None
    assert recorded_timeline(bags / 'raw_sqlite') is None
    (tmp_path / 'broken.mcap').write_bytes(b'nothing')
    with pytest.raises(RecordedError, match='cannot be read'):
        recorded_timeline(tmp_path / 'broken.mcap')
    assert recorded_timeline(RECORDED / 'replay.mcap', '/other') is None
