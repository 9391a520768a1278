# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A run that continues from a checkpoint starts as that checkpoint."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from streamo_ros.backbone.vision.track_marks import LATELY
from streamo_ros.backbone.vision.track_marks import MARKS
from streamo_ros.tiny.network import Sizes
from streamo_ros.tiny.objects.export import object_model
from streamo_ros.tiny.objects.network import ObjectNetwork
from streamo_ros.tiny.objects.number_embeddings import give_numbers
from streamo_ros.tiny.objects.start import EMBEDDINGS
from streamo_ros.tiny.objects.start import start_from
from streamo_ros.tiny.objects.start import weights_from
from streamo_ros.tiny.objects.vocabulary import build_object_tokenizer
from streamo_ros.training.train_config import TrainingError

SIZES = Sizes(hidden=64, layers=2, theta=1e6)
WEIGHTS = 'model.safetensors'
EMBEDDED = 'model.language_model.embed_tokens.weight'


def test_the_weights_of_a_checkpoint_are_taken_apart_again(tmp_path):
    torch.manual_seed(5)
    tokenizer = build_object_tokenizer()
    trained = ObjectNetwork(SIZES, tokenizer)
    object_model(trained.state_dict(), tokenizer, SIZES).save_pretrained(tmp_path)
    weights = weights_from(tmp_path)
    states = trained.state_dict()
    used = {name for name in states if name.startswith(('hf.model.language_model', 'adapt'))}
    assert set(weights) == used
    for name in used - {'adapt.kinds.weight'}:
        torch.testing.assert_close(weights[name], states[name])


def test_anything_else_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(TrainingError, match='pass the folder of a checkpoint'):
        weights_from(tmp_path)


@pytest.mark.parametrize('added', [0, 990])
def test_numbers_that_were_added_since_then_are_made_of_their_digits(tmp_path, added):
    tokenizer = build_object_tokenizer()
    rows = save_start(tmp_path, len(tokenizer) - added)
    network = ObjectNetwork(SIZES, tokenizer)
    start_from(network, tokenizer, tmp_path)
    for name in EMBEDDINGS:
        found = network.state_dict()[name]
        torch.testing.assert_close(found[: len(rows)], rows)
    weight = network.language.embed_tokens.weight.detach()
    digits, made = (weight[numbers(tokenizer, *texts)] for texts in ('0123456789', ('12', '21')))
    if added:
        # They are words like digits, and differ as their digits do.
        common = digits.mean(0)
        assert torch.cosine_similarity(made, common, dim=1).min() > 0.5
        assert (made[0] - made[1]).norm() > 0.3 * (digits[1] - digits[2]).norm()


def test_a_number_says_its_digits_alike_wherever_it_stands():
    tokenizer = build_object_tokenizer()
    weight = torch.randn(len(tokenizer), 32)
    give_numbers(weight, tokenizer)
    tens = weight[numbers(tokenizer, '31', '32')]
    others = weight[numbers(tokenizer, '71', '72')]
    torch.testing.assert_close(tens[0] - tens[1], others[0] - others[1])


def test_a_larger_vocabulary_than_the_networks_is_refused(tmp_path):
    tokenizer = build_object_tokenizer()
    save_start(tmp_path, len(tokenizer) + 1)
    with pytest.raises(TrainingError, match='train from a newer checkpoint'):
        start_from(ObjectNetwork(SIZES, tokenizer), tokenizer, tmp_path)


def test_layers_between_those_of_a_checkpoint_change_nothing_at_first(tmp_path):
    torch.manual_seed(7)
    tokenizer = build_object_tokenizer()
    trained = ObjectNetwork(SIZES, tokenizer)
    object_model(trained.state_dict(), tokenizer, SIZES).save_pretrained(tmp_path)
    deeper = ObjectNetwork(replace(SIZES, layers=4), tokenizer)
    start_from(deeper, tokenizer, tmp_path)
    embedded = torch.randn(1, 9, SIZES.hidden)
    short, long = (
        network.language(inputs_embeds=embedded, output_hidden_states=True).hidden_states
        for network in (trained, deeper)
    )
    # What the heads read, halfway and one layer below the last, is where it was.
    for layer, now in ((0, 0), (1, 2), (1, 3), (2, 4)):
        torch.testing.assert_close(long[now], short[layer])
    deeper.language(inputs_embeds=embedded).last_hidden_state.sum().backward()
    assert deeper.language.layers[0].mlp.down_proj.weight.grad.abs().sum() > 0


def test_what_else_is_told_of_the_frames_before_counts_for_nothing_at_first(tmp_path):
    tokenizer = build_object_tokenizer()
    torch.manual_seed(5)
    earlier = object_model(ObjectNetwork(SIZES, tokenizer).state_dict(), tokenizer, SIZES)
    tensors = earlier.state_dict()
    name = 'model.visual.tokens.marks.weight'
    tensors[name] = torch.randn(SIZES.hidden, LATELY)
    save_file({key: value.clone() for key, value in tensors.items()}, tmp_path / WEIGHTS)
    network = ObjectNetwork(SIZES, tokenizer)
    start_from(network, tokenizer, tmp_path)
    weight = network.state_dict()['adapt.marks.weight']
    torch.testing.assert_close(weight[:, :LATELY], tensors[name])
    assert weight.shape[1] == MARKS
    assert not weight[:, LATELY:].any()


def test_fewer_layers_than_those_of_a_checkpoint_are_refused(tmp_path):
    tokenizer = build_object_tokenizer()
    trained = ObjectNetwork(SIZES, tokenizer)
    object_model(trained.state_dict(), tokenizer, SIZES).save_pretrained(tmp_path)
    with pytest.raises(TrainingError, match='set layers to 2'):
        start_from(ObjectNetwork(replace(SIZES, layers=1), tokenizer), tokenizer, tmp_path)


def numbers(tokenizer, *texts):
    return [tokenizer.encode(text, add_special_tokens=False)[0] for text in texts]


def save_start(folder, tokens):
    """A checkpoint of nothing but embeddings."""
    rows = 1 + torch.randn(tokens, SIZES.hidden)
    save_file({EMBEDDED: rows}, folder / WEIGHTS)
    return rows
