# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ready configurations hold the published values and are valid."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from transformers import TrainingArguments

from streamo_ros.core.errors import ExitCode
from streamo_ros.training.loss import LossSettings
from streamo_ros.training.train import main
from streamo_ros.training.train_config import read_yaml
from streamo_ros.training.train_config import train_config
from streamo_ros.training.train_config import TrainConfig
from streamo_ros.training.train_config import TrainingError

FOLDER = Path(__file__).parents[2] / 'config' / 'train'
PUBLISHED = ['qwen2.5-vl-3b', 'qwen2.5-vl-7b', 'qwen3-vl-4b']


def ready(name: str) -> TrainConfig:
    return train_config(read_yaml(FOLDER / f'{name}.yaml'))


@pytest.mark.parametrize('name', PUBLISHED)
def test_published_hyper_parameters(name):
    config = ready(name)
    trainer = config.trainer
    assert trainer['learning_rate'] == 1e-5
    assert trainer['num_train_epochs'] == 1
    assert (
        8 * trainer['per_device_train_batch_size'] * trainer['gradient_accumulation_steps'] == 512
    )
    assert trainer['warmup_steps'] == 0.05
    assert trainer['bf16']
    assert config.data.max_tokens == 32768
    assert (config.frames.min_pixels, config.frames.max_pixels) == (3136, 100352)
    assert not config.trainable.vision
    assert config.trainable.connector
    assert LossSettings(**config.loss) == LossSettings('focal_alpha', 'paper', 2.0)


@pytest.mark.parametrize('name', [*PUBLISHED, 'qwen2.5-vl-3b-lora'])
def test_every_trainer_setting_is_one_of_transformers(name):
    known = {field.name for field in fields(TrainingArguments)}
    assert set(ready(name).trainer) <= known


def test_numbers_may_be_written_as_yaml_texts():
    config = train_config(
        {
            'model': 'm',
            'output': 'o',
            'data': {'dialogues': 'one.jsonl'},
            'trainer': {'learning_rate': '1e-5'},
        }
    )
    assert config.trainer['learning_rate'] == 1e-5
    assert config.data.dialogues == ('one.jsonl',)


def test_a_missing_or_broken_file_is_refused(tmp_path):
    with pytest.raises(TrainingError, match='does not exist'):
        read_yaml(tmp_path / 'none.yaml')
    (tmp_path / 'bad.yaml').write_text('a: [')
    with pytest.raises(TrainingError, match='not valid YAML'):
        read_yaml(tmp_path / 'bad.yaml')
    (tmp_path / 'list.yaml').write_text('- a')
    with pytest.raises(TrainingError, match='mapping'):
        read_yaml(tmp_path / 'list.yaml')


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['run.yaml'], 'with --resume goes on from what was saved last'),
        (['--add-tokens', 'base', '--output', 'new'], 'is not complete, delete it'),
    ],
)
def test_ctrl_c_during_a_run_says_how_to_go_on(tmp_path, monkeypatch, capsys, arguments, words):
    def interrupted(*_):
        raise KeyboardInterrupt

    (tmp_path / 'run.yaml').write_text('kind: tiny')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr('streamo_ros.training.train.find_trainer', lambda _: interrupted)
    monkeypatch.setattr('streamo_ros.training.train.add_tokens', interrupted)
    assert main(arguments) == ExitCode.INTERRUPTED
    out, err = capsys.readouterr()
    assert out == ''
    assert err.startswith('streamo train: interrupted: ')
    assert words in err
    assert err.count('\n') == 1
