# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Recordings as the page gets them: report folders, event logs, bags."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamo_ros.core.errors import StreamoError
from streamo_ros.live.review import review


def test_folder_log_and_bag_tell_the_same(kettle, records):
    folder = review(kettle.report)
    log = review(kettle.report / 'events.jsonl')
    bag = review(kettle.report / 'replay.mcap')
    assert records(folder, 'a')
    assert records(folder, 'a')[0][5] == 'It boils.'
    for kind in ('d', 'a', 'p'):
        assert len(records(folder, kind)) == len(records(log, kind)) == len(records(bag, kind))
    for one, other in zip(records(folder, 'd'), records(bag, 'd'), strict=True):
        assert one[1:5] == other[1:5]
        assert one[5:8] == pytest.approx(other[5:8], abs=2e-6)
    assert [one['text'] for one in bag.facts['lanes']] == ['kettle']


def test_every_judged_frame_has_its_picture(kettle, records):
    session = review(kettle.report)
    frames = {one[2] for one in records(session, 'd')}
    assert {one[2] for one in records(session, 'p')} == frames
    assert all(session.pictures.get(int(stamp))[:2] == b'\xff\xd8' for stamp in frames)


def test_log_alone_shows_the_pictures_of_its_answers(kettle, tmp_path: Path, records):
    for part in ('events.jsonl', 'pictures'):
        (tmp_path / part).symlink_to(kettle.report / part)
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
