# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Heads that ask the language model, on its way up, what it knows of each frame.

Knows heads and their loss. One layer below the last, where a state is about to be decided, it must
know the facts that the decision follows from; halfway up, behind the state that stands in the
history, when that frame was taken. The heads are thrown away at the export.

Source: auxiliary losses on hidden layers as deep supervision (Lee et al., arXiv 1409.5185).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.training.tiny.facts import ASKED
from streamo_ros.training.tiny.facts import KEPT
from streamo_ros.training.tiny.facts import UNKNOWN


class Probes(nn.Module):
    """A head for each fact.

    Args:
        width: of the language model.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self._width = width
        self.asked = nn.ModuleList([nn.Linear(width, count) for count in ASKED.values()])
        self.kept = nn.ModuleList([nn.Linear(width, count) for count in KEPT.values()])

    def loss(self, asked: Tensor, kept: Tensor, facts: Tensor) -> tuple[Tensor, Tensor]:
        """Sum over the facts of their mean cross-entropies, and the share of them that is known.

        Args:
            asked: states of the network where a state is decided, shape (frames, width).
            kept: likewise, behind the state in the history.
            facts: int64, shape (frames, facts): `facts.Facts` of each frame.
        """
        total, right, count = asked.sum() * 0, asked.new_zeros(()), 0
        rows = [(head, asked) for head in self.asked] + [(head, kept) for head in self.kept]
        for (head, states), wanted in zip(rows, facts.T, strict=True):
            known = wanted != UNKNOWN
            if known.any():
                found = head(F.rms_norm(states[known], (self._width,)))
                total = total + F.cross_entropy(found, wanted[known])
                right = right + (found.argmax(-1) == wanted[known]).float().sum()
                count += int(known.sum())
        return total, right / max(count, 1)
