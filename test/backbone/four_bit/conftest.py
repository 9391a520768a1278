# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Packs tiny checkpoints into four bits, number by number, as the formats' papers say."""

from __future__ import annotations

import json
import re
import shutil

import pytest
import torch
from safetensors.torch import load_file
from safetensors.torch import save_file

GROUP = 32
TEXT = re.compile(r'^model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj\.weight$')
AWQ = {
    'quant_method': 'awq',
    'bits': 4,
    'group_size': GROUP,
    'version': 'gemm',
    'zero_point': True,
}
AWQ_COLUMNS = (0, 2, 4, 6, 1, 3, 5, 7)


def compressed(symmetric, **weights):
    scheme = {'num_bits': 4, 'type': 'int', 'strategy': 'group', 'group_size': GROUP}
    scheme |= {'symmetric': symmetric, **weights}
    return {
        'quant_method': 'compressed-tensors',
        'format': 'pack-quantized',
        'config_groups': {'group_0': {'targets': ['Linear'], 'weights': scheme}},
        'ignore': ['lm_head', 're:visual.*'],
    }


CONFIGS = {
    'awq': AWQ,
    'compressed': compressed(symmetric=True),
    'compressed_zeros': compressed(symmetric=False),
}


def words(numbers, columns=range(8)):
    """Eight numbers of the last axis in each int32."""
    eights = numbers.long().unflatten(-1, (-1, 8))
    word = sum(eights[..., column] << 4 * place for place, column in enumerate(columns))
    return torch.where(word >= 1 << 31, word - (1 << 32), word).int()


def quantized(weight, symmetric):
    """Numbers, scales and zero points of groups of inputs."""
    grouped = weight.float().unflatten(1, (-1, GROUP))
    if symmetric:
        scales = grouped.abs().amax(-1) / 7
        zeros = torch.full_like(scales, 8)
    else:
        low, high = grouped.amin(-1).clamp(max=0), grouped.amax(-1).clamp(min=0)
        scales = (high - low) / 15
        zeros = (-low / scales).round()
    numbers = (grouped / scales[..., None] + zeros[..., None]).round().clamp(0, 15)
    plain = ((numbers - zeros[..., None]) * scales[..., None]).flatten(1)
    return numbers.flatten(1), scales, zeros, plain


def tensors_of(kind, base, numbers, scales, zeros):
    if kind == 'awq':
        return {
            f'{base}.qweight': words(numbers.T, AWQ_COLUMNS),
            f'{base}.qzeros': words(zeros.T, AWQ_COLUMNS),
            f'{base}.scales': scales.T.contiguous(),
        }
    found = {
        f'{base}.weight_packed': words(numbers),
        f'{base}.weight_scale': scales,
        f'{base}.weight_shape': torch.tensor(numbers.shape),
    }
    if kind == 'compressed_zeros':
        found[f'{base}.weight_zero_point'] = words(zeros.T.contiguous()).T.contiguous()
    return found


def make_pair(source, folder, kind):
    """(packed, plain): a checkpoint with text layers in four bits, and the same expanded."""
    packed, plain = folder / 'packed', folder / 'plain'
    for made in (packed, plain):
        shutil.copytree(source, made)
    both = load_file(source / 'model.safetensors'), load_file(source / 'model.safetensors')
    for name in [name for name in both[0] if TEXT.search(name)]:
        numbers, scales, zeros, expanded = quantized(both[0].pop(name), kind == 'compressed')
        both[0].update(tensors_of(kind, name.removesuffix('.weight'), numbers, scales, zeros))
        both[1][name] = expanded
    for made, tensors in zip((packed, plain), both, strict=True):
        tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
        save_file(tensors, made / 'model.safetensors', {'format': 'pt'})
    set_config(packed, CONFIGS[kind])
    return packed, plain


def set_config(folder, quantization):
    file = folder / 'config.json'
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, 'quantization_config': quantization}))


@pytest.fixture(scope='session', params=sorted(CONFIGS))
def pair(request, qwen, tmp_path_factory):
    """See `make_pair`; must not be changed."""
    return make_pair(qwen, tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(scope='session')
def awq(qwen, tmp_path_factory):
    """A packed checkpoint; must not be changed."""
    return make_pair(qwen, tmp_path_factory.mktemp('one'), 'awq')[0]
