# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sequential questions: what is asked with each, what is written, and what is refused."""

from __future__ import annotations

import json
import re

import cv2
import numpy as np
import pytest

from streamo_ros import cli
from streamo_ros.evaluation.benchmarks.streaming_bench_sqa import BENCHMARK


def question(name, time, answer):
    return {
        'task_type': 'Sequential Question Answering',
        'question': f'{name}?',
        'time_stamp': time,
        'answer': answer,
        'options': ['one', 'two', 'three', 'four'],
    }


def record(*questions):
    return {'video_path': './videos/a.mp4', 'questions': list(questions)}


SEQUENCES = [
    [record(question('who', '00:00:04', 'B')), record(question('where', '00:00:08', 'C'))],
    [record(question('when', '00:00:06', 'A'), question('why', '00:00:09', 'D'))],
]
SCRIPT = """
- instruction: This was asked
  say:
  - {from: 7, to: 8, state: response, text: C. three}
- instruction: who
  say:
  - {from: 3, to: 4, state: response, text: A}
  - {from: 4, to: 5, state: response, text: B}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'questions_sqa.json').write_text(json.dumps(SEQUENCES))
    (tmp_path / 'model.yaml').write_text(SCRIPT)
    (tmp_path / 'videos').mkdir()
    path = str(tmp_path / 'videos' / 'a.mp4')
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*'mp4v'), 2.0, (64, 48))
    for number in range(24):
        writer.write(np.full((48, 64, 3), number, np.uint8))
    writer.release()
    return tmp_path


def run(folder, *more):
    paths = ['--data', folder, '--videos', folder, '--model', folder / 'model.yaml']
    arguments = [*paths, '--output', folder / 'out', '--json', *more]
    return cli.main(['benchmark', 'streaming-bench-sqa', *map(str, arguments)])


def test_a_question_comes_with_those_before_it_in_its_sequence_and_their_true_answers():
    who, where, when, why = BENCHMARK.questions(SEQUENCES)
    assert 'This was asked' not in who.text + when.text
    assert 'At 00:00:04: Question: who?; Options: A. one, B. two' in where.text
    assert '; Answer: B;' in where.text
    assert where.text.index('Answer: B') < where.text.index('where?')
    assert 'when?' in why.text
    assert 'who?' not in why.text
    assert (where.end, where.video[0]) == (8.0, 'videos/a.mp4')


def test_what_was_said_is_written_in_the_official_layout_and_scored(folder, capsys):
    assert run(folder) == 0
    found = json.loads(capsys.readouterr().out)['figures']
    # who: B at last; where: C; when: nothing; why: nothing that is right.
    assert found['answered'] == 3
    assert found['total'] == pytest.approx(200 / 3)
    rows = json.loads((folder / 'out' / 'rows.json').read_text())
    said = [[[one['streamo'] for one in record['questions']] for record in own] for own in rows]
    assert said == [[['B'], ['C. three']], [['', 'C. three']]]
    rows_file = str(folder / 'out' / 'rows.json')
    assert cli.main(['benchmark', 'streaming-bench-sqa', '--rows', rows_file]) == 0
    assert '| **total** | **66.67** |' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('content', 'sentence'),
    [
        ([record(question('who', '0:01', 'A'))], 'sequence 1 is no list of records'),
        ([SEQUENCES[0], [{'questions': []}]], 'sequence 2 is no list of records'),
        ([[record(*[question('x' * 900, '0:01', 'A')] * 3)]], '0/0/1 has 2102 characters'),
        ([], 'is not a list of records'),
    ],
)
def test_what_is_no_sequence_is_named(folder, capsys, content, sentence):
    (folder / 'questions_sqa.json').write_text(json.dumps(content))
    assert run(folder) == 2
    assert re.search(sentence, capsys.readouterr().err)
