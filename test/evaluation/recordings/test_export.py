# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drawn worlds as recordings with truth: what is written is what the case asks for."""

from __future__ import annotations

import json

import numpy as np

from streamo_ros import cli
from streamo_ros.core.protocol import State
from streamo_ros.evaluation.recordings.export import write_recordings
from streamo_ros.evaluation.recordings.truth_file import read_truth
from streamo_ros.evaluation.synthetic import synthetic_cases
from streamo_ros.evaluation.synthetic import SyntheticSettings
from streamo_ros.sources.open import open_source


def test_a_recording_holds_the_frames_and_the_truth_of_its_case(tmp_path):
    cases = list(synthetic_cases(2, SyntheticSettings(frames=12, families=('count', 'never'))))
    folders = write_recordings(cases, tmp_path)
    truths = read_truth(tmp_path / 'truth.jsonl')
    for case, folder, truth in zip(cases, folders, truths, strict=True):
        records = list(open_source(str(folder)).records())
        assert [one.stamp for one in records] == [one.tick.stamp for one in case.moments]
        for record, image in zip(records, case.images(), strict=True):
            assert np.array_equal(record.image(), image)
        assert (truth.recording, truth.instruction) == (folder.name, case.instruction)
        due = [one for one in case.moments if one.state is State.RESPONSE]
        first = case.moments[0].seconds
        assert [event.start for event in truth.events] == [
            round(one.seconds - first, 3) for one in due
        ]
        assert all(
            event.accepts(one.text) and not event.accepts('something else')
            for event, one in zip(truth.events, due, strict=True)
        )
    # The second is about something that never comes.
    assert truths[0].events
    assert not truths[1].events


def test_what_was_exported_can_be_scored(tmp_path, capsys):
    folder, model = tmp_path / 'drawn', tmp_path / 'model.yaml'
    export = ['--worlds', '1', '--family', 'see', '--frames', '6', '--export', str(folder)]
    assert cli.main(['evaluate', str(model), *export]) == 0
    assert '1 recordings written; score them with: streamo score' in capsys.readouterr().out
    (recording,) = folder.glob('*_*')
    row = json.loads((folder / 'truth.jsonl').read_text())
    (event,) = row['events']
    say = [{'from': event['start'], 'to': event['start'] + 1, 'state': 'response'}]
    say[0]['text'] = event['words'][0]
    model.write_text(json.dumps([{'instruction': '', 'say': say}]))
    truth = ['--truth', str(folder / 'truth.jsonl'), '--model', str(model)]
    assert cli.main(['score', str(recording), *truth, '--min-caught', '1']) == 0
    assert '1 of 1 events caught, no false alarms' in capsys.readouterr().out
    # A second export would mix two runs.
    assert cli.main(['evaluate', str(model), *export]) == 2
    assert 'holds exported cases already' in capsys.readouterr().err


def test_only_what_is_drawn_can_be_exported(tmp_path, capsys):
    assert cli.main(['evaluate', 'any', '--streams', '2', '--export', str(tmp_path)]) == 2
    assert 'add --worlds N' in capsys.readouterr().err
