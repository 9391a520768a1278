# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A tokenizer that is not that of the weights is refused before they are loaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file
from safetensors.torch import save_file

from streamo_ros.backbone.checkpoint import Checkpoint
from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.tokenizer import CheckpointTokenizer
from streamo_ros.backbone.vocabulary import check_vocabulary
from streamo_ros.backbone.vocabulary import embedding_rows
from streamo_ros.core.interface import BackboneError
from streamo_ros.share import EMBEDDED
from streamo_ros.share import share_path
from streamo_ros.tools.model_check import check_model


@pytest.fixture
def folder(qwen, tmp_path):
    """A copy that a test may spoil; 512 rows."""
    return shutil.copytree(qwen, tmp_path / 'copy')


def add_token(folder: Path, token: str, token_id: int) -> None:
    file = folder / 'tokenizer.json'
    content = json.loads(file.read_text())
    entry = {'id': token_id, 'content': token, 'single_word': False, 'lstrip': False}
    entry |= {'rstrip': False, 'normalized': False, 'special': True}
    content['added_tokens'].append(entry)
    file.write_text(json.dumps(content))


def refusal(load_tiny, path: Path) -> str:
    with pytest.raises(BackboneError) as caught:
        load_tiny(path)
    assert '\n' not in str(caught.value)
    return str(caught.value)


def pad_vocabulary(folder: Path, rows: int) -> str:
    """Give a tokenizer tokens up to this many ids; the first that it did not have."""
    known = len(CheckpointTokenizer(folder / 'tokenizer.json').vocabulary)
    for token_id in range(known, rows):
        add_token(folder, f'<extra_{token_id}>', token_id)
    return f'<extra_{known}>'


def test_a_token_without_a_row_is_named_with_the_cure(load_tiny, folder):
    pad_vocabulary(folder, 514)
    words = refusal(load_tiny, folder)
    assert 'has 514 tokens and the weights have 512 rows' in words
    assert '<extra_512> (id 512)' in words
    assert 'copy tokenizer.json and the weights from one folder' in words
    assert [check.found for check in check_model(folder) if check.state == 'missing'] == [words]


def test_as_many_tokens_as_rows_are_loaded(load_tiny, folder):
    pad_vocabulary(folder, 512)
    load_tiny(folder)


def test_a_tokenizer_whose_picture_token_is_a_word_is_of_other_weights(load_tiny, folder):
    file = folder / 'config.json'
    word = CheckpointTokenizer(folder / 'tokenizer.json').plain('s')[0]
    file.write_text(json.dumps(json.loads(file.read_text()) | {'image_token_id': word}))
    assert f"id {word} in config.json, is the word 's' in tokenizer.json" in refusal(
        load_tiny, folder
    )
    file.write_text(json.dumps(json.loads(file.read_text()) | {'image_token_id': 511}))
    assert 'id 511 in config.json, does not exist' in refusal(load_tiny, folder)


def test_rows_are_those_of_the_weights_and_not_of_the_configuration(load_tiny, folder):
    file = folder / 'model.safetensors'
    tensors = load_file(file)
    name = next(name for name in tensors if name.endswith('embed_tokens.weight'))
    tensors[name] = tensors[name][:400].contiguous()
    save_file(tensors, file, metadata={'format': 'pt'})
    assert 'the weights have 400 rows' in refusal(load_tiny, folder)


def test_weights_that_are_still_to_be_written_are_not_refused(folder):
    checkpoint = read_checkpoint(folder)
    (folder / 'model.safetensors').unlink()
    pad_vocabulary(folder, 600)
    assert embedding_rows(checkpoint) == 0
    check_vocabulary(checkpoint, CheckpointTokenizer(folder / 'tokenizer.json'))


@pytest.mark.parametrize('name', EMBEDDED)
def test_the_embedded_models_fit(name):
    checkpoint: Checkpoint = read_checkpoint(share_path('models', EMBEDDED[name]))
    tokenizer = CheckpointTokenizer(checkpoint.path / 'tokenizer.json')
    assert embedding_rows(checkpoint) == len(tokenizer.vocabulary)
    check_vocabulary(checkpoint, tokenizer)
