# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A run keeps the checkpoint that watches best, stops when it no longer gains, and says so."""

from __future__ import annotations

import json

import pytest
import yaml

from streamo_ros.training import validation
from streamo_ros.training.convert import main as convert
from streamo_ros.training.train import main
from streamo_ros.training.train_config import ValidationSettings


@pytest.fixture
def dialogues(tmp_path, make_video):
    raw = [
        {
            'video_name': f'v{k}',
            'video_path': str(make_video(tmp_path / f'v{k}.mp4', frames=5 + k)),
            'task_type': 'QA',
            'source': 's',
            'question': [{'content': 'what?', 'time': '1'}],
            'response': [{'content': 'red', 'st_time': 2, 'end_time': 3, 'time': ''}],
        }
        for k in range(3)
    ]
    (tmp_path / 'raw.json').write_text(json.dumps(raw))
    assert convert([str(tmp_path / 'raw.json'), '-o', str(tmp_path / 'data.jsonl')]) == 0
    return tmp_path / 'data.jsonl'


def run(tmp_path, base, dialogues, **settings) -> int:
    values = {
        'kind': 'transformers',
        'model': str(base),
        'output': str(tmp_path / 'run'),
        'data': {'dialogues': [str(dialogues)], 'max_tokens': 2048},
        'frames': {'min_pixels': 784, 'max_pixels': 3136},
        'validation': {'dialogues': str(dialogues), 'every': 1, 'cases': 2, **settings},
        'trainer': {
            'max_steps': 6,
            'per_device_train_batch_size': 1,
            'learning_rate': '1e-2',
            'use_cpu': True,
            'save_strategy': 'no',
            'disable_tqdm': True,
            'dataloader_pin_memory': False,
        },
    }
    (tmp_path / 'config.yaml').write_text(yaml.safe_dump(values))
    return main([str(tmp_path / 'config.yaml')])


@pytest.fixture
def scores(monkeypatch):
    """Replace `streamo evaluate` by timing F1s of our own; the rest goes to the final model."""
    given = [0.2, 0.6, 0.4, 0.5, 0.3, 0.1]
    asked = []

    def evaluate(model, settings, *options):
        assert (model / 'model.safetensors').is_file()
        assert (model / 'streamo.json').is_file()
        asked.append((model.name, *options))
        value = {'0.6': 0.7}.get(options[-1], 0.5) if options else 0.6
        value = 0.58 if '--blind' in options else value
        value = given.pop(0) if model.name == 'validation' else value
        return dict.fromkeys(validation.METRICS) | {'timing_f1': value}

    monkeypatch.setattr(validation, 'evaluate', evaluate)
    return asked


def test_the_best_checkpoint_is_kept_calibrated_and_tried_blind(
    tmp_path, make_checkpoint, dialogues, scores, capsys
):
    assert run(tmp_path, make_checkpoint(), dialogues, patience=2) == 0
    output = tmp_path / 'run'
    # 0.2, 0.6, then two without a gain: stopped after the fourth of six steps.
    assert [name for name, *options in scores if not options].count('validation') == 4
    rows = [json.loads(line) for line in (output / 'validation.jsonl').read_text().splitlines()]
    assert [row['timing_f1'] for row in rows[:4]] == [0.2, 0.6, 0.4, 0.5]
    best, final = output / 'best' / 'model.safetensors', output / 'final' / 'model.safetensors'
    assert best.read_bytes() == final.read_bytes()
    assert json.loads((output / 'final' / 'streamo.json').read_text())['response_threshold'] == 0.6
    log = [json.loads(line) for line in (output / 'log.jsonl').read_text().splitlines()]
    assert [row['eval_timing_f1'] for row in log if 'eval_timing_f1' in row] == [
        0.2,
        0.6,
        0.4,
        0.5,
    ]
    assert 'does not look at the video' in capsys.readouterr().out


def test_validation_goes_through_the_engine(tmp_path, make_checkpoint, dialogues):
    folder = tmp_path / 'states'
    assert main(['--add-tokens', str(make_checkpoint()), '--output', str(folder)]) == 0
    figures = validation.evaluate(folder, ValidationSettings(str(dialogues), cases=2))
    assert figures['episodes'] == 2
    assert set(validation.METRICS) <= set(figures)
    with pytest.raises(validation.TrainingError, match=r'nothing\.jsonl'):
        validation.evaluate(folder, ValidationSettings('nothing.jsonl'))
