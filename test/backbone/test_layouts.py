# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints written by transformers 4.49 to 5.x load to the same model, whatever they spell."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file
from safetensors.torch import save_file

from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.family import find_rotaries

WEIGHTS = 'model.safetensors'
THETA = 50_000.0
"""No class's default, so that a loader that overlooks it is noticed."""


def renamed(tensors, *pairs):
    """Each name with the first of these prefixes that it has replaced."""
    found = {}
    for name, tensor in tensors.items():
        old, new = next((pair for pair in pairs if name.startswith(pair[0])), ('', ''))
        found[new + name.removeprefix(old)] = tensor
    return found


def as_modules(config, tensors):
    """Names as the modules have them since 4.52, which trainers of their own write."""
    if any(name.startswith('model.text_model.') for name in tensors):
        return config, tensors
    if any(name.startswith('language_model.model.') for name in tensors):
        pairs = (
            ('language_model.model.', 'model.language_model.'),
            ('language_model.lm_head', 'lm_head'),
            ('vision_tower.', 'model.vision_tower.'),
            ('multi_modal_projector.', 'model.multi_modal_projector.'),
            ('image_newline', 'model.image_newline'),
        )
    elif any(name.startswith('visual.') for name in tensors):
        pairs = (('visual.', 'model.visual.'), ('model.', 'model.language_model.'))
    else:
        pairs = ()
    return config, renamed(tensors, *pairs)


def rope_of_4(part, kind):
    """A text configuration with its rotary embedding spelled as before 5.0."""
    rope = dict(part.pop('rope_parameters'))
    part['rope_theta'] = rope.pop('rope_theta')
    rope.pop('rope_type')
    part['rope_scaling'] = kind | rope if rope else None
    part.pop('layer_types', None)
    return part


def vision_of_4(config):
    config['vision_config'].pop('rope_parameters', None)
    config['torch_dtype'] = config.pop('dtype')
    return config


def nested(config, tensors):
    """The configuration of 4.52 to 4.57."""
    rope_of_4(config['text_config'], {'rope_type': 'default', 'type': 'default'})
    return vision_of_4(config), tensors


def flat(config, tensors):
    """The configuration of 4.49 to 4.51, and of the released Qwen2-VL and Qwen2.5-VL."""
    if config['model_type'] not in ('qwen2_vl', 'qwen2_5_vl'):
        return nested(config, tensors)
    text = rope_of_4(config.pop('text_config'), {'type': 'mrope'})
    text.pop('model_type')
    config['vision_config']['model_type'] = config['model_type']
    return vision_of_4({**text, **config}), tensors


def head_written_out(config, tensors):
    """A tied head that is written all the same."""
    (name,) = (name for name in tensors if name.endswith('embed_tokens.weight'))
    head = 'language_model.lm_head' if name.startswith('language_model.') else 'lm_head'
    return config, {**tensors, f'{head}.weight': tensors[name].clone()}


def tied_in_the_text_alone(config, tensors):
    """Versions before 5.0 say it there."""
    del config['tie_word_embeddings']
    return config, tensors


def tied_outside_alone(config, tensors):
    del config['text_config']['tie_word_embeddings']
    return config, tensors


LAYOUTS = (as_modules, nested, flat, head_written_out, tied_in_the_text_alone, tied_outside_alone)


@pytest.fixture(scope='module')
def plain(checkpoint, tmp_path_factory):
    """The checkpoint with a rotary base that is nobody's default."""
    folder = shutil.copytree(checkpoint, tmp_path_factory.mktemp('layout') / 'plain')
    config = json.loads((folder / 'config.json').read_text())
    rope = config['text_config']['rope_parameters']
    # Gemma 4 has one embedding for each kind of its layers.
    for each in (rope,) if 'rope_theta' in rope else rope.values():
        each['rope_theta'] = THETA
    (folder / 'config.json').write_text(json.dumps(config))
    return folder


@pytest.fixture(scope='module')
def wanted(plain):
    return content(plain)


def content(folder):
    """All that loading gives: weights, head and rotary embedding."""
    found = read_checkpoint(folder)
    model = found.model(torch.device('cpu'), torch.float32)
    family = find_family(found.architecture)
    text = family.text(model)
    tensors = dict(model.state_dict())
    tensors['head'] = model.lm_head.weight
    rotaries = find_rotaries(family, text)
    tensors['frequencies'] = torch.cat([rotary.frequencies for rotary in rotaries])
    return tensors, text.config.rope_parameters.get('mrope_section'), found.processor


def assert_equal(found, wanted):
    assert found[1:] == wanted[1:]
    assert found[0].keys() == wanted[0].keys()
    assert all(torch.equal(found[0][name], tensor) for name, tensor in wanted[0].items())


@pytest.mark.parametrize('layout', LAYOUTS, ids=lambda layout: layout.__name__)
def test_every_layout_loads_to_the_same_model(plain, wanted, tmp_path, layout):
    folder = shutil.copytree(plain, tmp_path / 'model')
    file = folder / 'config.json'
    config, tensors = json.loads(file.read_text()), load_file(folder / WEIGHTS)
    if layout in (nested, flat) and config['model_type'] == 'gemma4':
        pytest.skip('no version before 5 knows Gemma 4')
    config, tensors = layout(config, tensors)
    file.write_text(json.dumps(config))
    save_file(tensors, folder / WEIGHTS, metadata={'format': 'pt'})
    assert_equal(content(folder), wanted)


def test_shards_load_to_the_same_model(plain, wanted, tmp_path):
    folder = shutil.copytree(plain, tmp_path / 'model')
    tensors = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    names = sorted(tensors)
    places = {}
    for at in range(3):
        shard = f'model-{at + 1:05}-of-00003.safetensors'
        part = {name: tensors[name] for name in names[at::3]}
        save_file(part, folder / shard, metadata={'format': 'pt'})
        places |= dict.fromkeys(part, shard)
    index = {'metadata': {'total_size': 0}, 'weight_map': places}
    (folder / 'model.safetensors.index.json').write_text(json.dumps(index))
    assert_equal(content(folder), wanted)


def test_a_processor_in_one_file_is_the_same(plain, wanted, tmp_path):
    """Versions from 5.0 on put all of a processor into processor_config.json."""
    folder = shutil.copytree(plain, tmp_path / 'model')
    old = folder / 'preprocessor_config.json'
    whole = {'image_processor': json.loads(old.read_text()), 'processor_class': 'Any'}
    (folder / 'processor_config.json').write_text(json.dumps(whole))
    old.unlink()
    assert read_checkpoint(folder).processor == wanted[2]


def test_a_head_of_its_own_stays_one(plain, tmp_path):
    folder = shutil.copytree(plain, tmp_path / 'model')
    config, tensors = head_written_out(
        json.loads((folder / 'config.json').read_text()), load_file(folder / WEIGHTS)
    )
    config['tie_word_embeddings'] = config['text_config']['tie_word_embeddings'] = False
    (name,) = (name for name in tensors if name.endswith('lm_head.weight'))
    tensors[name] += 1
    (folder / 'config.json').write_text(json.dumps(config))
    save_file(tensors, folder / WEIGHTS, metadata={'format': 'pt'})
    assert torch.equal(content(folder)[0]['head'], tensors[name])
