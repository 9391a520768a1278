# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stored frames are those of the video, wherever the video was used."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from streamo_ros import cli
from streamo_ros.evaluation.case_readers import dialogue_cases
from streamo_ros.training import frame_cache
from streamo_ros.training.labeled_dialogue import read_dialogues
from streamo_ros.training.record import AnnotationError
from streamo_ros.training.video_frames import frames_at


def record(video: Path, question: str) -> dict:
    return {
        'video_name': video.name,
        'video_path': str(video),
        'task_type': 'QA',
        'source': 's',
        'question': [{'content': question, 'time': '1'}],
        # It ends with the video: one more turn shows the last frame, which is no sampled one.
        'response': [{'content': 'red', 'st_time': 3, 'end_time': 7.4, 'time': ''}],
    }


@pytest.fixture
def raw(tmp_path, make_video):
    video = make_video(tmp_path / 'v.mp4', frames=30, rate=4.0)
    path = tmp_path / 'raw.json'
    path.write_text(json.dumps([record(video, 'what?'), record(video, 'which?')]))
    return path


def convert(raw, name, *options):
    output = raw.parent / name
    assert cli.main(['convert', str(raw), '-o', str(output), *options]) == 0
    return output


def pictures(dialogue):
    return list(frames_at(Path(dialogue.videos[0]), [turn.time for turn in dialogue.turns]))


def test_stored_frames_are_those_of_the_video(raw, tmp_path, monkeypatch):
    plain = list(read_dialogues(convert(raw, 'plain.jsonl')))
    store = str(tmp_path / 'frames')
    stored = list(read_dialogues(convert(raw, 'stored.jsonl', '--frames', store)))
    assert [dialogue.turns for dialogue in stored] == [dialogue.turns for dialogue in plain]
    # Both questions share one folder, and nothing is decoded twice.
    assert stored[0].videos == stored[1].videos
    assert len(list((tmp_path / 'frames').iterdir())) == 1
    for one, other in zip(plain, stored, strict=True):
        np.testing.assert_array_equal(pictures(one), pictures(other))
    monkeypatch.setattr(frame_cache, 'frames_at', None)
    convert(raw, 'again.jsonl', '--frames', store)
    (tmp_path / 'v.mp4').unlink()
    cases = list(dialogue_cases(tmp_path / 'stored.jsonl'))
    assert len(list(cases[1].images())) == len(cases[1].moments) == len(plain[1].turns) - 1


def test_jpeg_takes_less_and_is_close(raw, tmp_path):
    exact, close = tmp_path / 'exact', tmp_path / 'close'
    (one, *_) = read_dialogues(convert(raw, 'a.jsonl', '--frames', str(exact)))
    options = ['--frames', str(close), '--quality', '90']
    (other, *_) = read_dialogues(convert(raw, 'b.jsonl', *options))
    assert Path(other.videos[0], '000000.jpg').is_file()
    for rgb, near in zip(pictures(one), pictures(other), strict=True):
        assert abs(rgb.astype(int) - near).max() < 10


def test_a_conversion_that_was_interrupted_is_completed(raw, tmp_path, monkeypatch):
    def break_off(video, times):
        yield from list(frames_at(video, times))[:3]
        raise KeyboardInterrupt

    store = tmp_path / 'frames'
    monkeypatch.setattr(frame_cache, 'frames_at', break_off)
    cache = frame_cache.FrameCache(store)
    times = [Fraction(k) for k in range(6)]
    with pytest.raises(KeyboardInterrupt):
        cache.folder(tmp_path / 'v.mp4', times)
    monkeypatch.setattr(frame_cache, 'frames_at', frames_at)
    folder = cache.folder(tmp_path / 'v.mp4', times)
    np.testing.assert_array_equal(
        list(frames_at(folder, times)), list(frames_at(tmp_path / 'v.mp4', times))
    )


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--compat', 'released'], '--frames needs the videos'),
        (['--without-videos'], '--frames needs the videos'),
        (['--quality', '101'], 'not between 1 and 100'),
    ],
)
def test_what_cannot_be_stored_is_refused(raw, tmp_path, capsys, options, message):
    command = ['convert', str(raw), '-o', str(tmp_path / 'x'), '--frames', str(tmp_path / 'f')]
    assert cli.main([*command, *options]) == 2
    assert message in capsys.readouterr().err


def test_the_quality_is_checked():
    with pytest.raises(AnnotationError, match='not between'):
        frame_cache.FrameCache(Path('frames'), -1)
