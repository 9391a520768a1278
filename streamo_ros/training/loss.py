# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The state-token loss: Streamo's focal loss with alpha weights, and the losses it is compared to.

Whole-batch label counts are passed in, because only the trainer sees all micro-batches of a step
before the first forward pass. Every loss is the sum of weighted token cross-entropies divided by
the number of supervised tokens; tokens other than states are weighted by `text_weight` (1 = plain
cross-entropy).

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
SMALLEST_REST = 1e-6

Kind = Literal['ce', 'focal_alpha', 'fixed', 'class_balanced', 'role']
Reading = Literal['paper', 'released']


class LossError(StreamoError, ValueError):
    """Invalid loss settings; the message states the problem and how to fix it."""


@dataclass(frozen=True)
class LossSettings:
    """Loss settings.

    Attributes:
        kind: 'ce': plain cross-entropy; 'focal_alpha': Streamo's loss; 'fixed': `weights`;
            'class_balanced': effective number of samples; 'role': `roles`.
        reading: interpretation of 'focal_alpha'. 'paper': three classes, counts over the whole
            batch; 'released': only the classes present, counts over the micro-batch, as in the
            authors' code.
        gamma: exponent of the focal factor (1 - p) ** gamma.
        detach_focal: stop the gradient through the focal factor; the authors' code does not.
        weights: of Silence, Standby and Response, for 'fixed'.
        beta: for 'class_balanced'.
        roles: weights of the first Silence of a run, of later ones, and of Response, for 'role'.
        text_weight: of every supervised token other than a state.
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
                'loss.detach_focal to false or loss.reading to paper'
            )
        if self.gamma < 0 or not 0 <= self.beta < 1 or self.text_weight < 0:
            raise LossError(
                'loss.gamma and loss.text_weight must be at least 0, and loss.beta in [0, 1)'
            )
        if len(self.weights) != CLASSES or len(self.roles) != CLASSES:
            raise LossError('loss.weights and loss.roles must be three numbers each')


@dataclass(frozen=True)
class BatchCounts:
    """Label counts of one optimizer step, over all its micro-batches on all ranks.

    Attributes:
        states: number of Silence, Standby and Response labels.
        supervised: number of supervised labels.
    """

    states: tuple[int, int, int]
    supervised: int


@dataclass
class StateLoss:
    """The loss of a batch of token logits.

    Args:
        settings: see `LossSettings`.
        state_ids: the ids of Silence, Standby and Response.

    Raises:
        LossError: there are not three distinct ids.
    """

    settings: LossSettings
    state_ids: Sequence[int]
    _ids: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if len(set(self.state_ids)) != CLASSES or len(self.state_ids) != CLASSES:
            raise LossError(
                f'the state token ids {list(self.state_ids)} are not three distinct ids: '
                "add the tokens with 'streamo train --add-tokens'"
            )
        self._ids = torch.as_tensor(list(self.state_ids))

    def count(self, targets: Tensor, decisions: Tensor | None = None) -> BatchCounts:
        """Count the labels in a batch of targets of any shape; see `__call__` for `decisions`."""
        classes = self._classes(targets, decisions)
        silence, standby, response = (int((classes == k).sum()) for k in range(CLASSES))
        return BatchCounts((silence, standby, response), int((targets != IGNORED).sum()))

    def __call__(
        self,
        logits: Tensor,
        targets: Tensor,
        counts: BatchCounts | None = None,
        decisions: Tensor | None = None,
    ) -> Tensor:
        """The loss.

        Args:
            logits: shape (batch, places, vocabulary), any float dtype; the softmax is over the
                full vocabulary, in float32 or wider.
            targets: ids, int64, shape (batch, places), in dialogue order, -100 where nothing is
                supervised; already shifted, so that logits and targets of one place match.
            counts: of the whole optimizer step; None if this batch is the whole step.
            decisions: bool, shape of `targets`: where a state is decided. None = wherever an id
                of a state is; ids of text tags also occur in answers.

        Returns:
            Scalar: sum of weighted cross-entropies over the number of supervised tokens of the
            step.
        """
        mask = targets != IGNORED
        if counts is None:
            counts = self.count(targets, decisions)
        # Only supervised rows are upcast: upcasting the full tensor would double the largest
        # buffer.
        rows = logits[mask]
        rows = rows.float() if rows.dtype in (torch.float16, torch.bfloat16) else rows
        entropy = functional.cross_entropy(rows, targets[mask], reduction='none')
        weights = self._weights(entropy, self._classes(targets, decisions), mask, counts)
        return (weights * entropy).sum() / max(counts.supervised, 1)

    def _weights(
        self, entropy: Tensor, every: Tensor, mask: Tensor, counts: BatchCounts
    ) -> Tensor:
        """Weight of each supervised token, shape (supervised,); `every` is all places' class."""
        settings = self.settings
        classes = every[mask]
        is_state = classes >= 0
        text = torch.full_like(entropy, settings.text_weight)
        if settings.kind == 'role':
            return torch.where(is_state, self._roles(every)[mask].to(entropy), text)
        table = self._table(classes, counts).to(entropy)
        states = table[classes.clamp(min=0)]
        if settings.kind == 'focal_alpha':
            # exp(-entropy) is the true token's probability under the full softmax.
            probability = torch.exp(-entropy)
            probability = probability.detach() if settings.detach_focal else probability
            rest = 1 - probability
            if settings.gamma < 1:
                # The slope of rest ** gamma at 0 is infinite: a certain token would give NaN.
                rest = rest.clamp(min=SMALLEST_REST)
            states = states * rest**settings.gamma
        return torch.where(is_state, states, text)

    def _classes(self, targets: Tensor, decisions: Tensor | None) -> Tensor:
        """0, 1, 2 for the states, -1 for everything else."""
        hits = targets.unsqueeze(-1) == self._ids.to(targets.device)
        if decisions is not None:
            hits = hits & decisions.unsqueeze(-1)
        return torch.where(hits.any(-1), hits.int().argmax(-1), -1)

    def _table(self, classes: Tensor, counts: BatchCounts) -> Tensor:
        """Weight of each class, shape (3,); absent classes get 1, which no token uses."""
        settings = self.settings
        if settings.kind == 'ce':
            return torch.ones(CLASSES)
        if settings.kind == 'fixed':
            return torch.tensor(settings.weights)
        if settings.kind == 'class_balanced':
            return class_balanced_weights(counts.states, settings.beta)
        if settings.reading == 'released':
            present = [int((classes == k).sum()) for k in range(CLASSES)]
            return alphas(present, present_only=True)
        return alphas(counts.states, present_only=False)

    def _roles(self, classes: Tensor) -> Tensor:
        """Weights by role, shape of `classes`; a Silence after a Silence counts as repeated."""
        first, repeated, response = self.settings.roles
        weights = torch.ones(classes.shape)
        for row, line in zip(weights, classes, strict=True):
            previous = -1
            for place in torch.nonzero(line >= 0).flatten().tolist():
                state = int(line[place])
                if state == 0:
                    row[place] = repeated if previous == 0 else first
                elif state == 2:
                    row[place] = response
                previous = state
        return weights.to(classes.device)


def alphas(counts: Sequence[int], present_only: bool) -> Tensor:
    """alpha_k = (1/|S|) (sum of n) / n_k, shape (3,), float32; 1 for a class that is absent.

    Args:
        counts: n of Silence, Standby, Response.
        present_only: |S| is the number of classes present (the authors' code) instead of 3
            (eq. 5).
    """
    total = sum(counts)
    classes = sum(count > 0 for count in counts) if present_only else CLASSES
    return torch.tensor([total / count / classes if count else 1.0 for count in counts])


def class_balanced_weights(counts: Sequence[int], beta: float) -> Tensor:
    """(1 - beta) / (1 - beta ** n_k), scaled to mean 1 over the classes present; shape (3,)."""
    raw = [(1 - beta) / (1 - beta**count) if count else 0.0 for count in counts]
    present = sum(count > 0 for count in counts)
    scale = present / sum(raw) if present else 1.0
    return torch.tensor([weight * scale if weight else 1.0 for weight in raw])
