# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The videos of Streamo-Instruct are found where their datasets put them."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from streamo_ros import cli
from streamo_ros.core.protocol import State
from streamo_ros.training.labeled_dialogue import read_dialogues
from streamo_ros.training.record import AnnotationError
from streamo_ros.training.source_paths import locate_video
from streamo_ros.training.source_paths import VideoPlace


@pytest.mark.parametrize(
    ('source', 'path', 'file'),
    [
        ('coin', 'coin/example.mp4', 'coin/videos/example.mp4'),
        ('ActivityNet', 'ActivityNet/video/clip.mp4', 'activitynet/videos/clip.mp4'),
        ('tacos', 'tacos/taco.mp4', 'tacos/videos/taco.avi'),
        ('Youcookv2', 'YouCookv2/raw_videos/training/101/ycook', 'youcook2/videos/ycook.mp4'),
        ('how_to_step', 'how_to_step/step.mp4', 'how_to_step/step.mp4'),
        ('LLaVA_Video', 'LLaVA_Video/a/b.mp4', 'LLaVA_Video/a/b.mp4'),
        ('ego_timeqa', 'ego_timeqa/u1_18_168.mp4', 'ego_timeqa/u1_18_168.mp4'),
    ],
)
def test_a_video_is_found_by_its_source(tmp_path, source, path, file):
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_bytes(b'')
    assert locate_video(path, source, tmp_path) == VideoPlace(tmp_path / file)


def test_a_part_of_a_longer_video_is_known_by_its_name(tmp_path):
    folder = tmp_path / 'ego4d/videos_3fps_480_noaudio'
    folder.mkdir(parents=True)
    (folder / 'u1.mp4').write_bytes(b'')
    place = locate_video('ego_timeqa/u1_18_168.mp4', 'ego_timeqa', tmp_path)
    assert place == VideoPlace(folder / 'u1.mp4', Fraction(18), Fraction(168))


def test_what_is_missing_is_said_with_every_place(tmp_path):
    with pytest.raises(AnnotationError, match='there is no tacos/videos/x'):
        locate_video('tacos/x.mp4', 'tacos', tmp_path)
    with pytest.raises(AnnotationError, match='those of no public dataset'):
        locate_video('Koala/x.mp4', 'Koala', tmp_path)
    with pytest.raises(AnnotationError, match=r'other/x\.mp4 is missing'):
        locate_video('other/x.mp4', 'other', tmp_path)


@pytest.mark.parametrize('stored', [False, True])
def test_a_part_is_labeled_as_a_video_of_its_own(tmp_path, make_video, stored):
    make_video(tmp_path / 'ego4d/videos_3fps_480_noaudio/u1.mp4', frames=60, rate=2.0)
    record = {
        'video_name': 'u1_8_20.mp4',
        'video_path': 'ego_timeqa/u1_8_20.mp4',
        'task_type': 'QA',
        'source': 'ego_timeqa',
        'question': [{'content': 'Where is it?', 'time': '0'}],
        'response': [{'content': 'Here.', 'st_time': 3, 'end_time': 5, 'time': ''}],
    }
    (tmp_path / 'raw.json').write_text(json.dumps([record]))
    output = tmp_path / 'out.jsonl'
    command = ['convert', str(tmp_path / 'raw.json'), '--videos', str(tmp_path), '-o', str(output)]
    frames = ['--frames', str(tmp_path / 'frames')] if stored else []
    assert cli.main([*command, *frames]) == 0
    (dialogue,) = read_dialogues(output)
    assert [turn.start for turn in dialogue.turns] == list(range(13))
    assert [turn.time for turn in dialogue.turns] == list(range(8, 21))
    (due,) = (turn for turn in dialogue.turns if turn.state is State.RESPONSE)
    assert (due.start, due.time) == (5, 13)
