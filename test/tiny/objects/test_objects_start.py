# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A run that goes on from a checkpoint computes at first what the checkpoint computes."""

from __future__ import annotations

import pytest
import torch

from streamo_ros.tiny.network import Sizes
from streamo_ros.tiny.objects.export import object_model
from streamo_ros.tiny.objects.network import ObjectNetwork
from streamo_ros.tiny.objects.start import weights_from
from streamo_ros.tiny.objects.vocabulary import build_object_tokenizer
from streamo_ros.training.train_config import TrainingError

SIZES = Sizes(hidden=64, layers=2, theta=1e6)


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
