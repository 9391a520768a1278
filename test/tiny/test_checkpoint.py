# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The checkpoint as transformers and the node load it; the tower as transformers runs it."""

import json

import numpy as np
import pytest
import torch
import transformers

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.core.protocol import STATE_TAGS
from streamo_ros.tiny.clips import encode_frames
from streamo_ros.tiny.export import main
from streamo_ros.tiny.pictures import grid
from streamo_ros.tiny.pictures import SMALL
from streamo_ros.tiny.tower import encode
from streamo_ros.tiny.tower import patches
from streamo_ros.training.train_config import TrainingError


@pytest.mark.parametrize('aspect', SMALL)
def test_many_frames_at_once_are_seen_as_transformers_sees_each(tower, aspect):
    width, height = SMALL[aspect]
    frames = torch.randint(0, 256, (3, height, width, 3), dtype=torch.uint8)
    own = encode(tower, frames)
    rows, columns = grid(aspect)
    assert own.shape[:2] == (3, rows * columns)
    for frame, found in zip(frames, own, strict=True):
        theirs = tower(
            patches(frame[None])[0], grid_thw=torch.tensor([[1, 2 * rows, 2 * columns]])
        )
        assert torch.allclose(theirs.pooler_output, found, atol=1e-4)


def test_transformers_loads_all_of_it(checkpoint):
    model = transformers.AutoModelForImageTextToText.from_pretrained(checkpoint)
    assert model.dtype == torch.float16
    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
    for tag in STATE_TAGS.values():
        assert len(tokenizer.encode(tag)) == 1
    said = tokenizer.apply_chat_template(
        [{'role': 'user', 'content': [{'type': 'image'}, {'type': 'text', 'text': 'hi'}]}],
        tokenize=False,
        add_generation_prompt=True,
    )
    assert said == (
        '<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>hi<|im_end|>\n'
        '<|im_start|>assistant\n'
    )


@pytest.mark.parametrize(
    ('width', 'height', 'aspect'),
    [
        (640, 480, '4:3'),
        (320, 240, '4:3'),
        (1600, 1200, '4:3'),
        (1280, 720, '16:9'),
        (384, 216, '16:9'),
        (1920, 1080, '16:9'),
        (272, 272, '1:1'),
        (1024, 1024, '1:1'),
    ],
)
def test_cameras_get_the_sizes_of_the_training(checkpoint, width, height, aspect):
    processor = transformers.AutoImageProcessor.from_pretrained(checkpoint, backend='pil')
    found = processor([np.zeros((height, width, 3), np.uint8)], return_tensors='pt')
    rows, columns = grid(aspect)
    assert found['image_grid_thw'].tolist() == [[1, 2 * rows, 2 * columns]]


def test_the_node_sees_what_the_training_saw(checkpoint, tower, network):
    backbone = load(checkpoint, Options(device='cpu', lanes=1))
    width, height = SMALL['4:3']
    frame = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    wanted = network.adapt(encode_frames(tower, frame[None])[0].float())
    found = backbone.encode(frame)
    assert found.grid == grid('4:3')
    assert torch.allclose(found.embeddings, wanted, atol=0.02)


def test_it_says_how_it_wants_to_be_run(checkpoint):
    settings = json.loads((checkpoint / 'streamo.json').read_text())
    assert settings['protocol'] == 'special_tokens'
    backbone = load(checkpoint, Options(device='cpu', lanes=1))
    assert (backbone.info.max_frames, backbone.info.max_time) == (16, 600.0)
    assert backbone.prompt.sink('x')[:2] == backbone.prompt.tokenizer.control(
        '<|im_start|>system\n'
    )


def test_an_export_without_weights_is_refused(tmp_path):
    arguments = [str(tmp_path), str(tmp_path / 'out')]
    with pytest.raises(TrainingError, match='pass the folder of a run'):
        main(arguments)
    (tmp_path / 'settings.json').write_text(json.dumps({'output': str(tmp_path)}))
    with pytest.raises(TrainingError, match='train it first'):
        main(arguments)


def test_the_tokenizer_spells_everything(tokenizer):
    for text in (
        'tell me when a red ball appears',
        'café — Größe 12.5 €',
        '<12s-13s>\n',
        'От чайника идёт пар',
    ):
        assert tokenizer.decode(tokenizer.encode(text)) == text
    assert len(tokenizer.encode(' yellow star')) == 2
    assert len(tokenizer.encode('<123s-124s>\n')) == 9
