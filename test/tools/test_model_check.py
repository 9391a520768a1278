# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor says of a checkpoint before it is loaded."""

from __future__ import annotations

import json
import shutil

import pytest

from streamo_ros.share import EMBEDDED
from streamo_ros.share import share_path
from streamo_ros.share import TINY
from streamo_ros.tools import doctor
from streamo_ros.tools.model_check import check_model


@pytest.fixture
def folder(tmp_path):
    """A copy of the embedded model, which is a Qwen2.5-VL."""
    return shutil.copytree(share_path('models', EMBEDDED[TINY]), tmp_path / 'model')


def test_a_checkpoint_is_described(folder):
    findings = {check.name: check for check in check_model(folder)}
    assert list(findings) == ['model', 'dialect', 'frames', 'memory']
    assert {check.state for check in findings.values()} == {'ok'}
    assert 'Qwen25VL' in findings['model'].found
    assert 'tokens' in findings['frames'].found
    assert 'computed' in findings['memory'].found


def test_the_window_counts_in_its_own_format(folder, monkeypatch, capsys):
    monkeypatch.setattr(doctor, 'CHECKS', ())
    assert doctor.main(['--model', str(folder), '--context-dtype', 'int8']) == 0
    assert 'tokens in int8, 0.00 GiB for passes' in capsys.readouterr().out
    assert doctor.main(['--model', str(folder), '--context-dtype', 'int4']) == 1
    assert "context.dtype 'int4' is not known" in capsys.readouterr().out


def test_what_cannot_be_loaded_is_missing(folder):
    file = folder / 'config.json'
    config = json.loads(file.read_text()) | {'architectures': ['Qwen3_5ForConditionalGeneration']}
    file.write_text(json.dumps(config))
    (check,) = check_model(folder)
    assert check.state == 'missing'
    assert 'no frame can be dropped' in check.found
    assert 'docs/models.md' in check.fix


def test_a_tokenizer_without_states_says_how_to_add_them(folder):
    file = folder / 'tokenizer.json'
    file.write_text(file.read_text().replace('</Silence>', '</Silent>'))
    model, dialect = check_model(folder)
    assert (model.state, dialect.state) == ('ok', 'missing')
    assert 'model.dialect to zero_shot' in dialect.found


def test_memory_that_is_not_there_is_missing(folder, monkeypatch):
    monkeypatch.setattr('streamo_ros.backbone.sizing.free_bytes', lambda device: 1_000_000)
    memory = check_model(folder)[-1]
    assert memory.state == 'missing'
    assert 'would fit' in memory.fix


def test_less_memory_than_the_defaults_take_is_noted_with_what_there_is_room_for(
    folder, monkeypatch, capsys
):
    monkeypatch.setattr(doctor, 'CHECKS', ())
    monkeypatch.setattr('streamo_ros.backbone.sizing.free_bytes', lambda device: 20_000_000)
    memory = check_model(folder)[-1]
    assert memory.state == 'note'
    assert 'there is room for' in memory.fix
    assert doctor.main(['--model', str(folder)]) == 0
    assert 'there is room for' in capsys.readouterr().out


def test_the_doctor_takes_a_model(folder, monkeypatch, capsys):
    monkeypatch.setattr(doctor, 'CHECKS', ())
    assert doctor.main(['--model', str(folder)]) == 0
    assert 'memory' in capsys.readouterr().out
    assert doctor.main(['--model', str(folder / 'nowhere')]) == 1


def test_the_dialect_of_a_checkpoint_is_named(capsys, monkeypatch):
    monkeypatch.setattr(doctor, 'CHECKS', ())
    path = share_path('models', 'streamo-tiny')
    assert doctor.main(['--json', '--model', str(path)]) == 0
    dialect = json.loads(capsys.readouterr().out)[1]
    assert dialect['found'].startswith('streamo: one frame a step, states </Silence>')


def test_what_a_dialect_lacks_is_noted():
    path = share_path('models', 'streamo-tiny')
    notes = [check for check in check_model(path, 'videochat3') if check.state == 'note']
    assert any('remote code' in note.found for note in notes)


def test_a_checkpoint_that_does_not_speak_the_dialect_is_missing():
    check = check_model(share_path('models', 'streamo-tiny'), 'jo_ai')[-1]
    assert check.state == 'missing'
    assert '</silence> is' in check.found


def test_an_unknown_dialect_is_answered_with_the_nearest():
    check = check_model(share_path('models', 'streamo-tiny'), 'aurora')[-1]
    assert 'set model.dialect to aura' in check.found
