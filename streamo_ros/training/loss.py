# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The loss of the three state tokens: Streamo's focal and alpha, and what it is held against.

Knows logits and labels. Knows no model and no trainer: counts of the whole batch come from
outside, because only the trainer sees all micro-batches of a step before the first forward. Every
loss is a weight for each supervised token, times its cross-entropy, over the number of supervised
tokens; tokens that are no state always weigh `text_weight` (1: plain cross-entropy).

Sources: Streamo, arXiv 2512.21334, eqs. 3-7 (focal_alpha) and Tab. 4 (fixed); Lin et al., 'Focal
Loss', arXiv 1708.02002; Cui et al., 'Class-Balanced Loss Based on Effective Number of Samples',
arXiv 1901.05555, eq. 12; 'Harnessing Streaming Video in the Wild', arXiv 2606.08615 (role).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import get_args
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from streamo_ros.core.errors import StreamoError
from streamo_ros.training.sequence import IGNORED

CLASSES = 3

Kind = Literal['ce', 'focal_alpha', 'fixed', 'class_balanced', 'role']
Reading = Literal['paper', 'released']


class LossError(StreamoError, ValueError):
    """The loss cannot be formed; the message says what is wrong and what mends it."""


@dataclass(frozen=True)
class LossSettings:
    """Which loss.

    Attributes:
        kind: 'ce': plain cross-entropy; 'focal_alpha': Streamo's; 'fixed': `weights`;
            'class_balanced': effective number; 'role': `roles`.
        reading: of 'focal_alpha'. 'paper': three classes, counts of the whole batch; 'released':
            the classes present, counts of the micro-batch, as the authors' code.
        gamma: exponent of the focal factor (1 - p) ** gamma.
        detach_focal: let no gradient flow through the focal factor; the authors' code lets it.
        weights: of Silence, Standby, Response in 'fixed'.
        beta: of 'class_balanced'.
        roles: of the first Silence of a run, of the others, and of Response, in 'role'.
        text_weight: of every supervised token that is no state.
    """

    kind: Kind = 'focal_alpha'
    reading: Reading = 'paper'
    gamma: float = 2.0
    detach_focal: bool = False
    weights: tuple[float, float, float] = (0.3, 1.3, 2.0)
    beta: float = 0.9999
    roles: tuple[float, float, float] = (1.0, 0.8, 1.5)
    text_weight: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind) or self.reading not in get_args(Reading):
            raise LossError(
                f'loss.kind {self.kind!r} or loss.reading {self.reading!r} is '
                f'unknown: choose from {get_args(Kind)} and {get_args(Reading)}'
            )
        if self.reading == 'released' and self.detach_focal:
            raise LossError(
                'loss.reading released does not detach the focal factor: set '
                'loss.detach_focal to false, or loss.reading to paper'
            )
        if self.gamma < 0 or not 0 <= self.beta < 1 or self.text_weight < 0:
            raise LossError(
                'loss.gamma and loss.text_weight must be at least 0, and loss.beta in [0, 1)'
            )
        if len(self.weights) != CLASSES or len(self.roles) != CLASSES:
            raise LossError('loss.weights and loss.roles take three numbers')


@dataclass(frozen=True)
class BatchCounts:
    """What one optimiser step supervises, over all its micro-batches on all ranks.

    Attributes:
        states: labels that are Silence, Standby, Response.
        supervised: labels that are supervised at all.
    """

    states: tuple[int, int, int]
    supervised: int


@dataclass
class StateLoss:
    """The loss of a batch of token logits.

    Args:
        settings: which loss.
        state_ids: the ids of Silence, Standby and Response.

    Raises:
        LossError: the three ids are not three.
    """

    settings: LossSettings
    state_ids: Sequence[int]
    _ids: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if len(set(self.state_ids)) != CLASSES or len(self.state_ids) != CLASSES:
            raise LossError(
                f'the state tokens are the ids {list(self.state_ids)} and not three '
                "distinct ones: add them with 'streamo train --add-tokens'"
            )
        self._ids = torch.as_tensor(list(self.state_ids))

    def count(self, targets: Tensor) -> BatchCounts:
        """Count what a batch of targets supervises; any shape."""
        states = [int((targets == token).sum()) for token in self.state_ids]
        silence, standby, response = states
        return BatchCounts((silence, standby, response), int((targets != IGNORED).sum()))

    def __call__(
        self, logits: Tensor, targets: Tensor, counts: BatchCounts | None = None
    ) -> Tensor:
        """The loss.

        Args:
            logits: shape (batch, places, vocabulary), any float dtype; the softmax is over the
                full vocabulary, in float32 or wider.
            targets: ids, int64, shape (batch, places), in the order of the dialogue, -100 where
                nothing is supervised; logits and targets of one place belong together: the
                caller has shifted them.
            counts: of the whole optimiser step; None where this batch is the whole step.

        Returns:
            Scalar: sum of weighted cross-entropies over the step's number of supervised tokens.
        """
        mask = targets != IGNORED
        if counts is None:
            counts = self.count(targets)
        # Only supervised rows are widened: the full tensor would double the largest buffer.
        rows = logits[mask]
        rows = rows.float() if rows.dtype in (torch.float16, torch.bfloat16) else rows
        chosen = targets[mask]
        entropy = functional.cross_entropy(rows, chosen, reduction='none')
        weights = self._weights(entropy, chosen, targets, mask, counts)
        return (weights * entropy).sum() / max(counts.supervised, 1)

    def _weights(
        self, entropy: Tensor, chosen: Tensor, targets: Tensor, mask: Tensor, counts: BatchCounts
    ) -> Tensor:
        """Weight of each supervised token, shape (supervised,)."""
        settings = self.settings
        classes = self._classes(chosen)
        is_state = classes >= 0
        text = torch.full_like(entropy, settings.text_weight)
        if settings.kind == 'role':
            return torch.where(is_state, self._roles(targets)[mask].to(entropy), text)
        table = self._table(classes, counts).to(entropy)
        states = table[classes.clamp(min=0)]
        if settings.kind == 'focal_alpha':
            # exp(-entropy) is the true token's probability under the full softmax.
            chance = torch.exp(-entropy)
            chance = chance.detach() if settings.detach_focal else chance
            states = states * (1 - chance) ** settings.gamma
        return torch.where(is_state, states, text)

    def _classes(self, targets: Tensor) -> Tensor:
        """0, 1, 2 for the state tokens and -1 for all others."""
        hits = targets.unsqueeze(-1) == self._ids.to(targets.device)
        return torch.where(hits.any(-1), hits.int().argmax(-1), -1)

    def _table(self, classes: Tensor, counts: BatchCounts) -> Tensor:
        """Weight of each class, shape (3,); absent classes keep 1, which no token takes."""
        settings = self.settings
        if settings.kind == 'ce':
            return torch.ones(CLASSES)
        if settings.kind == 'fixed':
            return torch.tensor(settings.weights)
        if settings.kind == 'class_balanced':
            return class_balanced_weights(counts.states, settings.beta)
        if settings.reading == 'released':
            own = [int((classes == k).sum()) for k in range(CLASSES)]
            return alphas(own, present_only=True)
        return alphas(counts.states, present_only=False)

    def _roles(self, targets: Tensor) -> Tensor:
        """Weights by role, shape of `targets`: a Silence is repeated when the state before was."""
        first, repeated, response = self.settings.roles
        classes = self._classes(targets)
        weights = torch.ones(targets.shape)
        for row, line in zip(weights, classes, strict=True):
            before = -1
            for at in torch.nonzero(line >= 0).flatten().tolist():
                state = int(line[at])
                if state == 0:
                    row[at] = repeated if before == 0 else first
                elif state == 2:
                    row[at] = response
                before = state
        return weights.to(targets.device)


def alphas(counts: Sequence[int], present_only: bool) -> Tensor:
    """alpha_k = (1/|S|) (sum of n) / n_k, shape (3,), float32; 1 for a class that is absent.

    Args:
        counts: n of Silence, Standby, Response.
        present_only: |S| counts the classes present (the authors' code), else it is 3 (eq. 5).
    """
    total = sum(counts)
    classes = sum(count > 0 for count in counts) if present_only else CLASSES
    return torch.tensor([total / count / classes if count else 1.0 for count in counts])


def class_balanced_weights(counts: Sequence[int], beta: float) -> Tensor:
    """(1 - beta) / (1 - beta ** n_k), scaled so that those present have mean 1; shape (3,)."""
    raw = [(1 - beta) / (1 - beta**count) if count else 0.0 for count in counts]
    present = sum(count > 0 for count in counts)
    scale = present / sum(raw) if present else 1.0
    return torch.tensor([weight * scale if weight else 1.0 for weight in raw])
