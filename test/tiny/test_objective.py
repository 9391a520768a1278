# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the language model learns from a batch under each loss, all else being the same."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from streamo_ros.tiny.curriculum import AuxiliaryWeights
from streamo_ros.tiny.dialogues import draw_dialogue
from streamo_ros.tiny.objective import Objective
from streamo_ros.tiny.optimizer import Optimizer
from streamo_ros.tiny.tensors import collate
from streamo_ros.tiny.tiny_config import Loss
from streamo_ros.training.loss import alphas
from streamo_ros.training.loss import class_balanced_weights
from streamo_ros.training.loss import LossError
from streamo_ros.training.train_config import TrainingError
from streamo_ros.worlds.scene import COLORS
from streamo_ros.worlds.scene import SHAPES


@pytest.fixture(scope='module')
def drawn(clips, prompt):
    """A few dialogues in which all three states are due."""
    rng = np.random.default_rng(11)
    while True:
        found = collate([draw_dialogue(clips, prompt, 4, 0.0, rng) for _ in range(6)])
        if len(found.target_ids[~found.in_answer].unique()) == 3:
            return found


def figures_of(network, drawn, prompt, loss):
    with torch.no_grad():
        total, figures = Objective(prompt, loss)(network, drawn, AuxiliaryWeights(align=0.5))
    parts = figures['states'] + figures['answers'] + 0.5 * figures['aligned']
    assert total.item() == pytest.approx(parts, rel=1e-5)
    return figures


@pytest.fixture(scope='module')
def decided(network, drawn, prompt):
    """Cross-entropy of each state due, shape (n,); its class, 0 to 2; how often each is due."""
    with torch.no_grad():
        hidden = network.run(drawn.ids, drawn.positions, drawn.vision_index, drawn.vision).last
        logits = network.logits(hidden[drawn.target_index])[~drawn.in_answer]
    wanted = drawn.target_ids[~drawn.in_answer]
    classes = torch.tensor([prompt.state_ids.index(one) for one in wanted.tolist()])
    counts = classes.bincount(minlength=3).tolist()
    return F.cross_entropy(logits, wanted, reduction='none'), classes, counts


def test_the_losses_differ_in_the_states_alone(network, drawn, prompt):
    found = [figures_of(network, drawn, prompt, loss) for loss in get_args(Loss)]
    assert len({one['states'] for one in found}) == len(found)
    for name in ('answers', 'aligned', 'state_right', 'answer_right'):
        assert len({one[name] for one in found}) == 1


def test_plain_is_the_mean_and_focal_alpha_is_streamos(network, drawn, prompt, decided):
    each, classes, counts = decided
    plain = figures_of(network, drawn, prompt, 'plain')['states']
    assert plain == pytest.approx(each.mean().item(), rel=1e-4)
    focal = figures_of(network, drawn, prompt, 'focal_alpha')['states']
    alpha = torch.tensor([sum(counts) / 3 / count for count in counts])
    assert torch.allclose(alpha, alphas(counts, present_only=False))
    wanted = (alpha[classes] * (1 - torch.exp(-each)) ** 2 * each).mean()
    assert focal == pytest.approx(wanted.item(), rel=1e-4)


def test_class_balanced_weighs_by_the_effective_number(network, drawn, prompt, decided):
    each, classes, counts = decided
    found = figures_of(network, drawn, prompt, 'class_balanced')['states']
    wanted = (class_balanced_weights(counts, 0.9999)[classes] * each).mean()
    assert found == pytest.approx(wanted.item(), rel=1e-4)


@pytest.mark.parametrize('loss', get_args(Loss))
def test_weights_of_moments_count_in_cross_entropy_alone(network, drawn, prompt, loss):
    late = drawn.weights * torch.where(drawn.target_ids == prompt.state_ids[2], 9.0, 1.0)
    before = figures_of(network, drawn, prompt, loss)['states']
    after = figures_of(network, replace(drawn, weights=late), prompt, loss)['states']
    assert (before != after) == (loss == 'cross_entropy')


def test_a_batch_in_which_all_is_in_doubt_teaches_nothing(network, drawn, prompt):
    figures = figures_of(
        network, replace(drawn, weights=drawn.weights * 0), prompt, 'cross_entropy'
    )
    assert figures['states'] == figures['answers'] == 0


def test_a_loss_that_is_no_number_ends_the_training_before_it_spoils_the_weights():
    bias = torch.nn.Parameter(torch.ones(3))
    matrix = torch.nn.Parameter(torch.ones(32, 32))
    optimizer = Optimizer([('bias', bias), ('matrix', matrix)], 0.1, 10)
    with pytest.raises(TrainingError, match='the loss of step 5 is nan'):
        optimizer.step((bias * float('nan')).sum() + matrix.sum(), 4)
    assert bias.tolist() == [1, 1, 1]
    assert (matrix == 1).all()


def test_an_unknown_loss_is_refused(prompt):
    with pytest.raises(LossError, match='choose from cross_entropy'):
        Objective(prompt, 'hinge')


def test_halfway_up_each_cell_is_asked_for_what_the_instruction_names(clips, prompt, network):
    rng = np.random.default_rng(8)
    dialogues = [draw_dialogue(clips, prompt, 6, 0.0, rng) for _ in range(8)]
    drawn = collate(dialogues)
    named = {dialogue.family for dialogue in dialogues if any(dialogue.look)}
    assert named
    for one in dialogues:
        alone = collate([one])
        if not any(one.look):
            assert (alone.matches == -1).all()
            continue
        found = {
            (COLORS[color], SHAPES[shape])
            for color, shape in alone.looks[alone.matches == 1].tolist()
        }
        assert all(
            look[0] in ('', color) and look[1] in ('', shape)
            for look in [one.look]
            for color, shape in found
        )
        assert ((alone.matches >= 0) == (alone.looks[:, 0] >= 0)).all()
    without, figures = Objective(prompt)(network, drawn, AuxiliaryWeights())
    with_it, _ = Objective(prompt)(network, drawn, AuxiliaryWeights(ground=1.0))
    assert (with_it - without).item() == pytest.approx(figures['grounded'], rel=1e-3)
