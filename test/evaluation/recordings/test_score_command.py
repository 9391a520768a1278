# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo score` on a video, on its replay, and on the bag that was recorded of it."""

from __future__ import annotations

import json

import pytest

from streamo_ros import cli
from streamo_ros.evaluation.recordings.gather import TOGETHER
from streamo_ros.evaluation.recordings.truth import Truth
from streamo_ros.evaluation.recordings.truth import TruthError
from streamo_ros.evaluation.recordings.watched import check_times
from streamo_ros.evaluation.recordings.watched import Watched


def score(capsys, *arguments, code=0):
    assert cli.main(['score', *map(str, arguments), '--json']) == code, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def test_a_video_is_replayed_and_scored(tmp_path, script, truth, video, capsys):
    out = tmp_path / 'out'
    found = score(capsys, video, '--truth', truth, '--model', script, '-o', out)
    assert (found['events'], found['caught'], found['missed']) == (2, 1, 1)
    assert (found['duplicates'], found['false_alarms']) == (1, 1)
    assert found['hours'] == pytest.approx(60 / 3600)
    row = found['recordings'][0]['instructions'][0]
    assert row['results'][0]['answer'] == [20.0, 'the kettle boils']
    assert row['false_alarm_answers'] == [[52.0, 'the kettle boils']]
    assert json.loads((out / 'score.json').read_text()) == found
    page = (out / 'score.html').read_text()
    # A picture of the miss and one of the false alarm.
    assert page.count('data:image/jpeg') == 2
    # What was decided is kept: folder, file of events and bag give the same figures.
    replay = out / 'replays' / 'kitchen'
    for stored in (replay, replay / 'events.jsonl', replay / 'replay.mcap'):
        again = score(capsys, stored, '--truth', truth)
        kept = {key: value for key, value in again.items() if key != 'recordings'}
        assert kept == {key: found[key] for key in kept}


def test_what_was_watched_for_in_several_runs_is_all_stored(tmp_path, script, video, capsys):
    others = [f'quiet {number}' for number in range(TOGETHER)]
    silent = ''.join(f'- {{instruction: {text}, say: []}}\n' for text in others)
    script.write_text(script.read_text() + silent)
    truth = tmp_path / 'many.yaml'
    quiet = ''.join(f'- {{instruction: {text}}}\n' for text in others)
    truth.write_text(f'{quiet}- {{instruction: kettle, events: [20]}}\n')
    out = tmp_path / 'out'
    found = score(capsys, video, '--truth', truth, '--model', script, '-o', out)
    assert (found['caught'], len(found['recordings'][0]['instructions'])) == (1, TOGETHER + 1)
    again = score(capsys, out / 'replays' / 'kitchen', '--truth', truth)
    assert again['recordings'][0]['instructions'] == found['recordings'][0]['instructions']


def test_a_broken_limit_is_exit_code_1(script, truth, video, capsys, monkeypatch):
    arguments = [video, '--truth', truth, '--model', script]
    assert score(capsys, *arguments, '--min-caught', 0.5, '--max-duplicates', 1)['broken'] == []
    found = score(capsys, *arguments, '--max-false-alarms', 1, code=1)
    assert found['broken'] == ['60.00 false alarms an hour; 1 are allowed']
    monkeypatch.setenv('COLUMNS', '80')
    assert cli.main(['score', *map(str, arguments), '--max-duplicates', '0']) == 1
    text = capsys.readouterr().out
    assert '1 of 2 events caught, 1 missed, 1 duplicates, 1 false alarm (60.0 an hour)' in text
    assert 'broken: 1 duplicates; 0 are allowed' in text


def test_in_hours_in_which_nothing_happens_every_answer_is_a_false_alarm(script, video, capsys):
    model = ['--model', script]
    found = score(capsys, video, '--never', '-i', 'kettle', '-i', 'quiet', *model)
    assert (found['events'], found['false_alarms']) == (0, 3)
    assert found['false_alarms_per_hour'] == pytest.approx(90)


@pytest.mark.parametrize(
    ('truth_text', 'sentence'),
    [
        ('- instruction: kettle\n  events: [75]', 'truth.yaml, line 1: the event ends at 75 s'),
        ('- instruction: kettle\n  unsure: [[90, 95]]', 'truth.yaml, line 1: unsure is 90 s'),
        ('- {recording: other, instruction: kettle}', 'it is about other'),
    ],
)
def test_a_truth_about_something_else_is_refused(
    tmp_path, script, video, capsys, truth_text, sentence
):
    (tmp_path / 'truth.yaml').write_text(truth_text)
    arguments = [video, '--truth', tmp_path / 'truth.yaml', '--model', script]
    assert cli.main(['score', *map(str, arguments)]) == 2
    assert sentence in capsys.readouterr().err


def test_an_instruction_that_begins_after_the_end_is_refused():
    truth = Truth('', 'kettle', since=300.0, place='truth.yaml, line 1')
    with pytest.raises(TruthError, match=r'line 1: from is 300 s, but a lasts 60\.0 s'):
        check_times(Watched('a', '', 60.0), [truth])


def test_what_was_never_asked_cannot_be_scored(tmp_path, script, truth, video, capsys):
    out = tmp_path / 'out'
    assert (
        cli.main(['replay', str(video), '-i', 'quiet', '--model', str(script), '-o', str(out)])
        == 0
    )
    assert cli.main(['score', str(out), '--truth', str(truth)]) == 2
    error = capsys.readouterr().err
    assert "was never asked 'kettle'; it was watched for 'quiet'" in error
    assert cli.main(['score', str(video), '--model', str(script)]) == 2
    assert 'add --truth FILE, or --never' in capsys.readouterr().err


def test_truths_of_several_files_count_together(tmp_path, script, truth, video, capsys):
    more = tmp_path / 'more.yaml'
    more.write_text('- {instruction: quiet}\n')
    both = ['--truth', truth, '--truth', more, '--model', script]
    found = score(capsys, video, *both)
    assert (found['events'], len(found['recordings'][0]['instructions'])) == (2, 2)
    assert cli.main(['score', str(video), *map(str, both), '--truth', str(more)]) == 2
    assert 'has a truth for this recording already' in capsys.readouterr().err
