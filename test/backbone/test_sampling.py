# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Choosing tokens: what transformers' processors would leave is what is drawn from."""

import json
import shutil
from collections import Counter

import pytest
import torch

from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.sampling import Choice
from streamo_ros.backbone.sampling import choose
from streamo_ros.backbone.sampling import greedy
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Sampling

NONE = torch.zeros(0, dtype=torch.int64)


def _choose(logits, choices, sampling, control=NONE):
    return choose(greedy(logits), logits, choices, sampling, control)


def _reference(logits, said, sampling):
    """Probabilities that transformers' processors give; (vocabulary,)."""
    from transformers import LogitsProcessorList
    from transformers import RepetitionPenaltyLogitsProcessor
    from transformers import TemperatureLogitsWarper
    from transformers import TopKLogitsWarper
    from transformers import TopPLogitsWarper

    processors = LogitsProcessorList(
        [
            RepetitionPenaltyLogitsProcessor(sampling.repetition_penalty),
            TemperatureLogitsWarper(sampling.temperature),
            TopKLogitsWarper(sampling.top_k),
            TopPLogitsWarper(sampling.top_p),
        ]
    )
    return processors(torch.tensor([said]), logits[None].clone()).softmax(-1)[0]


def test_draws_have_the_distribution_of_transformers_processors():
    logits = torch.randn(16, generator=torch.Generator().manual_seed(1)) * 2
    said, draws = (3, 5, 5), 4000
    sampling = Sampling(0.9, seed=7, repetition_penalty=1.5, top_k=8, top_p=0.85)
    expected = _reference(logits, said, sampling)
    assert 1 < int((expected > 0).sum()) < 8, 'top-p must cut more than top-k does'
    choices = [Choice(length, said) for length in range(draws)]
    counts = Counter(_choose(logits.expand(draws, -1), choices, sampling))
    assert {token for token in counts if counts[token]} <= set(expected.nonzero()[:, 0].tolist())
    for token, probability in enumerate(expected.tolist()):
        spread = 4 * (draws * probability * (1 - probability)) ** 0.5 + 1
        assert abs(counts[token] - draws * probability) <= spread


def test_a_draw_depends_on_seed_and_length_alone():
    logits = torch.zeros(3, 100)
    sampling = Sampling(1.0, seed=2)
    alone = [_choose(logits[:1], [Choice(length)], sampling)[0] for length in (4, 5, 6)]
    assert _choose(logits, [Choice(4), Choice(5), Choice(6)], sampling) == alone
    assert len(set(alone)) > 1


def test_the_penalty_counts_for_the_most_probable_token_too():
    logits = torch.tensor([[2.0, 1.9, -1.0], [-2.0, -1.5, -1.4]])
    sampling = Sampling(repetition_penalty=1.1)
    assert _choose(logits, [Choice(9), Choice(9)], sampling) == [0, 2]
    assert _choose(logits, [Choice(9, (0,)), Choice(9, (2,))], sampling) == [1, 1]


def test_a_control_token_is_not_chosen_where_the_answer_may_not_stop():
    logits = torch.tensor([[9.0, 1.0, 0.0], [9.0, 1.0, 0.0]])
    choices = [Choice(1, may_stop=False), Choice(1)]
    for sampling in (Sampling(), Sampling(0.01)):
        assert _choose(logits, choices, sampling, torch.tensor([0])) == [1, 0]


def test_a_row_that_is_not_finite_fails_alone():
    logits = torch.tensor([[1.0, float('nan')], [0.0, 1.0]])
    for sampling in (Sampling(), Sampling(0.5), Sampling(0.5, top_k=1, top_p=0.5)):
        assert _choose(logits, [Choice(1, (0,)), Choice(1, (0,))], sampling) == [None, 1]


def test_a_checkpoint_says_how_it_wants_tokens_chosen(qwen, tmp_path):
    folder = shutil.copytree(qwen, tmp_path / 'model')
    file = folder / 'generation_config.json'
    file.write_text(json.dumps({'repetition_penalty': 1.05, 'top_k': 1, 'top_p': None}))
    assert read_checkpoint(folder).sampling == Sampling(repetition_penalty=1.05, top_k=1)
    for wrong, what in (
        ({'top_p': 2}, 'not all possible'),
        ({'top_k': 'many'}, 'not a number'),
    ):
        file.write_text(json.dumps(wrong))
        with pytest.raises(BackboneError, match=what):
            read_checkpoint(folder)
