# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A checkpoint with weights of four bits answers as the same one expanded, or is refused."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from safetensors.torch import save_file

from streamo_ros.backbone.adapter import Adapter
from streamo_ros.backbone.adapter import add_adapter
from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.four_bit import read_format
from streamo_ros.backbone.plan import RunTarget
from streamo_ros.backbone.plan import weight_bytes
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.protocol import State
from streamo_ros.training.base_model import load_weights
from streamo_ros.training.train_config import TrainingError

AWQ = {'quant_method': 'awq', 'bits': 4, 'group_size': 128, 'version': 'gemm', 'zero_point': True}
SCHEME = {'num_bits': 4, 'type': 'int', 'strategy': 'group', 'group_size': 128}


def compressed(form='pack-quantized', activations=None, **scheme):
    group = {'weights': {**SCHEME, **scheme}, 'input_activations': activations}
    return {
        'quant_method': 'compressed-tensors', 'format': form, 'config_groups': {'group_0': group}
    }  # fmt: skip


def stream(backbone, dialogue, frames):
    """State logits of two frames, and the tokens of an answer."""
    lane = dialogue(backbone, 'watch')
    seen = []
    for frame in frames[:2]:
        seen.append(backbone.extend([lane.turn(frame)]))
        lane.settle(State.SILENCE)
    said = [5]
    for _ in range(3):
        said += backbone.decode([Request(lane.slot, ((said[-1],),))], Sampling())
    return np.concatenate(seen), said


def test_packed_weights_answer_as_expanded_ones(pair, load_tiny, dialogue, frames):
    (packed, said), (plain, expected) = (
        stream(load_tiny(folder), dialogue, frames) for folder in pair
    )
    np.testing.assert_allclose(packed, plain, atol=1e-5)
    assert said == expected


def test_the_transformers_model_alone_multiplies_by_them(pair):
    packed, plain = (
        read_checkpoint(folder).model(torch.device('cpu'), torch.float32) for folder in pair
    )
    ids = torch.arange(3, 20)[None]
    with torch.no_grad():
        torch.testing.assert_close(packed(ids).logits, plain(ids).logits, atol=1e-5, rtol=0)


def test_memory_counts_what_is_kept(pair):
    packed, plain = pair
    cpu = RunTarget(torch.device('cpu'), torch.float32, 3)
    assert weight_bytes(packed, cpu) == weight_bytes(plain, cpu)
    cuda = RunTarget(torch.device('cuda'), torch.bfloat16, 2)
    names = set(load_file(packed / 'model.safetensors'))
    expanded = load_file(plain / 'model.safetensors')
    numbers = sum(expanded[name].numel() for name in expanded if name not in names)
    # Half a byte for two, and of 32 numbers a scale and an offset of two bytes each.
    saved = 2 * numbers - (numbers // 2 + numbers // 32 * 4)
    assert numbers
    assert weight_bytes(plain, cuda) - weight_bytes(packed, cuda) == saved


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs an NVIDIA GPU')
def test_packed_weights_stay_packed_on_a_gpu(pair, load_tiny, dialogue, frames):
    chosen = {'device': 'cuda', 'dtype': 'bfloat16'}
    packed, plain = (load_tiny(folder, **chosen) for folder in pair)
    assert packed.memory()['weights'] < plain.memory()['weights']
    seen = [stream(backbone, dialogue, frames)[0] for backbone in (packed, plain)]
    assert np.abs(seen[0] - seen[1]).max() < 0.05 * np.abs(seen[1]).max()


@pytest.mark.parametrize(
    ('config', 'named'),
    [
        ({**AWQ, 'bits': 3}, '3 bits in groups of 128'),
        ({**AWQ, 'group_size': -1}, '4 bits in groups of -1'),
        ({**AWQ, 'version': 'gemv'}, "AWQ with version 'gemv'"),
        ({**AWQ, 'zero_point': False}, 'AWQ with zero_point False'),
        (compressed('float-quantized'), "format 'float-quantized'"),
        (compressed(num_bits=8), '8 bits in groups of 128'),
        (compressed(group_size=16), '4 bits in groups of 16'),
        (compressed(type='float'), "type 'float'"),
        (compressed(strategy='channel'), "strategy 'channel'"),
        (compressed(actorder='group'), "actorder 'group'"),
        (compressed(activations={'num_bits': 8}), "input_activations {'num_bits': 8}"),
        ({**compressed(), 'config_groups': {}}, '0 different ways'),
    ],
)
def test_what_is_not_read_is_named(config, named, tmp_path):
    (tmp_path / 'config.json').write_text(json.dumps({'quantization_config': config}))
    with pytest.raises(BackboneError, match='use a checkpoint') as raised:
        read_format(tmp_path)
    assert named in str(raised.value)


@pytest.mark.parametrize('config', [{}, {'quantization_config': {'quant_method': 'torchao'}}])
def test_other_checkpoints_are_left_to_transformers(config, tmp_path):
    (tmp_path / 'config.json').write_text(json.dumps(config))
    assert read_format(tmp_path) is None


@pytest.mark.parametrize(
    ('renamed', 'message'),
    [
        ('lm_head.qweight', 'lm_head are packed'),
        ('visual.blocks.0.layers.0.mlp.gate_proj.qweight', 'layers of the text model alone'),
        ('model.layers.7.mlp.gate_proj.qweight', 'has no such layer'),
        ('', 'has no qweight'),
    ],
)
def test_packed_tensors_elsewhere_are_refused(renamed, message, awq, tmp_path):
    folder = shutil.copytree(awq, tmp_path / 'model')
    tensors = load_file(folder / 'model.safetensors')
    packed = [name for name in tensors if name.endswith('.qweight')]
    kept = {name: tensors[name] for name in tensors if renamed or name not in packed}
    if renamed:
        kept[renamed] = kept.pop(packed[0])
    save_file(kept, folder / 'model.safetensors', {'format': 'pt'})
    with pytest.raises(BackboneError, match=message):
        read_checkpoint(folder).model(torch.device('cpu'), torch.float32)


def test_sizes_that_groups_do_not_fit_are_refused(awq, tmp_path):
    folder = shutil.copytree(awq, tmp_path / 'model')
    file = folder / 'config.json'
    content = json.loads(file.read_text())
    content['quantization_config']['group_size'] = 128
    file.write_text(json.dumps(content))
    with pytest.raises(BackboneError, match='groups of 128 do not fit'):
        read_checkpoint(folder).model(torch.device('cpu'), torch.float32)


def test_an_adapter_is_not_added_to_four_bits(awq, tmp_path):
    model = read_checkpoint(awq).model(torch.device('cpu'), torch.float32)
    layer = 'base_model.model.model.language_model.layers.0.mlp.up_proj'
    down, up = torch.zeros(2, 64), torch.zeros(96, 2)
    tensors = {f'{layer}.lora_A.weight': down, f'{layer}.lora_B.weight': up}
    save_file(tensors, tmp_path / 'adapter_model.safetensors')
    with pytest.raises(BackboneError, match='use its base in bfloat16'):
        add_adapter(model, Adapter(tmp_path, awq, 1.0, {}))


def test_four_bits_are_no_base_for_training(awq):
    with pytest.raises(TrainingError, match='cannot be trained: train the checkpoint in bfloat16'):
        load_weights(SimpleNamespace(model=str(awq)))
