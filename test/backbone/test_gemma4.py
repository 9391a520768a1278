# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What Gemma 4 alone has: layers of two kinds, and windows of their keys.

That streaming it equals plain transformers, and a slow reference after evictions, is tested with
the other families.
"""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file
from safetensors.torch import save_file

from streamo_ros.backbone import attention
from streamo_ros.backbone import build
from streamo_ros.backbone.attention import SdpaAttention
from streamo_ros.backbone.board_plan import published
from streamo_ros.backbone.build import make_prompt
from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.layer_kinds import find_layer_kinds
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.plain import PlainModel
from streamo_ros.backbone.plan import plan_checkpoint
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Request
from streamo_ros.core.protocol import State

TOLERANCE = 1e-4
MAX_PIXELS = 16384


def planned_weights(folder):
    """Bytes of the weights, as `streamo doctor --model` counts them."""
    found, options = read_checkpoint(folder), Options('cpu', 'float32', max_pixels=MAX_PIXELS)
    family = find_family(found.architecture)
    return plan_checkpoint(found, family, make_prompt(found, options), options).weights


@pytest.fixture(scope='module')
def gemma(tiny_checkpoint):
    """Sliding and full layers, two of them without keys, inputs of each layer's own."""
    return tiny_checkpoint('gemma4')


@pytest.fixture(scope='module')
def original_gemma(gemma, whole_model):
    return whole_model(gemma)


def stream(backbone, dialogue, frames, steps=3):
    """The state logits of each step, and the dialogue."""
    lane, seen = dialogue(backbone, 'watch the door and say when it opens'), []
    for frame in frames[:steps]:
        seen.append(backbone.extend([lane.turn(frame)])[0])
        lane.settle(State.SILENCE)
    return np.stack(seen), lane


def last_states(original, lane):
    """The states of the last row, by plain transformers."""
    logits = original.logits(lane.rows, lane.images, MAX_PIXELS)[-1]
    return logits[list(lane.backbone.prompt.state_ids)]


def test_the_window_is_longer_than_a_sliding_layer_sees(gemma, load_tiny, dialogue, frames):
    """Otherwise the tests of all families would say nothing about sliding layers."""
    backbone = load_tiny(gemma)
    _, lane = stream(backbone, dialogue, frames, 1)
    kinds = backbone._window.shape.kinds
    assert [kind.band for kind in kinds] == [50, 0]
    assert backbone.length(lane.slot) > 5 * 50


def test_keys_that_are_values_too_and_nothing_shared(
    make_checkpoint, whole_model, load_tiny, dialogue, frames, tmp_path
):
    folder = make_checkpoint(
        tmp_path / 'model',
        'gemma4',
        num_hidden_layers=4,
        layer_types=['sliding_attention', 'full_attention'] * 2,
        attention_k_eq_v=True,
        num_global_key_value_heads=1,
        num_kv_shared_layers=0,
        hidden_size_per_layer_input=0,
        final_logit_softcapping=None,
    )
    seen, lane = stream(load_tiny(folder), dialogue, frames)
    np.testing.assert_allclose(seen[-1], last_states(whole_model(folder), lane), atol=TOLERANCE)


def test_a_prefill_in_parts_equals_the_whole(
    gemma, original_gemma, load_tiny, dialogue, frames, monkeypatch
):
    """Parts that are shorter and longer than what a sliding layer sees."""
    monkeypatch.setattr('streamo_ros.backbone.streaming.PREFILL_TOKENS', 30)
    backbone = load_tiny(gemma)
    lane = dialogue(backbone, 'watch')
    pieces = []
    for frame in frames[:2]:
        pieces += lane.turn(frame).pieces
        lane.settle(State.SILENCE)
    backbone.prefill(Request(lane.slot, tuple(pieces)))
    seen = backbone.extend([lane.turn(frames[2])])[0]
    np.testing.assert_allclose(seen, last_states(original_gemma, lane), atol=TOLERANCE)


def test_the_attention_of_a_gpu_gives_the_same(gemma, load_tiny, dialogue, frames, monkeypatch):
    expected, _ = stream(load_tiny(gemma), dialogue, frames)
    monkeypatch.setattr(build, 'find_kind', lambda *_, **__: SdpaAttention)
    backbone = load_tiny(gemma)
    assert backbone._decoder.attention.name == 'sdpa'
    seen, _ = stream(backbone, dialogue, frames)
    np.testing.assert_allclose(seen, expected, atol=TOLERANCE)


@pytest.mark.parametrize('number', ['int8', 'float8'])
def test_a_window_of_eight_bits_is_near(gemma, load_tiny, dialogue, frames, number):
    """Before a frame's tokens leave and afterwards."""

    def run(backbone):
        seen, lane = stream(backbone, dialogue, frames)
        begin, tokens = lane.rows.index(None), backbone.encode(frames[0]).tokens
        backbone.evict(lane.slot, [(0, begin), (begin + tokens, backbone.length(lane.slot))])
        return np.concatenate((seen, backbone.extend([lane.turn(frames[3])])))

    expected, seen = run(load_tiny(gemma)), run(load_tiny(gemma, window=number))
    assert 0 < np.abs(seen - expected).max() < 0.1 * np.abs(expected).max()


def test_a_gpu_takes_torchs_functions_and_refuses_eight_bits():
    cuda = torch.device('cuda')
    assert attention.find_kind(cuda, torch.bfloat16, mixed=True).name == 'sdpa'
    with pytest.raises(BackboneError, match='text models with sliding windows'):
        attention.find_kind(cuda, torch.int8, mixed=True)


def test_what_is_not_loaded_changes_nothing_and_takes_no_memory(
    gemma, load_tiny, dialogue, frames, tmp_path
):
    """What hears, and keys of layers that look at those of others: released files have both."""
    folder = shutil.copytree(gemma, tmp_path / 'model')
    config = json.loads((folder / 'config.json').read_text())
    config['audio_config'] = transformers.Gemma4AudioConfig(num_hidden_layers=1).to_dict()
    (folder / 'config.json').write_text(json.dumps(config))
    tensors = load_file(folder / 'model.safetensors')
    tensors['model.audio_tower.output_proj.weight'] = torch.zeros(4, 4)
    tensors['model.embed_audio.embedding_projection.weight'] = torch.zeros(4, 4)
    for name in ('k_proj', 'v_proj', 'k_norm'):
        first, shared = (f'model.language_model.layers.{at}.self_attn.{name}' for at in (0, 3))
        assert f'{shared}.weight' not in tensors
        tensors[f'{shared}.weight'] = tensors[f'{first}.weight'].clone()
    save_file(tensors, folder / 'model.safetensors', metadata={'format': 'pt'})
    expected, _ = stream(load_tiny(gemma), dialogue, frames, 1)
    seen, _ = stream(load_tiny(folder), dialogue, frames, 1)
    np.testing.assert_array_equal(seen, expected)
    assert planned_weights(folder) == planned_weights(gemma)


def test_the_loop_that_it_is_measured_against_gives_the_same(
    gemma, original_gemma, load_tiny, dialogue, frames
):
    backbone = load_tiny(gemma)
    plain = PlainModel(original_gemma.model, backbone)
    lane = dialogue(backbone, 'watch')
    expected = backbone.extend([lane.turn(frames[0], backbone.encode(frames[0]))])[0]
    other = dialogue(backbone, 'watch')
    request = other.turn(frames[0], plain.encode(frames[0]))
    for run in (plain.reprefill, plain.append):
        logits = run(request.pieces)[list(backbone.prompt.state_ids)]
        np.testing.assert_allclose(logits.numpy(), expected, atol=TOLERANCE)


def test_a_frame_has_at_most_the_tokens_of_its_kind():
    """As released: 70 of a video frame, 280 of a picture, by the aspect of the frame."""
    sizes = published('gemma-4-e2b').sizes
    assert sizes(480, 640).shape == (7, 9)
    assert sizes(720, 1280).shape == (6, 11)
    assert sizes(480, 48000).shape == (1, 70)
    assert sizes.most_tokens <= 70


def test_less_than_a_token_is_refused(gemma, load_tiny, frames):
    with pytest.raises(BackboneError, match='set it to at least 144'):
        load_tiny(gemma, max_pixels=143).encode(frames[0])


def test_the_released_shapes_have_their_keys_where_the_class_has_them():
    """E2B: 35 layers, of which the last 20 look at the keys of the layers 13 and 14."""
    config = published('gemma-4-e2b').config.text_config
    kinds, homes = find_layer_kinds(config)
    assert [(kind.layers, kind.heads, kind.dim, kind.band) for kind in kinds] == [
        (12, 1, 256, 512),
        (3, 1, 512, 0),
    ]
    assert homes[13:15] == ((0, 11), (1, 2))
    shared = [homes[14 if name == 'full_attention' else 13] for name in config.layer_types[15:]]
    assert list(homes[15:]) == shared
