# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Recordings as the page gets them: report folders, event logs, bags."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamo_ros.core.errors import StreamoError
from streamo_ros.live.review import review
from streamo_ros.replay import ReplayJob
from streamo_ros.replay import run_job
from streamo_ros.replay import TimedInstruction

SCRIPT = """
- instruction: kettle
  period: 10
  say:
  - {from: 3, to: 5, state: standby}
  - {from: 5, to: 6, state: response, text: It boils.}
- instruction: ''
  say: []
"""


@pytest.fixture(scope='module')
def recorded(bags: Path, tmp_path_factory) -> Path:
    """What `streamo replay --output` leaves."""
    folder = tmp_path_factory.mktemp('review')
    script = folder / 'kettle.yaml'
    script.write_text(SCRIPT)
    job = ReplayJob(
        str(bags / 'file_mcap'),
        script,
        instructions=(TimedInstruction('kettle'),),
        output=folder / 'out',
    )
    run_job(job)
    return folder / 'out'


def records(session, kind: str) -> list[list]:
    return [one for one in session.history.after(0, 10**6)[1] if one[0] == kind]


def test_folder_log_and_bag_tell_the_same(recorded: Path):
    folder = review(recorded)
    log = review(recorded / 'events.jsonl')
    bag = review(recorded / 'replay.mcap')
    assert records(folder, 'a')
    assert records(folder, 'a')[0][5] == 'It boils.'
    for kind in ('d', 'a', 'p'):
        assert len(records(folder, kind)) == len(records(log, kind)) == len(records(bag, kind))
    for one, other in zip(records(folder, 'd'), records(bag, 'd'), strict=True):
        assert one[1:5] == other[1:5]
        assert one[5:8] == pytest.approx(other[5:8], abs=2e-6)
    assert [one['text'] for one in bag.facts['lanes']] == ['kettle']


def test_every_judged_frame_has_its_picture(recorded: Path):
    session = review(recorded)
    frames = {one[2] for one in records(session, 'd')}
    assert {one[2] for one in records(session, 'p')} == frames
    assert all(session.pictures.get(int(stamp))[:2] == b'\xff\xd8' for stamp in frames)


def test_log_alone_shows_the_pictures_of_its_answers(recorded: Path, tmp_path: Path):
    for part in ('events.jsonl', 'pictures'):
        (tmp_path / part).symlink_to(recorded / part)
    session = review(tmp_path)
    answers = records(session, 'a')
    assert [one[2] for one in records(session, 'p')] == [one[2] for one in answers]


def test_what_cannot_be_shown_is_refused_in_a_sentence(bags: Path, tmp_path: Path):
    (tmp_path / 'empty.jsonl').write_text('')
    (tmp_path / 'odd.jsonl').write_text('{"row": "song"}\n')
    for path, words in (
        (tmp_path / 'none', 'does not exist'),
        (tmp_path / 'empty.jsonl', 'has no decisions'),
        (tmp_path / 'odd.jsonl', 'line 1'),
        (bags / 'file_mcap', 'no decisions of a streamo node'),
    ):
        with pytest.raises(StreamoError, match=words):
            review(path)
