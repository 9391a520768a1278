# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An adapter that is not merged is served as the merged checkpoint would be."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
import yaml

from streamo_ros import cli
from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone.checkpoint import fingerprint
from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Request
from streamo_ros.training.base_model import load_model
from streamo_ros.training.lora import merged
from streamo_ros.training.lora import targets
from streamo_ros.training.train_config import train_config
from streamo_ros.training.train_config import TrainingError


def trained(tmp_path, base, make_video) -> tuple[dict, int]:
    """Train an adapter in two steps; returns the configuration and the exit code."""
    record = {
        'video_name': 'v',
        'video_path': str(make_video(tmp_path / 'v.mp4', frames=6)),
        'task_type': 'QA',
        'source': 's',
        'question': [{'content': 'what?', 'time': '1'}],
        'response': [{'content': 'red', 'st_time': 2, 'end_time': 3, 'time': ''}],
    }
    (tmp_path / 'raw.json').write_text(json.dumps([record]))
    data = tmp_path / 'data.jsonl'
    assert cli.main(['convert', str(tmp_path / 'raw.json'), '-o', str(data)]) == 0
    values = {
        'model': str(base),
        'output': str(tmp_path / 'run'),
        'data': {'dialogues': [str(data)]},
        'frames': {'min_pixels': 784, 'max_pixels': 3136},
        'lora': {'rank': 4, 'merge': False},
        'trainer': {
            'max_steps': 2,
            'learning_rate': '1e-1',
            'use_cpu': True,
            'save_strategy': 'no',
            'disable_tqdm': True,
            'dataloader_pin_memory': False,
        },
    }
    (tmp_path / 'config.yaml').write_text(yaml.safe_dump(values))
    return values, cli.main(['train', str(tmp_path / 'config.yaml')])


@pytest.mark.parametrize(('tied', 'vocabulary'), [(True, 480), (False, 400)])
def test_an_adapter_is_added_to_its_base(
    tmp_path, tied, vocabulary, make_checkpoint, make_video, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    base = make_checkpoint(tied=tied, vocabulary=vocabulary).relative_to(tmp_path)
    values, status = trained(tmp_path, base, make_video)
    assert status == 0
    folder = tmp_path / 'run' / 'adapter'
    model, *_ = load_model(train_config(values))
    expected = dict(merged(model, folder).named_parameters())
    # Whoever loads it may stand elsewhere.
    (tmp_path / 'elsewhere').mkdir()
    monkeypatch.chdir(tmp_path / 'elsewhere')
    checkpoint = read_checkpoint(folder)
    found = dict(checkpoint.model(torch.device('cpu'), torch.float32).named_parameters())
    assert found.keys() == expected.keys()
    for name, weight in expected.items():
        torch.testing.assert_close(found[name], weight, atol=1e-6, rtol=1e-5)
    plain = read_checkpoint(tmp_path / base).model(torch.device('cpu'), torch.float32)
    up = 'model.language_model.layers.0.mlp.up_proj.weight'
    assert not torch.equal(dict(plain.named_parameters())[up], found[up])

    backbone = load(folder, Options(device='cpu', lanes=1, capacity=512))
    vision = backbone.encode(np.zeros((24, 32, 3), np.uint8))
    words = backbone.prompt
    request = Request(backbone.open(), (words.sink('what?'), vision, words.reply_prompt))
    assert np.isfinite(backbone.extend([request])).all()
    assert backbone.info.model_id != fingerprint(tmp_path / base, 'torch')
    assert backbone.info.max_frames == 5


@pytest.fixture
def adapter(tmp_path, make_checkpoint):
    """A folder with the configuration of an adapter and no weights."""
    folder = tmp_path / 'adapter'
    folder.mkdir()
    config = {
        'peft_type': 'LORA',
        'r': 4,
        'lora_alpha': 8,
        'base_model_name_or_path': str(make_checkpoint()),
    }
    (folder / 'adapter_config.json').write_text(json.dumps(config))
    return folder, config


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({}, 'no adapter_model.safetensors'),
        ({'use_dora': True}, 'use_dora True, which is not supported'),
        ({'peft_type': 'IA3'}, "peft_type 'IA3'"),
        ({'r': None}, None),
        ({'base_model_name_or_path': '/nowhere'}, None),
    ],
)
def test_what_cannot_be_added_is_refused(adapter, change, message):
    folder, config = adapter
    (folder / 'adapter_config.json').write_text(json.dumps({**config, **change}))
    if message is None:
        (folder / 'adapter_model.safetensors').write_bytes(b'')
        message = 'which does not exist' if 'r' not in change else 'not a configuration of peft'
    with pytest.raises(BackboneError, match=message):
        read_checkpoint(folder)


def test_an_adapter_is_no_base(tmp_path, make_checkpoint, make_video, adapter, capsys):
    folder, config = adapter
    base = tmp_path / 'copy'
    shutil.copytree(config['base_model_name_or_path'], base)
    for file in base.iterdir():
        if file.name.startswith(('tokenizer', 'preprocessor')):
            shutil.copy(file, folder)
    (folder / 'adapter_model.safetensors').write_bytes(b'')
    _, status = trained(tmp_path, folder, make_video)
    assert status == 2
    assert 'is an adapter: train its base' in capsys.readouterr().err


def test_a_language_model_without_linear_layers_is_refused():
    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.text = torch.nn.Sequential(torch.nn.LayerNorm(4))
            self.text.rotary_emb = torch.nn.Identity()
            self.vision = torch.nn.Linear(4, 4)

    with pytest.raises(
        TrainingError, match='text of Model has no linear layer to adapt: set lora'
    ):
        targets(Model())
