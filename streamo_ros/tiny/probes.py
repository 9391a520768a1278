# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Auxiliary heads that decode what the language model should know of each frame.

One layer below the last, where a state is about to be decided, the facts that the decision depends
on must be decodable; in the middle layer, after the state in the history, when that frame was
taken; and at the vision tokens, which place their things have in a list. The heads are discarded
at the export.

Source: auxiliary losses on hidden layers as deep supervision (Lee et al., arXiv 1409.5185).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.tiny.probe_targets import DECISION_TARGETS
from streamo_ros.tiny.probe_targets import DIRECTION_TARGETS
from streamo_ros.tiny.probe_targets import LIST_PLACES
from streamo_ros.tiny.probe_targets import TIME_TARGETS
from streamo_ros.tiny.probe_targets import UNKNOWN

CONDITIONS = 3
"""Not at all, on the way, and there."""
_RAREST = 8.0


class Probes(nn.Module):
    """A linear head for each probe target.

    Args:
        width: width of the language model.
        late: whether to include the targets of the fourth stage.
        decision: other targets than those of the drawn world, which a decision depends on.
        shares: weights of some of the targets; 1 for the others.
    """

    def __init__(
        self,
        width: int,
        *,
        late: bool = False,
        decision: Mapping[str, int] | None = None,
        shares: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__()
        self._width = width
        remembered = TIME_TARGETS if decision is None else {}
        self._first_remembered = len(decision or DECISION_TARGETS | DIRECTION_TARGETS)
        if decision is None:
            decision = DECISION_TARGETS | DIRECTION_TARGETS if late else DECISION_TARGETS
        self._shares = [(shares or {}).get(name, 1.0) for name in decision]
        self._shares += [1.0] * len(remembered)
        # The names are those of the saved weights of earlier runs.
        self.asked = nn.ModuleList([nn.Linear(width, count) for count in decision.values()])
        self.kept = nn.ModuleList([nn.Linear(width, count) for count in remembered.values()])
        self.place = nn.Linear(width, LIST_PLACES) if late else None
        self.match = None if remembered else nn.Linear(width, 1)
        self.condition = None if remembered else nn.Linear(width, CONDITIONS)

    def loss(self, deciding: Tensor, remembered: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Weighted sum of the targets' mean cross-entropies, and the share decoded correctly.

        Args:
            deciding: hidden states where a state is decided, shape (frames, width).
            remembered: hidden states after the state in the history, shape (frames, width).
            targets: int64, shape (frames, targets): see `probe_targets.frame_targets`.
        """
        total, right, count = deciding.sum() * 0, deciding.new_zeros(()), 0
        columns, first = targets.T, self._first_remembered
        heads = [(head, deciding, columns[k]) for k, head in enumerate(self.asked)]
        heads += [(head, remembered, columns[first + k]) for k, head in enumerate(self.kept)]
        for share, (head, hidden, target) in zip(self._shares, heads, strict=True):
            known = target != UNKNOWN
            if known.any():
                logits = head(F.rms_norm(hidden[known], (self._width,)))
                total = total + share * F.cross_entropy(logits, target[known])
                right = right + (logits.argmax(-1) == target[known]).float().sum()
                count += int(known.sum())
        return total, right / max(count, 1)

    def matched(self, cells: Tensor) -> Tensor | None:
        """Logits of whether vision tokens are of what the instruction is about, shape (tokens,).

        Args:
            cells: hidden states at the vision tokens, shape (tokens, width).

        Returns:
            None where no head is trained for it.
        """
        if self.match is None:
            return None
        logits: Tensor = self.match(F.rms_norm(cells, (self._width,)))
        return logits[:, 0]

    def list_loss(self, cells: Tensor, places: Tensor) -> Tensor:
        """Mean cross-entropy of the places of things in a list, decoded from their vision tokens.

        Args:
            cells: hidden states at the vision tokens, shape (vision tokens, width).
            places: int64, shape (vision tokens,): from 0; `UNKNOWN` where there is no thing.
        """
        known = places != UNKNOWN
        if self.place is None or not known.any():
            return cells.sum() * 0
        logits = self.place(F.rms_norm(cells[known], (self._width,)))
        return F.cross_entropy(logits, places[known])

    def condition_loss(self, cells: Tensor, conditions: Tensor) -> Tensor:
        """Mean cross-entropy of how far things are in doing what the instruction waits for.

        Few things do it: each class weighs as much as the others, up to `_RAREST` times its count.

        Args:
            cells: hidden states at the vision tokens, shape (vision tokens, width).
            conditions: int64, shape (vision tokens,): see `objects.conditions`; `UNKNOWN` where
                that is not asked.
        """
        known = conditions != UNKNOWN
        if self.condition is None or not known.any():
            return cells.sum() * 0
        logits = self.condition(F.rms_norm(cells[known], (self._width,)))
        counts = torch.bincount(conditions[known], minlength=CONDITIONS)
        weights = (counts.max() / counts.clamp(min=1)).clamp(max=_RAREST)
        return F.cross_entropy(logits, conditions[known], weight=weights)
