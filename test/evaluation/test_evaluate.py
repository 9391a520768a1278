# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo evaluate` on files: dialogues with videos, and a video in which nothing is due."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from streamo_ros import cli


def convert(argv):
    return cli.main(['convert', *argv])


def main(argv):
    return cli.main(['evaluate', *argv])


SCRIPT = """
- instruction: red
  say:
  - {from: 2, to: 4, state: standby}
  - {from: 4, to: 5, state: response, text: it is red}
- instruction: noisy
  period: 30
  say:
  - {from: 10, to: 11, state: response, text: noise}
"""


@pytest.fixture
def script(tmp_path) -> Path:
    path = tmp_path / 'model.yaml'
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def video(tmp_path) -> Path:
    path = tmp_path / 'v.mp4'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'mp4v'), 5.0, (32, 24))
    for _ in range(300):
        writer.write(np.zeros((24, 32, 3), np.uint8))
    writer.release()
    return path


def figures(capsys, *arguments) -> dict:
    assert main([*map(str, arguments), '--json']) == 0
    return json.loads(capsys.readouterr().out)


def test_dialogues_are_watched_from_their_instruction_on(
    tmp_path, script, video, capsys, monkeypatch, score_names
):
    raw = {
        'video_name': 'v',
        'video_path': str(video),
        'task_type': 'QA',
        'source': 's',
        'question': [{'content': 'is it red?', 'time': '6'}],
        'response': [{'content': 'it is red', 'st_time': 8, 'end_time': 10, 'time': ''}],
    }
    (tmp_path / 'raw.json').write_text(json.dumps([raw]))
    lines = tmp_path / 'test.jsonl'
    assert convert([str(tmp_path / 'raw.json'), '-o', str(lines)]) == 0
    capsys.readouterr()
    found = figures(capsys, script, '--dialogues', lines)
    assert set(found) >= score_names
    # The instruction comes at 6 s: the script's seconds 2 to 4 are 8 to 10 of the video.
    assert found['state_macro_f1'] == found['timing_f1'] == found['answer_accuracy'] == 1
    assert found['families']['QA']['episodes'] == found['episodes'] == 1
    assert found['frames'] == 54
    monkeypatch.setenv('COLUMNS', '80')
    assert main([str(script), '--dialogues', str(lines)]) == 0
    table = capsys.readouterr().out
    assert 'state_macro_f1' in table
    assert '1.000' in table
    assert '…' not in table


def test_false_alarms_on_a_video(script, video, capsys, tmp_path):
    output = tmp_path / 'figures.json'
    found = figures(
        capsys,
        script,
        '--video',
        video,
        '--instruction',
        'noisy',
        '--instruction',
        'quiet',
        '--output',
        output,
    )
    # One minute each; 'noisy' speaks at 10 s and 40 s.
    assert found['never_hours'] == pytest.approx(2 / 60)
    assert found['false_alarms_per_hour'] == pytest.approx(60)
    assert found['false_alarms_per_minute'] == pytest.approx(1)
    assert found['families']['video']['false_alarms'] == 2
    assert found['timing_f1'] == 0
    assert found['answer_accuracy'] is None
    assert json.loads(output.read_text()) == found


def test_a_higher_threshold_answers_less(script, video, capsys):
    asked = (script, '--video', video, '--instruction', 'noisy')
    usual, strict = figures(capsys, *asked), figures(capsys, *asked, '--response-threshold', 1)
    assert (usual['false_alarms_per_minute'], strict['false_alarms_per_minute']) == (2, 0)
    assert (usual['response_threshold'], strict['response_threshold']) == (0, 1)


def test_lost_frames_are_seeded(script, video, capsys):
    one = figures(capsys, script, '--video', video, '--instruction', 'quiet', '--drop', 0.2)
    assert 30 < one['frames'] < 60
    again = figures(capsys, script, '--video', video, '--instruction', 'quiet', '--drop', 0.2)
    assert one['frames'] == again['frames']


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ([], 'nothing to evaluate'),
        (['--video', 'v.mp4'], '--instruction'),
        (['--video', 'none.mp4', '--instruction', 'x'], 'none.mp4'),
        (['--dialogues', 'none.jsonl'], 'streamo convert'),
        (['--worlds', '1', '--drop', '1'], '--drop'),
        (['--worlds', '1', '--workers', '0'], '--workers'),
        (['--worlds', '1', '--response-threshold', '2'], '--response-threshold'),
        (['--never-hours', '-1'], '--never-hours'),
        (['--worlds', '1', '--frames', '0'], '--frames'),
    ],
)
def test_bad_input_is_one_sentence(script, capsys, arguments, message):
    assert main([str(script), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_missing_model_is_one_sentence(tmp_path, video, capsys):
    assert main([str(tmp_path / 'none'), '--video', str(video), '--instruction', 'x']) == 2
    assert 'none' in capsys.readouterr().err


def test_several_processes_from_the_command_line(script):
    command = Path(sys.executable).with_name('streamo')
    if not command.exists():
        pytest.skip('the command is not installed beside this interpreter')
    run = subprocess.run(
        [
            command,
            'evaluate',
            script,
            '--worlds',
            '2',
            '--frames',
            '4',
            '--workers',
            '2',
            '--json',
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)['episodes'] == 2
