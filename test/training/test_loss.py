# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The loss against values worked out by hand, and its gradient against numerical ones."""

from __future__ import annotations

import math

import pytest
import torch

from streamo_ros.training.loss import alphas
from streamo_ros.training.loss import BatchCounts
from streamo_ros.training.loss import class_balanced_weights
from streamo_ros.training.loss import LossError
from streamo_ros.training.loss import LossSettings
from streamo_ros.training.loss import StateLoss

# A vocabulary of five: 0 and 1 are words, 2, 3, 4 are Silence, Standby, Response.
STATES = (2, 3, 4)
# Supervised: S S S word B R word; one row, unsupervised tokens between.
LABELS = [2, -100, 2, 2, 0, 3, -100, 4, 1]
# Probabilities given to the true token, in that order.
CHANCES = [0.5, 0.8, 0.9, 0.25, 0.2, 0.1, 0.5]


def batch(labels=LABELS, chances=CHANCES, dtype=torch.float64):
    """Logits whose full softmax gives the true token the wanted probability."""
    logits = torch.zeros(1, len(labels), 5, dtype=dtype)
    wanted = iter(chances)
    for k, label in enumerate(labels):
        if label != -100:
            p = next(wanted)
            logits[0, k] = math.log((1 - p) / 4)
            logits[0, k, label] = math.log(p)
    return logits, torch.tensor([labels])


def loss_of(kind='focal_alpha', counts=None, labels=LABELS, chances=CHANCES, **settings):
    return StateLoss(LossSettings(kind=kind, **settings), STATES)(
        *batch(labels, chances), counts
    ).item()


def entropies(weights):
    return sum(-w * math.log(p) for w, p in zip(weights, CHANCES, strict=True)) / 7


def test_plain_cross_entropy():
    assert loss_of('ce') == pytest.approx(entropies([1] * 7))
    logits, labels = batch()
    theirs = torch.nn.functional.cross_entropy(logits[0], labels[0])
    assert loss_of('ce') == pytest.approx(theirs.item())


def test_focal_and_alpha_by_hand():
    # n = 3, 1, 1 of 5: alpha = 5/9, 5/3, 5/3. Focal (1 - p)^2 = .25, .04, .01 and .64, .81.
    weights = [5 / 9 * 0.25, 5 / 9 * 0.04, 5 / 9 * 0.01, 1, 5 / 3 * 0.64, 5 / 3 * 0.81, 1]
    assert loss_of() == pytest.approx(entropies(weights))
    assert loss_of(reading='released') == pytest.approx(entropies(weights))


def test_the_paper_counts_the_whole_step_and_three_classes():
    # 12:3:2 of the paper: alpha = 17/36, 17/9, 17/6; 100 supervised tokens in the step.
    counts = BatchCounts((12, 3, 2), 100)
    weights = [17 / 36 * 0.25, 17 / 36 * 0.04, 17 / 36 * 0.01, 1, 17 / 9 * 0.64, 17 / 6 * 0.81, 1]
    assert loss_of(counts=counts) == pytest.approx(entropies(weights) * 7 / 100)


def test_the_released_reading_counts_its_micro_batch_and_the_classes_present():
    labels, chances = [2, 2, 3], [0.5, 0.5, 0.5]
    entropy = math.log(2)
    # Present: Silence 2, Standby 1 of 3. Released |S| = 2: 3/4, 3/2; paper |S| = 3: 1/2, 1.
    counts = BatchCounts((200, 10, 1), 50)
    released = loss_of(reading='released', counts=counts, labels=labels, chances=chances)
    assert released == pytest.approx(0.25 * entropy * (3 / 4 + 3 / 4 + 3 / 2) / 50)
    paper = loss_of(labels=labels, chances=chances)
    assert paper == pytest.approx(0.25 * entropy * (1 / 2 + 1 / 2 + 1) / 3)


def test_only_silence_weighs_one_in_the_released_reading():
    value = loss_of(reading='released', gamma=0.0, labels=[2, 2], chances=[0.5, 0.5])
    assert value == pytest.approx(math.log(2))


def test_micro_batches_of_one_step_add_up_to_the_whole():
    loss = StateLoss(LossSettings(), STATES)
    torch.manual_seed(0)
    logits = torch.randn(4, 9, 5, dtype=torch.float64)
    labels = torch.randint(0, 5, (4, 9))
    whole = loss(logits, labels)
    parts = sum(loss(logits[k : k + 1], labels[k : k + 1], loss.count(labels)) for k in range(4))
    assert parts.item() == pytest.approx(whole.item())


def test_fixed_and_class_balanced_and_text_weight_by_hand():
    assert loss_of('fixed') == pytest.approx(entropies([0.3, 0.3, 0.3, 1, 1.3, 2, 1]))
    # beta 0.9: 1 - 0.9^3 = 0.271, 1 - 0.9 = 0.1 -> 0.369, 1, 1, scaled to mean 1.
    raw = [0.1 / 0.271, 1, 1]
    s, b, r = (weight * 3 / sum(raw) for weight in raw)
    assert loss_of('class_balanced', beta=0.9, text_weight=2.0) == pytest.approx(
        entropies([s, s, s, 2, b, r, 2])
    )


def test_roles_by_hand():
    # S S S word B R word: first of the run 1, repeated 0.8, Standby 1, Response 1.5.
    assert loss_of('role') == pytest.approx(entropies([1, 0.8, 0.8, 1, 1, 1.5, 1]))
    back = loss_of('role', labels=[2, 4, 2], chances=[0.5, 0.5, 0.5])
    assert back == pytest.approx(math.log(2) * (1 + 1.5 + 1) / 3)


def test_an_absent_class_is_harmless():
    table = alphas((5, 0, 5), present_only=False)
    assert table.tolist() == pytest.approx([2 / 3, 1, 2 / 3])
    assert class_balanced_weights((5, 0, 5), 0.99).tolist() == pytest.approx([1, 1, 1])
    assert math.isfinite(loss_of(labels=[-100, -100], chances=[]))


@pytest.mark.parametrize('kind', ['ce', 'focal_alpha', 'fixed', 'class_balanced', 'role'])
@pytest.mark.parametrize('reading', ['paper', 'released'])
def test_the_gradient_is_that_of_the_value(kind, reading):
    loss = StateLoss(LossSettings(kind=kind, reading=reading), STATES)
    logits, labels = batch()
    noisy = (logits + torch.linspace(-1, 1, logits.numel()).view_as(logits)).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: loss(x, labels), (noisy,))


def test_detaching_the_focal_factor_changes_the_gradient_alone():
    logits, labels = batch()
    values, gradients = [], []
    for detach in (False, True):
        x = logits.clone().requires_grad_()
        value = StateLoss(LossSettings(detach_focal=detach), STATES)(x, labels)
        value.backward()
        values.append(value.item())
        gradients.append(x.grad)
    assert values[0] == values[1]
    # d/dz of -(1 - p)^2 log p at the true token: (1 - p)^2 (2 p log p - (1 - p)), detached:
    # -(1 - p)^3; here p = 0.1, alpha 5/3, 7 supervised tokens, at the Response.
    p, scale = 0.1, 5 / 3 / 7
    at = (0, 7, 4)
    assert gradients[0][at].item() == pytest.approx(
        scale * (1 - p) ** 2 * (2 * p * math.log(p) - (1 - p))
    )
    assert gradients[1][at].item() == pytest.approx(-scale * (1 - p) ** 3)


def test_half_precision_is_widened():
    logits, labels = batch(dtype=torch.bfloat16)
    value = StateLoss(LossSettings(), STATES)(logits, labels)
    assert value.dtype is torch.float32
    assert value.item() == pytest.approx(loss_of(), rel=0.02)


@pytest.mark.parametrize('ids', [(2, 2, 3), (2, 3), (2, 3, 4, 5)])
def test_state_tokens_that_are_not_three_ids_are_refused(ids):
    with pytest.raises(LossError, match='add-tokens'):
        StateLoss(LossSettings(), ids)


@pytest.mark.parametrize(
    'settings',
    [
        {'kind': 'hinge'},
        {'reading': 'mine'},
        {'gamma': -1.0},
        {'beta': 1.0},
        {'reading': 'released', 'detach_focal': True},
        {'weights': (1.0, 2.0)},
    ],
)
def test_bad_settings_are_refused(settings):
    with pytest.raises(LossError):
        LossSettings(**settings)


@pytest.mark.parametrize('gamma', [0.25, 0.5, 0.99])
def test_a_certain_token_has_a_gradient_at_any_gamma(gamma):
    logits = torch.zeros(1, 3, 5, requires_grad=True)
    certain = logits + torch.tensor([200.0, 0, 0, 0, 0])
    targets = torch.tensor([[0, 0, 1]])
    loss = StateLoss(LossSettings(gamma=gamma), (0, 1, 2))(certain, targets)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize('kind', ['focal_alpha', 'role', 'fixed'])
def test_a_state_s_word_in_an_answer_is_not_a_state(kind):
    torch.manual_seed(1)
    logits = torch.randn(1, 5, 8)
    targets = torch.tensor([[0, 2, 7, 2, 5]])
    decisions = torch.tensor([[True, True, False, False, False]])
    loss = StateLoss(LossSettings(kind=kind), (0, 1, 2))
    # The 2 in the answer weighs like any other word there.
    other = targets.clone()
    other[0, 3] = 6
    swapped = logits.clone()
    swapped[0, 3, [2, 6]] = logits[0, 3, [6, 2]]
    assert loss.count(targets, decisions).states == (1, 0, 1)
    torch.testing.assert_close(
        loss(logits, targets, None, decisions), loss(swapped, other, None, decisions)
    )
