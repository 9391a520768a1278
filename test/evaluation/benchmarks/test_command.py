# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo benchmark`: constructed questions about small videos, asked through the engine."""

from __future__ import annotations

import json
from importlib.util import find_spec

import cv2
import numpy as np
import pytest

from streamo_ros import cli
from streamo_ros.evaluation.benchmarks import multiple_choice
from streamo_ros.evaluation.benchmarks import ovo_bench
from streamo_ros.evaluation.benchmarks import streaming_bench
from streamo_ros.evaluation.benchmarks.et_bench import intervals

RECORDS = [
    {
        'id': 1,
        'task': 'CRR',
        'video': 'a.mp4',
        'question': 'where is the cup?',
        'ask_time': 2,
        'clue_time': 7,
        'test_info': [{'realtime': 5, 'type': 0}, {'realtime': 10, 'type': 1}],
    },
    {
        'id': 2,
        'task': 'REC',
        'video': 'missing.mp4',
        'activity': 'jump',
        'start_times': [1, 4],
        'end_times': [2, 5],
        'test_info': [{'realtime': 10, 'count': 2}],
    },
]
SCRIPT = """
- instruction: cup
  say:
  - {from: 5, to: 6, state: response, text: on the table}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'ovobench_timing.json').write_text(json.dumps(RECORDS))
    (tmp_path / 'model.yaml').write_text(SCRIPT)
    writer = cv2.VideoWriter(
        str(tmp_path / '1_1.mp4'), cv2.VideoWriter.fourcc(*'mp4v'), 2.0, (64, 48)
    )
    for number in range(24):
        writer.write(np.full((48, 64, 3), number, np.uint8))
    writer.release()
    return tmp_path


def run(folder, *more, code=0):
    arguments = ['--data', folder, '--videos', folder, '--model', folder / 'model.yaml']
    arguments += ['--output', folder / 'out', *more]
    assert cli.main(['benchmark', 'ovo-timing', *map(str, arguments)]) == code


def test_questions_are_asked_through_the_engine_and_missing_videos_are_listed(folder, capsys):
    run(folder, '--json')
    found = json.loads(capsys.readouterr().out)
    # Asked at 2 s, the script answers 5 s later: at 7 s of the video, when it is due.
    assert found['figures']['CRR f1'] == 1
    assert (found['questions'], found['scored']) == (2, 1)
    assert found['missing_videos'] == ['2_0.mp4']
    (row,) = json.loads((folder / 'out' / 'rows.json').read_text())
    assert (row['gt_timestamp'], row['detections']) == ([7.0], [7.0])
    table = (folder / 'out' / 'table.md').read_text()
    assert '1 of 2 questions scored (50.0%)' in table
    assert '1 videos are missing: 2_0.mp4' in table
    # The rows are in the official layout: they can be scored alone.
    assert cli.main(['benchmark', 'ovo-timing', '--rows', str(folder / 'out' / 'rows.json')]) == 0
    assert '| CRR f1 | 1.0000 |' in capsys.readouterr().out


def test_a_run_goes_on_where_it_was_stopped(folder, capsys):
    run(folder)
    replies = folder / 'out' / 'replies.jsonl'
    lines = replies.read_text().splitlines()
    # The reply is kept, so the model is not asked again; a line that was cut off is dropped.
    kept = lines[1].replace('on the table', 'from before')
    replies.write_text(f'{lines[0]}\n{kept}\n{{"key": "2", "ans')
    run(folder)
    assert 'from before' in (folder / 'out' / 'rows.json').read_text()
    capsys.readouterr()
    run(folder, '--rate', '2', code=2)
    assert 'made with another model or other options' in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(find_spec('ray') is None, reason='Ray is not installed: streamo_ros[ray]')
def test_a_ray_of_this_machine_says_what_this_process_does(folder, monkeypatch, capsys):
    # Ray keeps the token of the clusters that it starts in the home folder.
    monkeypatch.setenv('HOME', str(folder))
    run(folder)
    files = [folder / 'out' / name for name in ('replies.jsonl', 'rows.json', 'figures.json')]
    before = [file.read_bytes() for file in files]
    files[0].unlink()
    options = ['--data', folder, '--videos', folder, '--model', folder / 'model.yaml']
    options += ['--output', folder / 'out', '--ray', 'local']
    code = cli.main(['benchmark', 'ovo-timing', *map(str, options)])
    if 'timed out during startup' in capsys.readouterr().err:
        pytest.skip('this machine is too busy to start Ray')
    assert code == 0
    assert [file.read_bytes() for file in files] == before


@pytest.mark.parametrize(
    ('content', 'sentence'),
    [
        ('{}', 'is not a list of records'),
        ('[{"id": 1}]', "record 1: 'task' is missing"),
        ('[', 'is not JSON'),
        ('[{"id": 1, "task": "EPM", "video": "v"}]', 'has no record of CRR, REC, SSR'),
    ],
)
def test_another_benchmarks_folder_is_refused(folder, capsys, content, sentence):
    (folder / 'ovobench_timing.json').write_text(content)
    run(folder, code=2)
    assert sentence in capsys.readouterr().err


def test_what_is_needed_is_said(folder, capsys):
    assert cli.main(['benchmark', 'ovo-bench']) == 2
    assert 'give --data, --videos, --model and --output' in capsys.readouterr().err
    run(folder, '--task', 'SSR', code=2)
    assert 'there is no task SSR: choose among CRR, REC' in capsys.readouterr().err
    run(folder, '--ray', 'local', '--workers', '2', code=2)
    assert '--workers is for this machine' in capsys.readouterr().err
    (folder / '1_1.mp4').unlink()
    run(folder, code=2)
    assert 'has none of the videos, such as 1_1.mp4' in capsys.readouterr().err


def test_ovo_bench_asks_with_the_published_prompts(tmp_path):
    choice = {
        'id': 7,
        'task': 'EPM',
        'video': 'v.mp4',
        'question': 'Which?',
        'options': ['red', 'blue'],
        'gt': 1,
    }
    first, *polls = ovo_bench.questions([choice, *RECORDS])
    assert 'Question: Which?\nOptions:\nA. red; B. blue;\n' in first.text
    assert [poll.key for poll in polls] == ['1_0', '1_1', '2_0']
    assert polls[0].video[0] == '1_0.mp4'
    assert 'How many times did they jump?' in polls[2].text
    rows = ovo_bench.rows([choice, *RECORDS], {'7': [(3, 'A'), (9, 'B')], '1_0': [], '1_1': []})
    assert (rows[0]['response'], rows[0]['ground_truth']) == ('B', 'B')
    assert [poll['response'] for poll in rows[1]['test_info']] == [None, None]
    assert ovo_bench.score(rows)['EPM'] == 100


def test_streaming_bench_takes_the_first_answer_for_the_poll_that_was_answered_with_yes():
    record = {
        'video_path': './real/sample_1.mp4',
        'questions': [
            {
                'task_type': 'Proactive Output',
                'question': 'say GOAL when one is scored',
                'time_stamp': '0:00:10',
                'ground_truth_time_stamp': '0:01:00',
                'ground_truth_output': 'GOAL',
            }
        ],
    }
    (question,) = streaming_bench.proactive_questions([record])
    assert (question.begin, question.end) == (10, 64)
    assert question.video == ('real/sample_1.mp4', 'sample_1.mp4')
    for answers, time, answer in (
        ([(61.0, 'GOAL'), (20.0, 'x')], 100, 100),
        ([(62.0, 'a goal')], 100, 0),
        ([], 0, 0),
    ):
        rows = streaming_bench.proactive_rows([record], {'0/0': answers})
        figures = streaming_bench.score_proactive(rows)
        assert (figures['time accuracy'], figures['answer accuracy']) == (time, answer)


@pytest.mark.parametrize(
    ('text', 'found'),
    [
        ('From 3 to 9 seconds', [(3, 9)]),
        ('9.5 - 3 and 20 - 25', [(3, 9.5), (20, 25)]),
        ('It starts at 3\nand ends at 9', [(3, 9)]),
        ('It starts at 00:00:10\nIt ends at 00:01:00', [(0, 0)]),
        ('no idea', []),
    ],
)
def test_et_bench_reads_intervals(text, found):
    assert intervals(text) == found


@pytest.mark.parametrize(
    ('answer', 'reply', 'right'),
    [('B', 'B', True), ('blue', '(B) blue', True), (1, 'Blue', False), ('B', 'A', False)],
)
def test_multiple_choice_goes_by_the_first_letter(tmp_path, answer, reply, right):
    record = {'video': 'v', 'question': 'Which?', 'candidates': ['red', 'blue'], 'answer': answer}
    (tmp_path / 'questions.json').write_text(json.dumps([record]))
    records = multiple_choice.read(tmp_path)
    rows = multiple_choice.rows(records, {'0': [(1.0, reply)]})
    assert multiple_choice.score(rows)['total'] == 100 * right
