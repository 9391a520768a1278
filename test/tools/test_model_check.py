# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor says of a checkpoint before it is loaded."""

from __future__ import annotations

import json

from streamo_ros.share import share_path
from streamo_ros.tools import doctor
from streamo_ros.tools.model_check import check_model


def test_the_dialect_of_a_checkpoint_is_named(capsys, monkeypatch):
    monkeypatch.setattr(doctor, 'CHECKS', ())
    path = share_path('models', 'streamo-tiny')
    assert doctor.main(['--json', '--model', str(path)]) == 0
    model, dialect = json.loads(capsys.readouterr().out)
    assert model['found'].startswith('streamo-tiny, ')
    assert dialect['found'].startswith('dialect streamo: one frame a step, states </Silence>')


def test_what_a_dialect_lacks_is_noted():
    path = share_path('models', 'streamo-tiny')
    notes = [check for check in check_model(path, 'videochat3') if check.state == 'note']
    assert any('remote code' in note.found for note in notes)


def test_a_checkpoint_that_does_not_speak_the_dialect_is_missing():
    (check,) = check_model(share_path('models', 'streamo-tiny'), 'jo_ai')
    assert check.state == 'missing'
    assert '</silence> is' in check.found


def test_an_unknown_dialect_is_answered_with_the_nearest():
    (check,) = check_model(share_path('models', 'streamo-tiny'), 'aurora')
    assert 'set model.dialect to aura' in check.found
