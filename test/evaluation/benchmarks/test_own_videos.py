# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Benchmarks on a user's own videos: Streamo-Bench's columns, SW-F1, and the judge of both."""

from __future__ import annotations

import json

import pytest

from streamo_ros import cli
from streamo_ros.evaluation.benchmarks import streamo_bench
from streamo_ros.evaluation.benchmarks import sw_f1
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkError
from streamo_ros.evaluation.benchmarks.benchmark import Graders

CHOICE = {
    'id': 1,
    'task': 'tsqa',
    'video': 'a.mp4',
    'question': 'Which color is the light?',
    'options': ['red', 'green'],
    'answers': [{'time': 10, 'text': 'red'}, {'time': 20, 'text': 'B'}],
}
OPEN = {**CHOICE, 'id': 2, 'options': [], 'answers': [{'window': [4, 6], 'text': 'It rings.'}]}
FORWARD = {
    'id': 3,
    'task': 'forward',
    'video': 'a.mp4',
    'question': 'When does it ring?',
    'interval': [10, 20],
}
STORY = {
    'id': 4,
    'task': 'narration',
    'video': 'a.mp4',
    'question': 'Narrate.',
    'baseline': 'A man walks.',
}


class FakeJudge:
    """Finds the longer text better, and texts with the same first word the same."""

    name = 'judge'

    def win(self, question, ours, theirs):
        return float(len(ours) > len(theirs))

    def same(self, question, true, said):
        return true.split()[0] == said.split()[0]

    def points(self, question, true, said):
        return 2 * (true in said)


def told(record, *said):
    return {**record, 'said': [list(one) for one in said]}


def test_streamo_bench_has_its_columns():
    backward = {**FORWARD, 'task': 'backward'}
    caption = {**STORY, 'task': 'caption'}
    rows = [
        told(FORWARD, (21, 'It rings from 10 s to 15 s.')),
        told(backward, (21, 'I do not know.')),
        told(STORY, (3, 'A man walks to the door.')),
        told(caption),
        told(CHOICE, (12.5, '(A) red'), (16, 'Green.'), (19, 'green')),
        told({**CHOICE, 'id': 5}, (14, 'red')),
    ]
    figures = streamo_bench.score(streamo_bench.grade(rows, Graders(FakeJudge())))
    assert figures == pytest.approx(
        {
            'forward mIoU': 50.0,
            'backward mIoU': 0.0,
            'narration win rate': 100.0,
            'caption win rate': 0.0,
            'tsqa accuracy': 50.0,
            'tsqa recall': 50.0,
            'tsqa recall, all answers': 50.0,
            'average': 250 / 6,
        }
    )
    without = streamo_bench.score(streamo_bench.grade(rows, Graders()))
    assert 'narration win rate' not in without
    assert 'average' not in without


def test_one_answer_does_not_count_for_two():
    twice = {**CHOICE, 'answers': [{'time': 10, 'text': 'red'}, {'time': 11, 'text': 'red'}]}
    assert streamo_bench.score([told(twice, (10, 'red'))])['tsqa recall'] == 50


def test_sw_f1_weighs_what_was_missed():
    rows = [told(CHOICE, (10, 'red'), (15, 'red'), (16, 'green')), told(OPEN, (5, 'it rings'))]
    figures = sw_f1.score(sw_f1.grade(rows, Graders()))
    assert figures == {
        'SW-F1': pytest.approx(100 * 4 / (4 + 2 + 0.4)),
        'right': 2,
        'missed': 1,
        'too many': 2,
        'window in seconds': 3.0,
    }
    assert sw_f1.score(sw_f1.grade(rows, Graders(window=4)))['right'] == 3


def test_a_judge_compares_open_answers_and_leaves_choices_alone():
    rows = [told(OPEN, (5, 'It is the phone.')), told(CHOICE, (10, 'red as ever'))]
    assert sw_f1.score(sw_f1.grade(rows, Graders()))['right'] == 0
    assert sw_f1.score(sw_f1.grade(rows, Graders(FakeJudge())))['right'] == 1


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        ({'task': 'dance'}, "record 1: the task 'dance' is none of"),
        ({'task': 'caption'}, "record 1: caption needs 'baseline'"),
        ({'answers': []}, 'record 1: tsqa needs at least one answer'),
        ({'answers': [{'text': 'red'}]}, 'record 1: a time is no number or'),
        ({'answers': [{'window': [3, 1], 'text': 'x'}]}, 'record 1: an interval ends before'),
        ({'ask': 'noon'}, 'record 1: a time is no number or'),
    ],
)
def test_a_record_that_lacks_something_is_named(tmp_path, change, sentence):
    (tmp_path / 'questions.json').write_text(json.dumps([{**CHOICE, **change}]))
    with pytest.raises(BenchmarkError, match=sentence):
        streamo_bench.BENCHMARK.read(tmp_path)


def test_sw_f1_needs_answers_at_moments(tmp_path):
    (tmp_path / 'questions.json').write_text(json.dumps([FORWARD]))
    with pytest.raises(BenchmarkError, match='has no record of tsqa'):
        sw_f1.read(tmp_path)


def test_options_are_asked_with_their_letters_and_from_the_time_of_asking():
    (question,) = streamo_bench.BENCHMARK.questions([{**CHOICE, 'ask': 4}])
    assert question.text == 'Which color is the light?\n(A) red\n(B) green'
    assert question.begin == 4


def test_rows_are_scored_from_the_command_line(tmp_path, capsys):
    file = tmp_path / 'rows.json'
    file.write_text(json.dumps([told(CHOICE, (10, 'red'), (20.5, 'green'))]))
    assert cli.main(['benchmark', 'sw-f1', '--rows', str(file), '--window', '1']) == 0
    table = capsys.readouterr().out
    assert '| **SW-F1** | **100.00** |' in table
    assert '| window in seconds | 1.0000 |' in table
    assert cli.main(['benchmark', 'sw-f1', '--rows', str(file), '--window', '-1']) == 2
    assert '--window must be 0 or more' in capsys.readouterr().err


def test_rows_keep_the_window_they_were_made_with():
    rows = sw_f1.grade([told(CHOICE, (10, 'red'), (25, 'green'))], Graders(window=6))
    assert sw_f1.score(sw_f1.grade(rows, Graders()))['right'] == 2
    mixed = [*rows, *sw_f1.grade([told(OPEN)], Graders(window=1))]
    with pytest.raises(BenchmarkError, match='give one with --window'):
        sw_f1.grade(mixed, Graders())
    assert sw_f1.score(sw_f1.grade(mixed, Graders(window=6)))['right'] == 2


def test_a_wide_window_is_judged_as_a_whole():
    due = {**OPEN, 'answers': [{'time': 5, 'text': 'It rings.'}]}
    rows = sw_f1.grade([told(due, (20, 'It is the phone.'))], Graders(FakeJudge(), window=30))
    assert sw_f1.score(rows)['right'] == 1


def test_more_options_than_letters_are_compared_by_their_words():
    many = {**CHOICE, 'options': [f'item {number}' for number in range(30)]}
    due = {**many, 'answers': [{'time': 10, 'text': 'item 29'}]}
    assert sw_f1.score([told(due, (10, 'Item 29.'))])['right'] == 1
