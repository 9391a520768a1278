# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the language model is to learn: the state of each frame, the words of the answers.

Knows losses and shares of right tokens. Beside the two it pulls each vision token towards the
words for what its cell holds, which is how the model learns that what it sees is what is named;
and halfway up it asks each of them whether its cell holds what the instruction is about. A
dialogue has many cells and few answers, so that it learns from these what is meant by whom.
The loss of the states alone can be chosen, so that an ablation differs in nothing else.

Source of the aligned and the asked tokens: proposed here; the weights of states follow the idea
of Streamo's frame-wise reweighting (arXiv 2512.21334, sec. 3.3).
"""

from __future__ import annotations

from typing import get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import PromptTokens
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
from streamo_ros.worlds.scene import COLOURS
from streamo_ros.worlds.scene import SHAPES

_RARE = 2.0
"""Weight of a cell that holds it: most cells hold something else."""
KINDS: dict[Loss, Kind] = {
    'plain': 'ce',
    'focal_alpha': 'focal_alpha',
    'class_balanced': 'class_balanced',
}
"""What `training.loss` calls the losses that are its own; all in the paper's reading."""


class Objective:
    """The loss of a batch.

    Args:
        wording: of the model's tokenizer.
        loss: of the states; see `TinyConfig`.

    Raises:
        ProtocolError: a colour or shape is not one token.
        LossError: there is no such loss, or the states are not three tokens.
    """

    def __init__(self, prompt: PromptTokens, loss: Loss = 'cross_entropy') -> None:
        if loss not in get_args(Loss):
            raise LossError(f'loss {loss!r} is unknown: choose from {", ".join(get_args(Loss))}')
        self._state_loss = (
            None
            if loss not in KINDS
            else StateLoss(LossSettings(kind=KINDS[loss]), prompt.state_ids)
        )
        self._states = dict(zip(DECISIONS, prompt.state_ids, strict=True))
        self._yes, self._no = (_word(prompt.tokenizer, one) for one in ('Yes', 'No'))
        self._colours = torch.tensor([_word(prompt.tokenizer, one) for one in COLOURS])
        self._shapes = torch.tensor([_word(prompt.tokenizer, one) for one in SHAPES])

    def __call__(
        self, network: Network, batch: TensorBatch, beside: AuxiliaryWeights
    ) -> tuple[Tensor, Figures]:
        """The loss, and what it is made of.

        Args:
            network: that learns.
            batch: of dialogues.
            beside: weights of what is learned beside states and answers.
        """
        hidden, mapped, middle, late = network.read(
            batch.ids, batch.places, batch.seen_at, batch.seen
        )
        logits = network.logits(hidden[batch.at])
        each = F.cross_entropy(logits, batch.wanted, reduction='none')
        spoken = batch.spoken
        states = self._decisions(logits, each, batch)
        answers = _weighted(each, batch, spoken) if spoken.any() else states * 0
        aligned = self._alignment(network, mapped, batch.looks)
        grounded = self._grounding(network, middle, batch)
        figures = {
            'states': states.item(),
            'answers': answers.item(),
            'aligned': aligned.item(),
            'grounded': grounded.item(),
        }
        figures |= self._shares(logits.argmax(-1), batch)
        total = states + answers + beside.align * aligned + beside.ground * grounded
        if network.probes is not None:
            decided = batch.at[~spoken]
            # A state stands right behind the place that predicts it.
            probed, known = network.probes.loss(late[decided], middle[decided + 1], batch.facts)
            places = network.probes.places(middle[batch.seen_at], batch.listed)
            figures |= {'probed': (probed + places).item(), 'facts_right': known.item()}
            total = total + beside.probe * (probed + places)
        return total, figures

    def _decisions(self, logits: Tensor, each: Tensor, batch: TensorBatch) -> Tensor:
        """Loss of the states; a batch is a whole step, so that its counts are the step's."""
        decided = ~batch.spoken
        if self._state_loss is not None:
            # One row of places: the order of the states matters to none of these losses.
            rows, wanted = logits[decided], batch.wanted[decided]
            return self._state_loss(rows.unsqueeze(0), wanted.unsqueeze(0))
        return _weighted(each, batch, decided)

    def _alignment(self, network: Network, mapped: Tensor, looks: Tensor) -> Tensor:
        held = looks[:, 0] >= 0
        found = F.log_softmax(network.logits(network.language.norm(mapped[held])), -1)
        named = torch.stack((self._colours[looks[held, 0]], self._shapes[looks[held, 1]]), 1)
        return -found.gather(1, named).mean()

    def _grounding(self, network: Network, middle: Tensor, batch: TensorBatch) -> Tensor:
        """Whether a cell holds what the instruction is about, halfway up, as Yes against No."""
        named = batch.asked >= 0
        if not named.any():
            return middle.sum() * 0
        rows = network.language.norm(middle[batch.seen_at[named]])
        words = network.language.embed_tokens.weight
        return F.binary_cross_entropy_with_logits(
            rows @ (words[self._yes] - words[self._no]),
            batch.asked[named],
            pos_weight=torch.tensor(_RARE),
        )

    def _shares(self, chosen: Tensor, batch: TensorBatch) -> Figures:
        """Shares of right tokens; for Standby and Response recall and precision."""
        right, decided = chosen == batch.wanted, ~batch.spoken
        found = {'state_right': _mean(right[decided]), 'answer_right': _mean(right[batch.spoken])}
        for name, state in (('standby', State.STANDBY), ('response', State.RESPONSE)):
            token = self._states[state]
            found[f'{name}_recall'] = _mean(right[decided & (batch.wanted == token)])
            found[f'{name}_precision'] = _mean(right[decided & (chosen == token)])
        return found


def _weighted(each: Tensor, batch: TensorBatch, where: Tensor) -> Tensor:
    weights = batch.weights[where]
    return (each[where] * weights).sum() / weights.sum()


def _mean(right: Tensor) -> float:
    return right.float().mean().item() if len(right) else float('nan')


def _word(tokenizer: Tokenizer, word: str) -> int:
    ids = tokenizer.plain(f' {word}')
    if len(ids) != 1:
        raise ProtocolError(f'{word!r} is {len(ids)} tokens: train the tokenizer on the worlds')
    return ids[0]
