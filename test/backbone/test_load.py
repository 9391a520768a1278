# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What cannot be loaded is refused in one sentence that says what mends it."""

from __future__ import annotations

import json
import shutil

import pytest
import torch

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone.attention import WindowShape
from streamo_ros.backbone.checkpoint import Checkpoint
from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.backbone.sizing import check_memory
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.protocol import SYSTEM_PROMPT


@pytest.fixture
def folder(qwen, tmp_path):
    """A copy that a test may spoil."""
    return shutil.copytree(qwen, tmp_path / 'copy')


def edit(file, **changes):
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def refusal(load_tiny, path, **choices):
    with pytest.raises(BackboneError) as caught:
        load_tiny(path, **choices)
    assert '\n' not in str(caught.value)
    return str(caught.value)


def test_a_missing_folder(load_tiny, tmp_path):
    assert 'no model folder' in refusal(load_tiny, tmp_path / 'nowhere')


@pytest.mark.parametrize('name', ['config.json', 'tokenizer.json', 'preprocessor_config.json'])
def test_a_missing_file_is_named(load_tiny, folder, name):
    (folder / name).unlink()
    assert name in refusal(load_tiny, folder)


def test_missing_weights(load_tiny, folder):
    (folder / 'model.safetensors').unlink()
    assert 'safetensors' in refusal(load_tiny, folder)


def test_pickled_weights_are_not_read(load_tiny, folder):
    (folder / 'model.safetensors').rename(folder / 'pytorch_model.bin')
    assert 'no safetensors weights' in refusal(load_tiny, folder)


def test_broken_weights(load_tiny, folder):
    file = folder / 'model.safetensors'
    file.write_bytes(file.read_bytes()[:1000])
    assert 'is no safetensors file: copy the checkpoint again' in refusal(load_tiny, folder)


def test_incomplete_weights(load_tiny, folder):
    from safetensors.torch import load_file
    from safetensors.torch import save_file

    file = folder / 'model.safetensors'
    tensors = load_file(file)
    name = next(name for name in tensors if 'layers.1' in name)
    del tensors[name]
    save_file(tensors, file, metadata={'format': 'pt'})
    assert 'lack 1 tensors' in refusal(load_tiny, folder)


def test_an_unsupported_architecture_lists_the_supported(load_tiny, folder):
    edit(folder / 'config.json', architectures=['LlamaForCausalLM'])
    words = refusal(load_tiny, folder)
    assert 'LlamaForCausalLM' in words
    assert all(name in words for name in ('Qwen2_5_VL', 'Qwen3VL', 'InternVL'))


@pytest.mark.parametrize(
    ('name', 'words'),
    [
        ('Qwen2VLForConditionalGenration', 'the nearest is Qwen2VLForConditionalGeneration'),
        ('Qwen3_5ForConditionalGeneration', 'no frame can be dropped'),
        ('Qwen3VLMoeForConditionalGeneration', 'use a dense checkpoint'),
        ('Gemma3ForConditionalGeneration', 'use Gemma 4 E2B or E4B'),
    ],
)
def test_other_architectures_say_why_and_what_is_near(load_tiny, folder, name, words):
    edit(folder / 'config.json', architectures=[name])
    found = refusal(load_tiny, folder)
    assert words in found
    assert name in found


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        ({'enable_moe_block': True}, 'a mixture of experts'),
        ({'use_bidirectional_attention': 'vision'}, 'the tokens of a frame see one another'),
        ({'hidden_activation': 'relu'}, 'the activation relu'),
        ({'pad_token_id': 3}, 'correct pad_token_id'),
    ],
)
def test_a_gemma_of_another_kind_is_refused_before_its_weights_are_read(
    load_tiny, tiny_checkpoint, tmp_path, monkeypatch, change, words
):
    folder = shutil.copytree(tiny_checkpoint('gemma4'), tmp_path / 'model')
    text = json.loads((folder / 'config.json').read_text())['text_config']
    edit(folder / 'config.json', text_config={**text, **change})
    monkeypatch.setattr(Checkpoint, 'model', lambda *_: pytest.fail('the weights were read'))
    assert words in refusal(load_tiny, folder)


@pytest.mark.parametrize(
    ('name', 'words'),
    [
        ('VideoChat3ForConditionalGeneration', 'docs/any_model.md'),
        ('InternVLChatModel', 'ends in -hf'),
    ],
)
def test_code_of_a_checkpoint_is_never_run(load_tiny, folder, name, words):
    edit(folder / 'config.json', architectures=[name], auto_map={'AutoModel': f'model.{name}'})
    (folder / 'model.py').write_text('raise SystemExit("was run")')
    found = refusal(load_tiny, folder)
    assert f'{name}' in found
    assert 'is never run' in found
    assert words in found


def test_sliding_windows_are_refused(load_tiny, folder):
    config = json.loads((folder / 'config.json').read_text())
    kinds = ['full_attention', 'sliding_attention', 'sliding_attention']
    config['text_config'] |= {'layer_types': kinds, 'use_sliding_window': True}
    (folder / 'config.json').write_text(json.dumps(config))
    assert 'sliding_attention' in refusal(load_tiny, folder)


def test_a_configuration_that_is_not_json(load_tiny, folder):
    (folder / 'config.json').write_text('{')
    assert 'is not JSON' in refusal(load_tiny, folder)


def test_missing_state_tokens_say_what_to_do(load_tiny, without_states):
    words = refusal(load_tiny, without_states)
    assert 'model.dialect to zero_shot' in words
    assert 'streamo train' in words
    assert 'model.protocol to text_tags' in words
    assert load_tiny(without_states, dialect='zero_shot').prompt.kind == 'text_tags'
    assert load_tiny(without_states, protocol='text_tags').prompt.kind == 'text_tags'


def test_a_tokenizer_of_another_model_is_named_as_such(load_tiny, folder):
    file = folder / 'tokenizer.json'
    file.write_text(file.read_text().replace('<|im_end|>', '<|other|>'))
    words = refusal(load_tiny, folder)
    assert '<|im_end|>' in words
    assert 'tokenizer.json is not that of its architecture' in words


def test_more_context_than_was_trained(load_tiny, qwen):
    assert 'at most 8192' in refusal(load_tiny, qwen, capacity=9000)


def test_a_context_without_room_for_one_turn(load_tiny, qwen, frames):
    assert '100 tokens cannot hold' in refusal(load_tiny, qwen, capacity=100)
    backbone = load_tiny(qwen, capacity=395)
    with pytest.raises(BackboneError, match='395 tokens cannot hold the system prompt and one'):
        backbone.encode(frames[0])


def test_a_window_that_does_not_fit_says_what_would(load_tiny, qwen, monkeypatch):
    monkeypatch.setattr('streamo_ros.backbone.build.free_bytes', lambda device: 3_000_000)
    words = refusal(load_tiny, qwen)
    assert 'would fit' in words
    assert '2 lanes of 1024 tokens' in words
    load_tiny(qwen, lanes=2)
    tokens = int(words.split(' tokens with 3 lanes')[0].rsplit(' ', 1)[1])
    load_tiny(qwen, capacity=tokens)
    refusal(load_tiny, qwen, capacity=tokens + 1)


def test_the_size_of_a_window_is_what_it_allocates():
    shape = WindowShape(lanes=2, capacity=10, layers=3, heads=2, dim=16)
    assert shape.bytes(torch.bfloat16) == 3 * 3 * 2 * 10 * 2 * 16 * 2
    check_memory(shape, torch.bfloat16, shape.bytes(torch.bfloat16))
    with pytest.raises(BackboneError):
        check_memory(shape, torch.bfloat16, shape.bytes(torch.bfloat16) - 1)


@pytest.mark.parametrize(
    ('choice', 'words'),
    [
        ({'device': 'toaster'}, 'no device'),
        ({'device': 'meta'}, 'not supported'),
        ({'dtype': 'int3'}, 'not supported'),
        ({'protocol': 'morse'}, 'not known'),
        ({'lanes': 0}, 'at least 1'),
        ({'vision': 'glasses'}, 'not known'),
    ],
)
def test_choices_that_do_not_exist(load_tiny, qwen, choice, words):
    assert words in refusal(load_tiny, qwen, **choice)


@pytest.mark.skipif(torch.cuda.is_available(), reason='has a GPU')
def test_cuda_without_a_gpu(load_tiny, qwen):
    assert 'sees no CUDA device' in refusal(load_tiny, qwen, device='cuda')


def test_settings_of_the_checkpoint_are_followed(load_tiny, folder):
    plain = load_tiny(folder)
    assert (plain.info.max_frames, plain.info.max_time) == (0, 0.0)
    assert plain.info.response_threshold == 0.0
    (folder / 'streamo.json').write_text(
        json.dumps(
            {
                'protocol': 'text_tags',
                'max_frames': 20,
                'max_time': 60.0,
                'system_prompt': 'Look.',
                'sampling_rate': 1.0,
                'response_threshold': 0.7,
                'comment': 'ignored',
            }
        )
    )
    told = load_tiny(folder)
    assert told.prompt.kind == told.info.protocol == 'text_tags'
    assert (told.info.max_frames, told.info.max_time) == (20, 60.0)
    assert told.info.response_threshold == 0.7
    assert len(plain.prompt.sink('x')) - len(told.prompt.sink('x')) > len(SYSTEM_PROMPT) // 8
    assert load_tiny(folder, protocol='special_tokens').prompt.kind == 'special_tokens'
    edit(folder / 'streamo.json', protocol='morse')
    assert 'morse' in refusal(load_tiny, folder)
    edit(folder / 'streamo.json', protocol='text_tags', response_threshold=7)
    assert 'response_threshold outside 0 to 1' in refusal(load_tiny, folder)


def test_the_identity_follows_the_weights(load_tiny, folder):
    from safetensors.torch import load_file
    from safetensors.torch import save_file

    first, again = load_tiny(folder).info.model_id, load_tiny(folder).info.model_id
    tensors = load_file(folder / 'model.safetensors')
    tensors[min(tensors)].view(-1)[0] += 1
    save_file(tensors, folder / 'model.safetensors', metadata={'format': 'pt'})
    assert first == again != load_tiny(folder).info.model_id


def test_a_script_is_loaded_with_the_sizes_asked_for(tmp_path):
    file = tmp_path / 'script.yaml'
    file.write_text('- {instruction: "", say: [{from: 1, to: 2, state: standby}]}')
    backbone = load(file, Options(lanes=2, capacity=99))
    assert isinstance(backbone, ScriptedBackbone)
    assert (backbone.lanes, backbone.capacity) == (2, 99)
