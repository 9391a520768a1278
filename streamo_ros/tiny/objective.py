# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training loss of the language model: the state of each frame and the words of the answers.

Two auxiliary losses are added. Alignment pulls each vision token toward the words for what its
cell contains; grounding asks it, in the middle layer, whether its cell contains what the
instruction is about. A dialogue has many cells and few answers, so the model learns from these
which thing each word refers to. Only the loss of the states can be chosen, so that an ablation
differs in nothing else.

Source: alignment and grounding are proposed here; the weights of states follow the idea of
Streamo's frame-wise reweighting (arXiv 2512.21334, sec. 3.3).
"""

from __future__ import annotations

from typing import get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import ProtocolError
from streamo_ros.core.protocol import State
from streamo_ros.core.protocol import Tokenizer
from streamo_ros.tiny.curriculum import AuxiliaryWeights
from streamo_ros.tiny.log import Figures
from streamo_ros.tiny.network import Network
from streamo_ros.tiny.tensors import TensorBatch
from streamo_ros.tiny.tiny_config import Loss
from streamo_ros.training.loss import Kind
from streamo_ros.training.loss import LossError
from streamo_ros.training.loss import LossSettings
from streamo_ros.training.loss import StateLoss
from streamo_ros.worlds.scene import COLORS
from streamo_ros.worlds.scene import SHAPES

_RARE = 2.0
"""Weight of a matching cell: most cells hold something else."""
_LEAST = 1e-6
"""Total weight below which a loss is taken for 0."""
KINDS: dict[Loss, Kind] = {
    'plain': 'ce',
    'focal_alpha': 'focal_alpha',
    'class_balanced': 'class_balanced',
}
"""Losses that `training.loss` implements, by its names; all follow the paper's formula."""


class Objective:
    """The loss of a batch.

    Args:
        prompt: prompt of the model's tokenizer.
        loss: the loss of the states; see `TinyConfig`.
        aligned: whether vision tokens are to resemble the words of the drawn world.

    Raises:
        ProtocolError: a color or shape is not one token.
        LossError: there is no such loss, or the states are not three tokens.
    """

    def __init__(
        self, prompt: PromptTokens, loss: Loss = 'cross_entropy', *, aligned: bool = True
    ) -> None:
        if loss not in get_args(Loss):
            raise LossError(f'loss {loss!r} is unknown: choose from {", ".join(get_args(Loss))}')
        self._state_loss = (
            None
            if loss not in KINDS
            else StateLoss(LossSettings(kind=KINDS[loss]), prompt.state_ids)
        )
        self._states = dict(zip(DECISIONS, prompt.state_ids, strict=True))
        self._yes, self._no = (_word(prompt.tokenizer, word) for word in ('Yes', 'No'))
        self._colors = torch.tensor([_word(prompt.tokenizer, word) for word in COLORS if aligned])
        self._shapes = torch.tensor([_word(prompt.tokenizer, word) for word in SHAPES if aligned])

    def __call__(
        self, network: Network, batch: TensorBatch, weights: AuxiliaryWeights
    ) -> tuple[Tensor, Figures]:
        """The loss, and its parts by name.

        Args:
            network: the network.
            batch: a batch of dialogues.
            weights: weights of the auxiliary losses.
        """
        last, projected, middle, late = network.run(
            batch.ids, batch.positions, batch.vision_index, batch.vision
        )
        logits = network.logits(last[batch.target_index])
        losses = F.cross_entropy(logits, batch.target_ids, reduction='none')
        in_answer = batch.in_answer
        states = self._decisions(logits, losses, batch)
        answers = _weighted(losses, batch, in_answer) if in_answer.any() else states * 0
        aligned = self._alignment(network, projected, batch.looks)
        grounded = self._grounding(network, middle, batch)
        figures = {
            'states': states.item(),
            'answers': answers.item(),
            'aligned': aligned.item(),
            'grounded': grounded.item(),
        }
        figures |= self._shares(logits.argmax(-1), batch)
        total = weights.main * (states + answers)
        total = total + weights.align * aligned + weights.ground * grounded
        if network.probes is not None:
            index = batch.target_index[~in_answer]
            # A state comes right after the position that predicts it.
            probed, known = network.probes.loss(
                late[index], middle[index + 1], batch.probe_targets
            )
            listed = network.probes.list_loss(middle[batch.vision_index], batch.list_places)
            conditions = network.probes.condition_loss(late[batch.vision_index], batch.conditions)
            probed = probed + listed
            figures |= {
                'probed': probed.item(),
                'facts_right': known.item(),
                'conditions': conditions.item(),
            }
            total = total + weights.probe * probed + weights.condition * conditions
        return total, figures

    def _decisions(self, logits: Tensor, losses: Tensor, batch: TensorBatch) -> Tensor:
        """Loss of the states; a batch is a whole step, so its class counts are the step's."""
        states = ~batch.in_answer
        if self._state_loss is not None:
            # As one sequence: the order of the states matters to none of these losses.
            rows, targets = logits[states], batch.target_ids[states]
            return self._state_loss(rows.unsqueeze(0), targets.unsqueeze(0))
        return _weighted(losses, batch, states)

    def _alignment(self, network: Network, projected: Tensor, looks: Tensor) -> Tensor:
        """Cross-entropy of the words for the thing in each cell, read from its vision token."""
        occupied = looks[:, 0] >= 0
        if not occupied.any():
            return projected.sum() * 0
        normed = network.language.norm(projected[occupied])
        log_probabilities = F.log_softmax(network.logits(normed), -1)
        colors, shapes = self._colors[looks[occupied, 0]], self._shapes[looks[occupied, 1]]
        return -log_probabilities.gather(1, torch.stack((colors, shapes), 1)).mean()

    def _grounding(self, network: Network, middle: Tensor, batch: TensorBatch) -> Tensor:
        """Loss of whether a cell matches the instruction, in the middle layer.

        It is read by a head, or else as the answer Yes or No.
        """
        named = batch.matches >= 0
        if not named.any():
            return middle.sum() * 0
        rows = middle[batch.vision_index[named]]
        logits = None if network.probes is None else network.probes.matched(rows)
        if logits is None:
            embeddings = network.language.embed_tokens.weight
            logits = network.language.norm(rows) @ (embeddings[self._yes] - embeddings[self._no])
        return F.binary_cross_entropy_with_logits(
            logits,
            batch.matches[named],
            pos_weight=torch.tensor(_RARE),
        )

    def _shares(self, predicted: Tensor, batch: TensorBatch) -> Figures:
        """Shares of correct tokens; recall and precision of Standby and Response."""
        right, states = predicted == batch.target_ids, ~batch.in_answer
        states = states & (batch.weights > 0)
        answers = batch.in_answer & (batch.weights > 0)
        shares = {
            'state_right': _mean(right[states]),
            'answer_right': _mean(right[answers]),
        }
        for name, state in (('standby', State.STANDBY), ('response', State.RESPONSE)):
            token = self._states[state]
            shares[f'{name}_recall'] = _mean(right[states & (batch.target_ids == token)])
            shares[f'{name}_precision'] = _mean(right[states & (predicted == token)])
        return shares


def _weighted(losses: Tensor, batch: TensorBatch, where: Tensor) -> Tensor:
    weights = batch.weights[where]
    # Of a short batch all may be in doubt: nothing counts then.
    return (losses[where] * weights).sum() / weights.sum().clamp(min=_LEAST)


def _mean(right: Tensor) -> float:
    return right.float().mean().item() if len(right) else float('nan')


def _word(tokenizer: Tokenizer, word: str) -> int:
    ids = tokenizer.plain(f' {word}')
    if len(ids) != 1:
        raise ProtocolError(f'{word!r} is {len(ids)} tokens: train the tokenizer on the worlds')
    return ids[0]
