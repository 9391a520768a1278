# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The family that sees with a detector, from a folder to decisions, with random weights."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone.detector import weights
from streamo_ros.backbone.streamo_objects import StreamoObjects
from streamo_ros.backbone.streamo_objects_model import StreamoObjectsConfig
from streamo_ros.backbone.streamo_objects_model import StreamoObjectsForConditionalGeneration
from streamo_ros.backbone.vision import encoders
from streamo_ros.backbone.vision.preprocess import patchify
from streamo_ros.backbone.vision.preprocess import unpatchify
from streamo_ros.backbone.vision.yolox import Yolox
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.protocol import State

PIXELS = 184320
PROCESSOR = {
    'image_mean': [0, 0, 0],
    'image_std': [1, 1, 1],
    'rescale_factor': 1,
    'max_pixels': PIXELS,
    'merge_size': 3,
}


@pytest.fixture(scope='module')
def detector_file(tmp_path_factory):
    """Random weights that count as the right ones."""
    torch.manual_seed(3)
    pairs = []
    for name, convolution in Yolox().convolutions():
        bias = convolution.bias.detach()
        if name.endswith(('objects', 'kinds')):
            bias = bias + 1  # so that something is seen
        pairs.append((convolution.weight.detach().numpy(), bias.numpy()))
    file = tmp_path_factory.mktemp('detector') / 'detector.safetensors'
    weights.write_detector(pairs, file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights, 'FINGERPRINT', weights.fingerprint(pairs))
        patch.setenv('STREAMO_DETECTOR', str(file))
        yield file


@pytest.fixture(scope='module')
def folder(detector_file, make_tokenizer, tmp_path_factory):
    path = tmp_path_factory.mktemp('objects')
    torch.manual_seed(4)
    tokenizer = make_tokenizer()
    text = {
        'vocab_size': 512,
        'hidden_size': 64,
        'num_hidden_layers': 2,
        'num_attention_heads': 4,
        'num_key_value_heads': 2,
        'intermediate_size': 96,
        'tie_word_embeddings': True,
        'rope_parameters': {
            'rope_type': 'default',
            'rope_theta': 10000.0,
            'mrope_section': [2, 3, 3],
        },
    }
    config = StreamoObjectsConfig(
        text_config=text,
        tie_word_embeddings=True,
        image_token_id=tokenizer.token_to_id('<|image_pad|>'),
        id2label={number: f'kind {number}' for number in range(80)},
        architectures=['StreamoObjectsForConditionalGeneration'],
    )
    model = StreamoObjectsForConditionalGeneration(config)
    for weight in model.parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=0.2)
    model.half().save_pretrained(path)
    tokenizer.save(str(path / 'tokenizer.json'))
    (path / 'preprocessor_config.json').write_text(json.dumps(PROCESSOR))
    (path / 'streamo.json').write_text(json.dumps({'sampling_rate': 2}))
    return path


@pytest.fixture(scope='module')
def backbone(folder):
    return load(folder, Options('cpu', max_pixels=0, lanes=2, capacity=1024))


def picture(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ('width', 'height', 'grid'),
    [
        (640, 480, (4, 5)),
        (480, 640, (5, 4)),
        (1280, 720, (3, 5)),
        (1080, 1920, (5, 3)),
        (500, 500, (4, 4)),
        (64, 48, (4, 5)),
        (2560, 1080, (2, 5)),
        (1, 1, (4, 4)),
        (3000, 2, (1, 5)),
    ],
)
def test_the_grid_has_the_shape_of_the_frame(width, height, grid) -> None:
    found = StreamoObjects().grid(None, PROCESSOR, height, width, PIXELS)
    assert (found.rows, found.columns) == grid
    assert found.pixels == (96 * grid[0], 96 * grid[1])
    if 1 / 2 < width / height < 2:
        assert abs(math.log(width / height * found.rows / found.columns)) < math.log(9 / 8)


def test_fewer_pixels_make_a_smaller_grid() -> None:
    family = StreamoObjects()
    found = family.grid(None, PROCESSOR, 480, 640, 100_000)
    assert found.tokens * 96 * 96 <= 100_000
    assert (found.rows, found.columns) == (2, 3)
    with pytest.raises(BackboneError, match='at least 9216'):
        family.grid(None, PROCESSOR, 480, 640, 9000)


def test_a_checkpoint_may_see_larger_frames_in_as_many_tokens() -> None:
    family = StreamoObjects()
    processor = {**PROCESSOR, 'merge_size': 4, 'max_pixels': 20 * 128 * 128}
    large = family.grid(None, processor, 480, 640, family.frame_pixels(None))
    assert (large.rows, large.columns) == (4, 5)
    assert large.pixels == (512, 640)
    usual = family.grid(None, PROCESSOR, 480, 640, family.frame_pixels(None))
    assert usual.tokens == large.tokens
    assert usual.pixels == (384, 480)


def test_patches_are_put_together_again() -> None:
    grid = StreamoObjects().grid(None, PROCESSOR, 90, 160, PIXELS)
    pixels = torch.rand(*grid.pixels, 3)
    assert torch.equal(unpatchify(patchify(pixels, grid), grid), pixels.permute(2, 0, 1))


@pytest.mark.parametrize(('height', 'width'), [(120, 160), (160, 120), (40, 60), (2, 3)])
def test_a_frame_of_any_size_has_as_many_tokens_as_places(backbone, height, width) -> None:
    vision = backbone.encode(picture(height, width))
    rows, columns = backbone.grid(height, width)
    assert vision.embeddings.shape == (rows * columns, 64)
    assert torch.isfinite(vision.embeddings).all()
    assert vision.sightings
    for sighting in vision.sightings:
        assert sighting.kind.startswith('kind ')
        assert 0.12 <= sighting.score <= 1
        left, top, right, bottom = sighting.box
        assert 0 <= left <= right <= 1
        assert 0 <= top <= bottom <= 1


@pytest.mark.parametrize('degrade', ['gray', 'dark', 'inverted', 'upside down'])
def test_a_poor_camera_is_endured(backbone, degrade) -> None:
    image = picture(96, 128)
    if degrade == 'gray':
        image = np.repeat(image[:, :, :1], 3, axis=2)
    elif degrade == 'dark':
        image = np.zeros_like(image)
    elif degrade == 'inverted':
        image = 255 - image
    else:
        image = image[::-1]
    assert torch.isfinite(backbone.encode(image).embeddings).all()


def test_frames_are_decided_as_by_any_other_family(backbone, dialogue) -> None:
    talk = dialogue(backbone, 'tell me when a person comes in')
    for at in range(3):
        (row,) = backbone.extend([talk.turn(picture(96, 128, at))])
        assert np.isfinite(row).all()
        talk.settle(State.SILENCE)
    assert backbone.info.tokens_per_frame == 20
    assert backbone.info.image_size == (480, 384)


def test_the_detector_is_no_part_of_the_checkpoint(folder) -> None:
    from safetensors import safe_open

    with safe_open(folder / 'model.safetensors', 'pt') as file:
        names = list(file.keys())
    assert [name for name in names if 'visual.tokens.kinds' in name]
    assert not [name for name in names if 'detector' in name]


def test_without_the_detector_the_model_says_how_to_get_it(folder, tmp_path, monkeypatch) -> None:
    monkeypatch.delenv('STREAMO_DETECTOR')
    monkeypatch.setattr(weights, 'detector_places', lambda: iter([tmp_path / 'absent']))
    with pytest.raises(BackboneError) as caught:
        load(folder, Options('cpu', lanes=1, capacity=512))
    assert str(caught.value) == (
        'the weights of the detector are not installed: run `streamo model install objects`'
    )


def test_other_weights_than_those_it_was_trained_with_are_refused(
    folder, detector_file, monkeypatch
) -> None:
    monkeypatch.setattr(weights, 'FINGERPRINT', (0, 0, 0, 0, 0))
    with pytest.raises(BackboneError, match='holds other weights'):
        load(folder, Options('cpu', lanes=1, capacity=512))


def test_onnx_runtime_runs_the_tower_where_it_is_installed(folder) -> None:
    pytest.importorskip('onnxruntime')
    for vision in ('torch', 'onnxruntime', 'auto'):
        backbone = load(folder, Options('cpu', vision=vision, lanes=1, capacity=512))
        assert torch.isfinite(backbone.encode(picture(120, 160)).embeddings).all()
        expected = 'torch' if vision == 'torch' else 'onnxruntime'
        assert backbone.info.vision_backend == expected


def test_without_onnx_runtime_torch_runs_the_tower_or_it_is_refused(folder, monkeypatch) -> None:
    monkeypatch.setattr(encoders, 'find_spec', lambda _: None)
    options = Options('cpu', lanes=1, capacity=512)
    backbone = load(folder, options)
    backbone.encode(picture(96, 96))
    assert backbone.info.vision_backend == 'torch'
    with pytest.raises(BackboneError, match=r'onnxruntime is not installed: run .*pip install'):
        load(folder, replace(options, vision='onnxruntime'))


def test_a_tower_that_onnx_runtime_does_not_run_is_refused(qwen) -> None:
    pytest.importorskip('onnxruntime')
    backbone = load(qwen, Options('cpu', vision='onnxruntime', lanes=1, capacity=1024))
    with pytest.raises(BackboneError, match='does not run the vision tower'):
        backbone.encode(picture(96, 96))
