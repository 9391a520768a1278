# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo convert`: the released mode byte for byte, and what becomes of bad input."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from streamo_ros import cli
from streamo_ros.core.protocol import State
from streamo_ros.training.labeled_dialogue import from_json
from streamo_ros.training.labeled_dialogue import read_dialogues
from streamo_ros.training.record import AnnotationError


def main(argv):
    return cli.main(['convert', *argv])


VIDEO = (
    'LLaVA_Video/1_2_m_youtube_v0_1/liwei_youtube_videos/videos/youtube_video_2024/'
    'ytb_ls8tmkfD7S0.mp4'
)
# Length and SHA-256 of dataset/example/stream_format.json in maifoundations/Streamo at 6d1f1ab.
RELEASED_BYTES = 27138
RELEASED_SHA256 = 'e935103474cdacfb506cfcf835d9d2c0b64db303df64e53d55ca2f244ec4b8f8'


def example(question: str, time: str, answer: str) -> dict:
    return {
        'video_name': 'ytb_ls8tmkfD7S0.mp4',
        'video_path': VIDEO,
        'task_type': 'QA',
        'source': 'LLaVA_Video',
        'question': [{'content': question, 'time': time}],
        'response': [{'content': answer, 'st_time': 5.0, 'end_time': 6.0, 'time': ''}],
    }


EXAMPLE = [
    example(
        'What event is the person with long blonde hair being interviewed at in front of a poster '
        "for 'The Beguiled'?",
        '5',
        'The person is being interviewed at a red carpet event in front of a poster for '
        "'The Beguiled.'",
    ),
    example(
        'What is the interviewer holding during the first red carpet event?',
        '3',
        "A microphone with the 'ET' logo.",
    ),
]


@pytest.fixture
def raw_file(tmp_path: Path, make_video, monkeypatch) -> Path:
    make_video(tmp_path / VIDEO, frames=76)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / 'raw.json'
    path.write_text(json.dumps(EXAMPLE))
    return path


def test_released_mode_reproduces_the_authors_file(raw_file, tmp_path):
    output = tmp_path / 'stream.json'
    assert main([str(raw_file), '-o', str(output), '--compat', 'released']) == 0
    dialogues = json.loads(output.read_text())
    asked = [k for k, m in enumerate(dialogues[0]['messages'][1::2]) if 'Beguiled' in m['content']]
    assert asked == [0, 4]
    written = output.read_bytes()
    assert len(written) == RELEASED_BYTES
    assert hashlib.sha256(written).hexdigest() == RELEASED_SHA256


def test_the_default_puts_the_question_at_its_own_second_alone(raw_file, tmp_path):
    output = tmp_path / 'out' / 'train.jsonl'
    assert main([str(raw_file), '-o', str(output)]) == 0
    first, second = read_dialogues(output)
    # Second 5 is the frame at 5 s, as it is in replay; the paper's rule calls it <4s-5s>.
    assert [k for k, turn in enumerate(first.turns) if turn.instruction] == [5]
    assert [k for k, turn in enumerate(second.turns) if turn.instruction] == [3]
    assert [turn.state for turn in first.turns[5:8]] == [
        State.STANDBY,
        State.RESPONSE,
        State.SILENCE,
    ]
    assert first.turns[6].time == 6
    assert main([str(raw_file), '-o', str(output), '--rule', 'paper']) == 0
    first, _ = read_dialogues(output)
    assert [k for k, turn in enumerate(first.turns) if turn.instruction] == [4]
    assert [turn.state for turn in first.turns[4:7]] == [
        State.STANDBY,
        State.STANDBY,
        State.RESPONSE,
    ]


def test_the_output_is_a_table(raw_file, tmp_path, monkeypatch):
    monkeypatch.setenv('HF_HOME', str(tmp_path / 'cache'))
    monkeypatch.setenv('HF_DATASETS_OFFLINE', '1')
    datasets = pytest.importorskip('datasets')
    output = tmp_path / 'train.jsonl'
    main([str(raw_file), '-o', str(output)])
    table = datasets.load_dataset(
        'json', data_files=str(output), split='train', cache_dir=str(tmp_path / 'cache')
    )
    assert table.num_rows == 2
    assert from_json(table[0]) == next(read_dialogues(output))


def bad_records(video: str) -> list:
    def base():
        return {
            'video_name': 'v',
            'video_path': video,
            'task_type': 'QA',
            'source': 's',
            'question': [{'content': 'what?', 'time': '1'}],
            'response': [{'content': 'this', 'st_time': 2, 'end_time': 4, 'time': ''}],
        }

    reversed_, negative, late, missing, bare, tagged = (base() for _ in range(6))
    reversed_['response'] = [{'content': 'a', 'st_time': 9, 'end_time': 4}, *base()['response']]
    negative['response'] = [{'content': 'a', 'st_time': -3, 'end_time': 4}, *base()['response']]
    late['response'] = [{'content': 'a', 'time': '99'}, *base()['response']]
    missing['video_path'] = 'nowhere.mp4'
    del bare['question']
    tagged['response'] = [{'content': 'x </Response> y', 'time': '3'}, *base()['response']]
    return [base(), reversed_, negative, late, missing, bare, tagged, 'text']


def test_bad_records_are_reported_and_the_rest_converted(tmp_path, make_video, capsys):
    video = make_video(tmp_path / 'v.mp4', frames=20)
    source, broken = tmp_path / 'raw.json', tmp_path / 'broken.json'
    source.write_text(json.dumps(bad_records(str(video))))
    broken.write_text('{"video_name": ')
    output, report = tmp_path / 'out.jsonl', tmp_path / 'report.json'
    assert (
        main([str(source), str(broken), '-o', str(output), '--report', str(report), '--json']) == 0
    )
    assert len(list(read_dialogues(output))) == 5
    details = json.loads(report.read_text())['details']
    found = {
        (Path(d['file']).name, d['record'].split()[0] if d['record'] else ''): d['why']
        for d in details
    }
    assert 'reversed' in found['raw.json', '2']
    assert 'negative' in found['raw.json', '3']
    assert 'past the end' in found['raw.json', '4']
    assert 'nowhere.mp4 is missing' in found['raw.json', '5']
    assert 'question is missing' in found['raw.json', '6']
    assert '</Response>' in found['raw.json', '7']
    assert 'not an object' in found['raw.json', '8']
    assert ('broken.json', '') in found
    assert json.loads(capsys.readouterr().out)['dialogues'] == 5


def test_stream_it_makes_long_dialogues_and_leaves_grounding_alone(tmp_path, make_video):
    video = make_video(tmp_path / 'v.mp4', frames=10)
    records = [
        {
            'video_name': f'{k}',
            'video_path': str(video),
            'source': 's',
            'task_type': 'event_grounding' if k == 5 else 'QA',
            'question': [{'content': 'what?', 'time': '1'}],
            'response': [{'content': f'number {k}', 'time': '6'}],
        }
        for k in range(6)
    ]
    source, output = tmp_path / 'raw.json', tmp_path / 'out.jsonl'
    source.write_text(json.dumps(records))
    arguments = [str(source), '-o', str(output), '--stream-it', '3', '--drop', '0']
    assert main(arguments) == 0
    made = list(read_dialogues(output))
    assert sorted(len(one.turns) for one in made) == [10, 20, 30]
    assert [one.name for one in made if len(one.turns) == 10] == ['5']
    said = ' '.join(turn.text for one in made for turn in one.turns)
    assert all(f'number {k}' in said for k in range(6))
    assert all(len(one.videos) == len(one.turns) // 10 for one in made)
    assert main([*arguments, '--drop', '1']) == 2


def test_what_is_wrong_with_a_whole_file_is_said_of_no_record(tmp_path, capsys):
    source = tmp_path / 'notes.md'
    source.write_text('# notes')
    out = tmp_path / 'out.jsonl'
    out.write_text('an older file\n')
    assert main([str(source), '-o', str(out)]) == 1
    assert out.read_text() == 'an older file\n'
    err = capsys.readouterr().err
    assert err.startswith(f'{source}: the file is not Streamo-Instruct')
    assert err.count('\n') == 1


def test_nothing_converted_is_a_failure(tmp_path, capsys):
    assert main([str(tmp_path / 'none.json'), '-o', str(tmp_path / 'out.jsonl')]) == 2
    assert 'does not exist' in capsys.readouterr().err


def test_a_broken_line_is_named(tmp_path):
    path = tmp_path / 'bad.jsonl'
    path.write_text('{"videos": []}\n')
    with pytest.raises(AnnotationError, match='line 1'):
        list(read_dialogues(path))
